package dev.lanewise.cuda.runtime;

import dev.lanewise.cuda.api.Driver;
import dev.lanewise.cuda.api.Driver.Event;
import dev.lanewise.cuda.api.Driver.Stream;
import java.lang.ref.Cleaner;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * The streams of a device, one per system thread, and the events between them. A context must be current on the thread.
 */
final class Streams {
    private static final Cleaner CLEANER = Cleaner.create();

    private final CudaDevice device;
    private final Driver driver;

    @SuppressWarnings("ThreadLocalUsage") // one per device, of which there are few
    private final ThreadLocal<Lease> leases = ThreadLocal.withInitial(this::lease);

    private final List<DeviceStream> all = new ArrayList<>();
    private final ArrayDeque<DeviceStream> idle = new ArrayDeque<>();
    private final ConcurrentLinkedDeque<Event> events = new ConcurrentLinkedDeque<>();

    /**
     * The thread's hold on its stream: when the thread is gone and this unreachable, another thread may have the
     * stream.
     */
    private record Lease(DeviceStream stream) {}

    Streams(CudaDevice device, Driver driver) {
        this.device = device;
        this.driver = driver;
    }

    /** The calling thread's stream. */
    DeviceStream current() {
        return leases.get().stream();
    }

    private Lease lease() {
        DeviceStream stream = take();
        Lease lease = new Lease(stream);
        CLEANER.register(lease, () -> {
            synchronized (all) {
                idle.addLast(stream);
            }
        });
        return lease;
    }

    private DeviceStream take() {
        synchronized (all) {
            DeviceStream unused = idle.pollFirst();
            if (unused != null) {
                unused.forgetFaults();
                return unused;
            }
            DeviceStream created = new DeviceStream(device, driver.createStream());
            all.add(created);
            return created;
        }
    }

    /** All existing streams. */
    List<DeviceStream> all() {
        synchronized (all) {
            return List.copyOf(all);
        }
    }

    /** Makes {@code later} wait for what is queued on {@code earlier} so far. */
    void order(Stream earlier, Stream later) {
        Event event = events.pollFirst();
        if (event == null) {
            event = driver.createEvent();
        }
        driver.record(event, earlier);
        driver.await(later, event);
        events.addFirst(event);
    }

    /** Destroys all streams and events; the device has done all work. */
    void close(Closing closing) {
        List<DeviceStream> made = all();
        synchronized (all) {
            all.clear();
            idle.clear();
        }
        made.forEach(stream -> closing.step("a stream", stream::close));
        for (Event event = events.pollFirst(); event != null; event = events.pollFirst()) {
            Event last = event;
            closing.step("an event", () -> driver.destroy(last));
        }
    }
}
