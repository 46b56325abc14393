package dev.lanewise.cuda.api;

import dev.lanewise.cuda.lib.NativeLibrary;
import dev.lanewise.cuda.lib.Version;
import java.lang.foreign.MemorySegment;

/**
 * The CUDA driver: contexts, memory, streams, events, modules, launches and graphs. Every method throws
 * {@link CudaException} where the driver reports an error; since work runs asynchronously, that may be an earlier
 * launch's. Sizes are in bytes, device memory is an address, and everything else is a typed handle.
 *
 * <p>Except for queries of devices, a context must be current on the thread ({@link #makeCurrent}).
 */
public interface Driver {
    /** The context that a device's users share. */
    record Context(MemorySegment address) {}

    /** A queue of work on a device. */
    record Stream(MemorySegment address) {}

    /** A point in a stream. */
    record Event(MemorySegment address) {}

    /** A pool of stream-ordered memory. */
    record MemoryPool(MemorySegment address) {}

    /** Loaded code. */
    record Module(MemorySegment address) {}

    /** A kernel of a module. */
    record Function(MemorySegment address) {}

    /** A captured graph of work. */
    record Graph(MemorySegment address) {}

    /** A graph that can be launched. */
    record GraphExec(MemorySegment address) {}

    /** Blocks of a launch. */
    record Grid(int x, int y, int z) {
        /** A grid of one dimension. */
        public static Grid of(int blocks) {
            return new Grid(blocks, 1, 1);
        }
    }

    /** Threads of a block. */
    record Block(int x, int y, int z) {
        /** A block of one dimension. */
        public static Block of(int threads) {
            return new Block(threads, 1, 1);
        }
    }

    /** A device's memory in bytes. */
    record MemoryInfo(long free, long total) {}

    /** Whether a stream records instead of running. */
    enum CaptureStatus {
        /** It runs. */
        NONE,
        /** It records. */
        ACTIVE,
        /** It did something that cannot be recorded; the capture must be ended and discarded. */
        INVALIDATED
    }

    /** What a thread that records may do besides. */
    enum CaptureMode {
        /** Nothing that could spoil any thread's recording. */
        GLOBAL,
        /** Nothing that could spoil its own. */
        THREAD_LOCAL,
        /** Actions that are not part of the recording: creating and freeing memory, handles and code. */
        RELAXED
    }

    /**
     * The driver of this machine, initialized.
     *
     * @throws CudaException if there is none (with every place searched), or no device
     */
    static Driver open() {
        Libraries.require(NativeLibrary.DRIVER);
        return NativeDriver.initialized();
    }

    /** The newest CUDA version the driver supports. */
    Version version();

    /** How many devices there are. */
    int deviceCount();

    /** The device's name, such as {@code NVIDIA H200}. */
    String deviceName(int device);

    /** The device's memory in bytes. */
    long totalMemory(int device);

    /** One of the device's attributes. */
    int attribute(int device, DeviceAttribute attribute);

    /**
     * The device's primary context, which PyTorch and others in this process would share; released as often as
     * retained.
     */
    Context retainPrimaryContext(int device);

    /** Releases the primary context. */
    void releasePrimaryContext(int device);

    /** Makes {@code context} the calling thread's own. */
    void makeCurrent(Context context);

    /** The current device's free and total memory. */
    MemoryInfo memoryInfo();

    /** A pool of its own on {@code device}. */
    MemoryPool createPool(int device);

    /** Destroys a pool made by {@link #createPool}. */
    void destroy(MemoryPool pool);

    /** How many bytes the pool keeps when it could give them back to the system; {@code -1} keeps all. */
    void setReleaseThreshold(MemoryPool pool, long bytes);

    /** Bytes of the pool that are allocated. */
    long used(MemoryPool pool);

    /** Gives unused memory back to the system until {@code bytesToKeep} are left. */
    void trim(MemoryPool pool, long bytesToKeep);

    /**
     * Memory of {@code pool}, usable by work queued on {@code stream} from here on; on one that records it is the
     * graph's.
     */
    long allocate(long bytes, MemoryPool pool, Stream stream);

    /** Frees memory once the work queued on {@code stream} so far is done; on one that records only the graph's own. */
    void free(long address, Stream stream);

    /** Host memory that the device reads and writes by itself, so that copies are asynchronous. */
    MemorySegment allocatePinned(long bytes);

    /** Frees memory of {@link #allocatePinned}. */
    void freePinned(MemorySegment memory);

    /** Copies host memory to the device; asynchronous where {@code source} is pinned. */
    void copyToDevice(long target, MemorySegment source, long bytes, Stream stream);

    /** Copies device memory to the host; asynchronous where {@code target} is pinned. */
    void copyToHost(MemorySegment target, long source, long bytes, Stream stream);

    /** Copies within a device. */
    void copy(long target, long source, long bytes, Stream stream);

    /** Sets {@code count} bytes. */
    void fill8(long target, byte value, long count, Stream stream);

    /** A stream that does not wait for the legacy default stream. */
    Stream createStream();

    /** Destroys a stream once its work is done; does not wait. */
    void destroy(Stream stream);

    /** Waits for the work queued on {@code stream}. */
    void synchronize(Stream stream);

    /** Makes work queued on {@code stream} from here on wait for {@code event}. */
    void await(Stream stream, Event event);

    /** An event. */
    Event createEvent();

    /** Destroys an event. */
    void destroy(Event event);

    /** Marks the end of what is queued on {@code stream}. */
    void record(Event event, Stream stream);

    /** Waits until the device has reached {@code event}. */
    void synchronize(Event event);

    /** Whether the device has reached {@code event}. */
    boolean isDone(Event event);

    /** Loads compiled code: a cubin, or PTX (as text that ends in a zero byte) that the driver compiles. */
    Module load(byte[] image);

    /** Unloads a module. */
    void unload(Module module);

    /** The kernel of {@code module} called {@code name}. */
    Function function(Module module, String name);

    /** Queues a kernel. */
    void launch(Function function, Grid grid, Block block, int sharedBytes, Stream stream, KernelArguments arguments);

    /**
     * Makes {@code stream} record what is queued on it, without running it. Only this thread's mistakes spoil the
     * capture.
     */
    void beginCapture(Stream stream);

    /** Sets what the calling thread may do while it records; gives what it was before. */
    CaptureMode exchangeCaptureMode(CaptureMode mode);

    /** Ends the recording, on the thread that began it. */
    Graph endCapture(Stream stream);

    /** Whether {@code stream} records. */
    CaptureStatus captureStatus(Stream stream);

    /** Makes a graph that can be launched; memory it allocates is freed again when it is launched the next time. */
    GraphExec instantiate(Graph graph);

    /** Queues all of a graph's work. */
    void launch(GraphExec graph, Stream stream);

    /** Destroys a graph. */
    void destroy(Graph graph);

    /** Destroys a launchable graph. */
    void destroy(GraphExec graph);
}
