package dev.lanewise.cuda.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/**
 * Device memory and its last users, so that work on different streams keeps the order in which it was queued: a reader
 * waits for the last writer, a writer for the last writer and all readers since. On a single stream, the usual case,
 * this costs one comparison.
 */
final class DeviceBlock implements Runnable {
    private final DeviceStream home;
    private final BlockCache cache;
    private final long address;
    private final long blockBytes;

    private volatile DeviceStream writer;
    private @Nullable Kept kept;
    private volatile @Nullable List<DeviceStream> readers;

    /** Other memory that lives as long, and the step that was recorded when it came. */
    record Kept(DeviceBuffer buffer, @Nullable StepGraph step) {
        void release() {
            buffer.release("the result that it was kept with");
        }
    }

    /** Memory that {@code home} may use at once, and that goes back to {@code cache} in the order of {@code home}. */
    DeviceBlock(DeviceStream home, BlockCache cache, long address, long blockBytes) {
        this.home = home;
        this.cache = cache;
        this.address = address;
        this.blockBytes = blockBytes;
        writer = home;
    }

    /** The device address. */
    long address() {
        return address;
    }

    /** Work queued on {@code stream} from here on may read. */
    void readBy(DeviceStream stream) {
        if (writer != stream) {
            readElsewhere(stream);
        }
    }

    private synchronized void readElsewhere(DeviceStream stream) {
        List<DeviceStream> known = readers;
        if (known == null) {
            known = new ArrayList<>(2);
        } else if (known.contains(stream)) {
            return;
        }
        stream.waitFor(writer);
        known.add(stream);
        readers = known;
    }

    /** Work queued on {@code stream} from here on may write. */
    void writtenBy(DeviceStream stream) {
        if (writer != stream || readers != null) {
            writeElsewhere(stream);
        }
    }

    private synchronized void writeElsewhere(DeviceStream stream) {
        waitForUsers(stream);
        writer = stream;
    }

    private void waitForUsers(DeviceStream stream) {
        stream.waitFor(writer);
        List<DeviceStream> known = readers;
        if (known != null) {
            known.forEach(stream::waitFor);
            readers = null;
        }
    }

    /** Keeps other memory until this is freed. */
    synchronized void keep(Kept other) {
        dropKept();
        kept = other;
    }

    /** What was kept while {@code step} was recorded, or while none was; from now on the caller's. */
    @SuppressWarnings("ReferenceEquality") // identity: the same object
    synchronized @Nullable DeviceBuffer takeKept(@Nullable StepGraph step) {
        Kept known = kept;
        if (known == null || known.step != step) {
            return null;
        }
        kept = null;
        return known.buffer;
    }

    private void dropKept() {
        Kept known = kept;
        if (known != null) {
            kept = null;
            known.release();
        }
    }

    /** Frees the memory once all work queued on it so far is done. */
    @Override
    public synchronized void run() {
        CudaDevice device = home.device();
        if (device.isClosed()) {
            return;
        }
        dropKept();
        if (writer == home && readers == null && !Blocks.isDrivers(home, cache, blockBytes)) {
            device.blocks().giveBack(home, cache, address, blockBytes);
        } else {
            free(device);
        }
    }

    /** Frees it with calls of the driver, which would become part of a recording. */
    private void free(CudaDevice device) {
        Lock lock = device.recordings().open();
        lock.lock();
        try {
            if (isRecorded()) {
                device.blocks().later(this);
                return;
            }
            device.enter();
            waitForUsers(home);
            device.blocks().giveBack(home, cache, address, blockBytes);
        } finally {
            lock.unlock();
        }
    }

    private boolean isRecorded() {
        List<DeviceStream> known = readers;
        return home.recorder() != null
                || writer.recorder() != null
                || known != null && known.stream().anyMatch(reader -> reader.recorder() != null);
    }
}
