package dev.lanewise.cuda.runtime;

import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Where a device's blocks come from and go back to: the cache of the thread's stream, a recorded step's, or the driver.
 */
final class Blocks {
    /**
     * Larger requests go to the driver's pool, which splits and merges blocks; at that size the cost of the call no
     * longer matters.
     */
    private static final long LARGEST_CACHED = 64L << 20;

    private final DeviceMemory memory;
    private final ConcurrentLinkedQueue<Runnable> deferred = new ConcurrentLinkedQueue<>();

    Blocks(DeviceMemory memory) {
        this.memory = memory;
    }

    /** Memory that work queued on {@code stream} from here on may use. */
    DeviceBlock take(long bytes, DeviceStream stream) {
        StepGraph recorder = stream.recorder();
        BlockCache cache = stream.allocating();
        // a recorded step's memory is its own, whatever the size
        boolean cached = bytes <= LARGEST_CACHED || cache != stream.cache();
        long blockBytes = cached ? BlockCache.blockBytes(bytes) : bytes;
        long address = cached ? cache.take(blockBytes) : 0;
        if (address == 0) {
            address = recorder == null ? memory.allocate(blockBytes, stream.handle()) : recorder.allocate(blockBytes);
        }
        DeviceBlock block = new DeviceBlock(stream, cache, address, blockBytes);
        if (recorder != null) {
            recorder.allocated(block);
        }
        return block;
    }

    /** Whether a block goes back to the driver, in the order of its stream. */
    static boolean isDrivers(DeviceStream home, BlockCache cache, long blockBytes) {
        return blockBytes > LARGEST_CACHED && cache == home.cache();
    }

    /**
     * Takes a block back that {@code home} may use again from here on; one that {@link #isDrivers} while it does not
     * record.
     */
    void giveBack(DeviceStream home, BlockCache cache, long address, long blockBytes) {
        if (isDrivers(home, cache, blockBytes)) {
            memory.free(address, blockBytes, home.handle());
        } else {
            cache.give(address, blockBytes);
        }
    }

    /** Runs what queues on a stream that records when a recording has ended, such as the freeing of memory. */
    void later(Runnable work) {
        deferred.add(work);
    }

    /** Runs what had to wait for the end of a recording. */
    void runDeferred() {
        // what still has to wait comes back
        for (int left = deferred.size(); left > 0; left--) {
            Runnable work = deferred.poll();
            if (work == null) {
                return;
            }
            work.run();
        }
    }

    /** Gives everything that waits in the cache of a stream that does not record back to the driver's pool. */
    void drain(DeviceStream stream) {
        stream.cache().drain((address, bytes) -> memory.free(address, bytes, stream.handle()));
    }
}
