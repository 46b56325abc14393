package dev.lanewise.cuda.api;

import dev.lanewise.cuda.lib.Version;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A driver whose device is the host: its memory is the host's, between guards and filled with what no program may rely on,
 * and a launch has run when it returns, all its threads taking turns. It checks what it frees.
 */
public final class HostDriver implements Driver {
    /** In which order the threads of a block run from one barrier to the next. */
    public enum Order {
        /** As they are numbered. */
        FORWARDS(0),
        /** The last one first. */
        BACKWARDS(1),
        /** Another order from every barrier on. */
        SHUFFLED(2);

        private final int code;

        Order(int code) {
            this.code = code;
        }
    }

    /** A stream of the driver's own. */
    public static final Stream DEFAULT_STREAM = new Stream(MemorySegment.NULL);

    private static final int MOST_THREADS = 1024;
    private static final int MOST_THREADS_OF_Z = 64;
    private static final int MOST_BLOCKS_OF_Y_AND_Z = 65_535;
    private static final int MOST_SHARED_BYTES = 48 << 10;

    private static final long MEMORY = 64L << 30;

    private final Map<Long, String> modules = new ConcurrentHashMap<>();
    /** What the host lends of it, in bytes. */
    private static final long LENT = 4L << 30;

    private final Map<Long, Long> allocated = new ConcurrentHashMap<>();
    private final Map<Long, String> names = new ConcurrentHashMap<>();
    private final AtomicLong handles = new AtomicLong();
    private final AtomicLong used = new AtomicLong();
    private final AtomicLong launches = new AtomicLong();
    private final HostGrid grid;
    private volatile Order order = Order.FORWARDS;
    private volatile boolean oneThread;

    /** A driver that runs grids by the library that {@code HostKernels} compiled. */
    public HostDriver(Path library) {
        grid = new HostGrid(library);
    }

    /** Runs threads in another order from now on. */
    public void order(Order newOrder) {
        order = newOrder;
    }

    /** Runs launches as one block of one thread from now on; blocks of y and z, which are parts of results, stay. */
    public void oneThread(boolean only) {
        oneThread = only;
    }

    /** The bytes that are allocated. */
    public long used() {
        return used.get();
    }

    /** How many kernels were launched. */
    public long launches() {
        return launches.get();
    }

    @Override
    public Version version() {
        return new Version(13, 0, 0);
    }

    @Override
    public int deviceCount() {
        return 1;
    }

    @Override
    public String deviceName(int device) {
        return "host";
    }

    @Override
    public long totalMemory(int device) {
        return MEMORY;
    }

    @Override
    public int attribute(int device, DeviceAttribute attribute) {
        return switch (attribute) {
            case COMPUTE_CAPABILITY_MAJOR -> 9;
            case COMPUTE_CAPABILITY_MINOR -> 0;
            case MULTIPROCESSOR_COUNT -> 132;
            case MEMORY_POOLS_SUPPORTED -> 1;
        };
    }

    private MemorySegment handle() {
        return MemorySegment.ofAddress(handles.incrementAndGet());
    }

    @Override
    public Context retainPrimaryContext(int device) {
        return new Context(handle());
    }

    @Override
    public void releasePrimaryContext(int device) {}

    @Override
    public void makeCurrent(Context context) {}

    @Override
    public MemoryInfo memoryInfo() {
        return new MemoryInfo(MEMORY - used.get(), MEMORY);
    }

    @Override
    public MemoryPool createPool(int device) {
        return new MemoryPool(handle());
    }

    @Override
    public void destroy(MemoryPool pool) {}

    @Override
    public void setReleaseThreshold(MemoryPool pool, long bytes) {}

    @Override
    public long used(MemoryPool pool) {
        return used.get();
    }

    @Override
    public void trim(MemoryPool pool, long bytesToKeep) {}

    /** Memory of no pool. */
    public long allocate(long bytes, Stream stream) {
        // as a device does, whatever the host could lend
        long address = bytes > LENT - used.get() ? 0 : grid.allocate(bytes);
        if (address == 0) {
            throw CudaException.failed("cuMemAllocFromPoolAsync", 2, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory");
        }
        allocated.put(address, bytes);
        used.addAndGet(bytes);
        return address;
    }

    @Override
    public long allocate(long bytes, MemoryPool pool, Stream stream) {
        return allocate(bytes, stream);
    }

    @Override
    public void free(long address, Stream stream) {
        Long bytes = allocated.remove(address);
        if (bytes == null) {
            throw new AssertionError("freed what is not allocated: " + Long.toHexString(address));
        }
        used.addAndGet(-bytes);
        if (!grid.free(address)) {
            throw new AssertionError("something was written beside an allocation of " + bytes + " bytes");
        }
    }

    @Override
    public MemorySegment allocatePinned(long bytes) {
        return memory(allocate(bytes, DEFAULT_STREAM), bytes);
    }

    @Override
    public void freePinned(MemorySegment memory) {
        free(memory.address(), DEFAULT_STREAM);
    }

    private static MemorySegment memory(long address, long bytes) {
        return MemorySegment.ofAddress(address).reinterpret(bytes);
    }

    @Override
    public void copyToDevice(long target, MemorySegment source, long bytes, Stream stream) {
        memory(target, bytes).copyFrom(source.asSlice(0, bytes));
    }

    @Override
    public void copyToHost(MemorySegment target, long source, long bytes, Stream stream) {
        target.asSlice(0, bytes).copyFrom(memory(source, bytes));
    }

    @Override
    public void copy(long target, long source, long bytes, Stream stream) {
        memory(target, bytes).copyFrom(memory(source, bytes));
    }

    @Override
    public void fill8(long target, byte value, long count, Stream stream) {
        memory(target, count).fill(value);
    }

    @Override
    public Stream createStream() {
        return new Stream(handle());
    }

    @Override
    public void destroy(Stream stream) {}

    @Override
    public void synchronize(Stream stream) {}

    @Override
    public void await(Stream stream, Event event) {}

    @Override
    public Event createEvent() {
        return new Event(handle());
    }

    @Override
    public void destroy(Event event) {}

    @Override
    public void record(Event event, Stream stream) {}

    @Override
    public void synchronize(Event event) {}

    @Override
    public boolean isDone(Event event) {
        return true;
    }

    @Override
    public Module load(byte[] image) {
        Module module = new Module(handle());
        modules.put(module.address().address(), new String(image, StandardCharsets.UTF_8));
        return module;
    }

    @Override
    public void unload(Module module) {
        modules.remove(module.address().address());
    }

    @Override
    public Function function(Module module, String name) {
        String[] code = modules.get(module.address().address()).split("\n", -1);
        SymbolLookup library = SymbolLookup.libraryLookup(Path.of(code[0]), Arena.global());
        MemorySegment function =
                library.find("program" + code[1] + "_" + name).orElseThrow(() -> new AssertionError("no " + name));
        names.put(function.address(), name);
        return new Function(function);
    }

    @Override
    public void launch(
            Function function, Grid blocks, Block block, int sharedBytes, Stream stream, KernelArguments arguments) {
        checkLimits(blocks, block, sharedBytes);
        launches.incrementAndGet();
        grid.run(
                names.get(function.address().address()),
                function.address(),
                oneThread ? new Grid(1, blocks.y(), blocks.z()) : blocks,
                oneThread ? Block.of(1) : block,
                order.code,
                arguments);
    }

    /** What every device takes (CUDA Programming Guide, "Technical Specifications per Compute Capability"). */
    private static void checkLimits(Grid blocks, Block block, int sharedBytes) {
        boolean fits = Math.min(blocks.x(), Math.min(blocks.y(), blocks.z())) > 0
                && Math.max(blocks.y(), blocks.z()) <= MOST_BLOCKS_OF_Y_AND_Z
                && Math.min(block.x(), Math.min(block.y(), block.z())) > 0
                && (long) block.x() * block.y() * block.z() <= MOST_THREADS
                && block.z() <= MOST_THREADS_OF_Z
                && sharedBytes <= MOST_SHARED_BYTES;
        if (!fits) {
            throw CudaException.failed(
                    "cuLaunchKernel",
                    1,
                    "CUDA_ERROR_INVALID_VALUE",
                    blocks + " of " + block + ", shared " + sharedBytes);
        }
    }

    private static UnsupportedOperationException noGraphs() {
        return new UnsupportedOperationException("the host records no graphs");
    }

    @Override
    public void beginCapture(Stream stream) {
        throw noGraphs();
    }

    @Override
    public CaptureMode exchangeCaptureMode(CaptureMode mode) {
        throw noGraphs();
    }

    @Override
    public Graph endCapture(Stream stream) {
        throw noGraphs();
    }

    @Override
    public CaptureStatus captureStatus(Stream stream) {
        return CaptureStatus.NONE;
    }

    @Override
    public GraphExec instantiate(Graph graph) {
        throw noGraphs();
    }

    @Override
    public void launch(GraphExec graph, Stream stream) {
        throw noGraphs();
    }

    @Override
    public void destroy(Graph graph) {
        throw noGraphs();
    }

    @Override
    public void destroy(GraphExec graph) {
        throw noGraphs();
    }
}
