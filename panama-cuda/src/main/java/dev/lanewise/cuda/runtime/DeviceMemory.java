package dev.lanewise.cuda.runtime;

import dev.lanewise.cuda.api.CudaException;
import dev.lanewise.cuda.api.Driver;
import dev.lanewise.cuda.api.Driver.MemoryPool;
import dev.lanewise.cuda.api.Driver.Stream;
import dev.lanewise.tensor.OutOfTensorMemoryException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * Stream-ordered memory of one device, from a pool of its own that keeps what is freed. When the device has no more,
 * unused memory is released and the request is repeated once before it fails.
 *
 * <p>Safe for use by many threads. A context of the device must be current on the calling thread.
 */
public final class DeviceMemory implements AutoCloseable {
    private static final long KEEP_ALL = -1;

    private final Driver driver;
    private final int device;
    private final MemoryPool pool;
    private final Runnable release;
    private final Supplier<String> holders;
    private final LongAdder allocated = new LongAdder();

    /**
     * Makes the device's pool.
     *
     * @param driver the driver
     * @param device the device's number
     * @param release frees unused memory, and waits until the device has it back
     * @param holders describes which scopes hold how much, for the message when memory has run out
     */
    public DeviceMemory(Driver driver, int device, Runnable release, Supplier<String> holders) {
        this.driver = driver;
        this.device = device;
        this.release = release;
        this.holders = holders;
        pool = driver.createPool(device);
        driver.setReleaseThreshold(pool, KEEP_ALL);
    }

    /**
     * Memory for work that is queued on {@code stream} from here on.
     *
     * @param bytes more than 0
     * @throws OutOfTensorMemoryException naming the request, what is held and by whom
     */
    public long allocate(long bytes, Stream stream) {
        long address;
        try {
            address = driver.allocate(bytes, pool, stream);
        } catch (CudaException e) {
            if (!isOutOfMemory(e)) {
                throw e;
            }
            address = allocateAfterReleasing(bytes, stream);
        }
        allocated.add(bytes);
        return address;
    }

    private long allocateAfterReleasing(long bytes, Stream stream) {
        release.run();
        driver.trim(pool, 0);
        try {
            return driver.allocate(bytes, pool, stream);
        } catch (CudaException e) {
            throw isOutOfMemory(e) ? outOfMemory(bytes, "close scopes earlier, or use smaller batches", e) : e;
        }
    }

    /**
     * Memory for a thread that records, when nothing can be waited for: what is not there is an error at once.
     *
     * @param bytes more than 0
     * @param stream one that does not record
     * @throws OutOfTensorMemoryException naming the request, what is held and by whom
     */
    long allocateWhileRecording(long bytes, Stream stream) {
        try {
            long address = driver.allocate(bytes, pool, stream);
            allocated.add(bytes);
            return address;
        } catch (CudaException e) {
            String remedy = "nothing can be freed while a step is recorded: warm it up first, or use smaller batches";
            throw isOutOfMemory(e) ? outOfMemory(bytes, remedy, e) : e;
        }
    }

    private OutOfTensorMemoryException outOfMemory(long bytes, String remedy, CudaException cause) {
        Driver.MemoryInfo memory = driver.memoryInfo();
        return new OutOfTensorMemoryException(
                "cuda:" + device + ": no memory for " + bytes + " bytes; tensors hold " + driver.used(pool)
                        + " bytes, " + memory.free() + " of " + memory.total() + " bytes are free; " + holders.get()
                        + "; " + remedy,
                cause);
    }

    private static boolean isOutOfMemory(CudaException e) {
        return e.statusName().equals("CUDA_ERROR_OUT_OF_MEMORY");
    }

    /**
     * Frees memory once the work queued on {@code stream} so far is done.
     *
     * @param address from {@link #allocate}
     * @param bytes how many it was asked for
     * @param stream the stream that used it last
     */
    public void free(long address, long bytes, Stream stream) {
        driver.free(address, stream);
        allocated.add(-bytes);
    }

    /** The bytes asked for and not freed. */
    public long allocatedBytes() {
        return allocated.sum();
    }

    /** Destroys the pool; the device has done all work. */
    @Override
    public void close() {
        driver.destroy(pool);
    }
}
