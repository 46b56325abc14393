package dev.lanewise.cuda.runtime;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Runs the work of virtual threads. A current context, a stream's area for arguments and a library's handle belong to a
 * system thread; a virtual thread may move to another one whenever it waits, and there may be a million virtual
 * threads. So each is assigned one of a few system threads, with a stream of its own, that queues its work in order.
 */
final class VirtualThreads {
    /** Enough that the device always has work from several; each has a stream and the libraries' handles. */
    static final int WORKERS = 8;

    private final ExecutorService[] workers = new ExecutorService[WORKERS];
    private final AtomicInteger next = new AtomicInteger();

    @SuppressWarnings("ThreadLocalUsage") // one per device, of which there are few
    private final ThreadLocal<ExecutorService> own = ThreadLocal.withInitial(this::assign);

    private ExecutorService assign() {
        int number = Math.floorMod(next.getAndIncrement(), WORKERS);
        synchronized (workers) {
            ExecutorService worker = workers[number];
            if (worker == null) {
                worker = Executors.newSingleThreadExecutor(Thread.ofPlatform()
                        .daemon()
                        .name("lanewise-cuda-" + number)
                        .factory());
                workers[number] = worker;
            }
            return worker;
        }
    }

    /** Runs work on the system thread of the calling virtual thread and waits for it, even if interrupted. */
    <T> T call(Supplier<T> work) {
        Future<T> result = own.get().submit(work::get);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return result.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    throw rethrown(e);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static RuntimeException rethrown(ExecutionException failed) {
        Throwable cause = failed.getCause();
        if (cause instanceof Error error) {
            throw error;
        }
        return cause instanceof RuntimeException problem ? problem : new IllegalStateException(failed);
    }
}
