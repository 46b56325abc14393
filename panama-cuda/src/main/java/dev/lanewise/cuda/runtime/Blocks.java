package dev.lanewise.cuda.runtime;

import java.util.concurrent.ConcurrentLinkedQueue;

/** Where a device's blocks come from and go back to: the cache of the thread's stream, a recorded step's, or the driver. */
final class Blocks {
    /** Larger requests go to the driver's pool, which splits and merges; there the call no longer matters. */
    private static final long LARGEST_CACHED = 64L << 20;

    private final CudaDevice device;
    private final DeviceMemory memory;
    private final ConcurrentLinkedQueue<DeviceBlock> deferred = new ConcurrentLinkedQueue<>();

    Blocks(CudaDevice device, DeviceMemory memory) {
        this.device = device;
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

    /** Takes a block back that {@code home} may use again from here on. */
    void giveBack(DeviceStream home, BlockCache cache, long address, long blockBytes) {
        if (blockBytes > LARGEST_CACHED && cache == home.cache()) {
            device.enter();
            memory.free(address, blockBytes, home.handle());
        } else {
            cache.give(address, blockBytes);
        }
    }

    /** Frees a block once no stream that used it records. */
    void freeLater(DeviceBlock block) {
        deferred.add(block);
    }

    /** Frees what had to wait for the end of a recording. */
    void freeDeferred() {
        for (DeviceBlock block = deferred.poll(); block != null; block = deferred.poll()) {
            block.run();
        }
    }

    /** Gives everything that waits in a stream's cache back to the driver's pool. */
    void drain(DeviceStream stream) {
        stream.cache().drain((address, bytes) -> memory.free(address, bytes, stream.handle()));
    }
}
