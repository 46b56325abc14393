package dev.lanewise.cuda.runtime;

import dev.lanewise.cuda.api.CublasLt;
import dev.lanewise.cuda.api.DeviceAttribute;
import dev.lanewise.cuda.api.Driver;
import dev.lanewise.cuda.api.Driver.Block;
import dev.lanewise.cuda.api.Driver.CaptureMode;
import dev.lanewise.cuda.api.Driver.Grid;
import dev.lanewise.cuda.api.Driver.Stream;
import dev.lanewise.cuda.api.KernelArguments;
import dev.lanewise.cuda.kernel.CodeCache;
import dev.lanewise.cuda.kernel.KernelCompiler;
import dev.lanewise.cuda.kernel.KernelSource;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.spi.StepRecorder;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.locks.Lock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A GPU as operations use it: its context, a stream for every thread, memory, and kernels. Work is queued on the
 * calling thread's stream and runs asynchronously. Safe for use by many threads.
 *
 * <pre>{@code
 * KernelArguments arguments = device.arguments().i64(n).pointer(DeviceBuffer.address(x)).pointer(DeviceBuffer.address(y));
 * device.launch("relu_f32", () -> KernelTemplates.unary(RELU, F32), "dense", Grid.of(blocks), Block.of(256), 0, arguments);
 * }</pre>
 */
public final class CudaDevice implements AutoCloseable {
    /** The device whose context is current on the thread. */
    private static final ThreadLocal<@Nullable CudaDevice> CURRENT = new ThreadLocal<>();

    /** Blocks per multiprocessor in the grid of a kernel that strides; more would only cost start-up time. */
    private static final int WAVES = 16;

    private final Device device;
    private final CudaLibraries libraries;
    private final Driver driver;
    private final Driver.Context context;
    private final int architecture;
    private final int multiprocessors;
    private final DeviceMemory memory;
    private final LoadedKernels kernels;
    private final PinnedMemory pinned;
    private final Copies copies;

    private final Streams streams;
    private final Blocks blocks;
    private final ConcurrentLinkedDeque<Runnable> owned = new ConcurrentLinkedDeque<>();
    private CublasLt.@Nullable Handle cublasLt;
    private final Recordings recordings = new Recordings();
    private final VirtualThreads virtualThreads = new VirtualThreads();
    private volatile boolean closed;
    private volatile @Nullable Thread closer;

    /**
     * Retains the primary context of a device.
     *
     * @param device the device
     * @param libraries the libraries that drive it
     * @param code where compiled kernels are kept
     * @param releaseUnreachable frees the memory of tensors that nothing refers to any more
     * @param holders describes which scopes hold how much, for the message when memory has run out
     */
    public CudaDevice(
            Device device,
            CudaLibraries libraries,
            CodeCache code,
            Runnable releaseUnreachable,
            Supplier<String> holders) {
        this.device = device;
        this.libraries = libraries;
        driver = libraries.driver();
        context = driver.retainPrimaryContext(device.index());
        driver.makeCurrent(context);
        architecture = 10 * driver.attribute(device.index(), DeviceAttribute.COMPUTE_CAPABILITY_MAJOR)
                + driver.attribute(device.index(), DeviceAttribute.COMPUTE_CAPABILITY_MINOR);
        multiprocessors = driver.attribute(device.index(), DeviceAttribute.MULTIPROCESSOR_COUNT);
        memory = new DeviceMemory(
                driver,
                device.index(),
                () -> {
                    releaseUnreachable.run();
                    eachOpenStream(this::drain);
                    eachOpenStream(stream -> driver.synchronize(stream.handle()));
                },
                holders);
        streams = new Streams(this, driver);
        blocks = new Blocks(memory);
        pinned = new PinnedMemory(driver);
        copies = new Copies(driver, pinned);
        kernels = new LoadedKernels(driver, new KernelCompiler(libraries.nvrtc(), code), architecture);
    }

    /** Which device this is. */
    public Device device() {
        return device;
    }

    /** The libraries that drive it. */
    public CudaLibraries libraries() {
        return libraries;
    }

    /** The driver, for fills and copies; give it {@code stream().handle()}. */
    public Driver driver() {
        return driver;
    }

    /** The compute capability: 90 for 9.0. */
    public int architecture() {
        return architecture;
    }

    /** How many multiprocessors there are. */
    public int multiprocessors() {
        return multiprocessors;
    }

    /** The bytes that nothing has reserved, whatever process. */
    public long freeMemory() {
        enter();
        return driver.memoryInfo().free();
    }

    /** The memory and what is held of it. */
    public DeviceMemory memory() {
        return memory;
    }

    /**
     * Makes the context current on the calling thread. A virtual thread may have moved to another system thread since,
     * so for those it is said every time.
     */
    @SuppressWarnings("ReferenceEquality") // identity: the same object
    void enter() {
        if (isClosed()) {
            throw new IllegalStateException(device + ": closed, as at the end of the process");
        }
        if (CURRENT.get() != this || Thread.currentThread().isVirtual()) {
            driver.makeCurrent(context);
            CURRENT.set(this);
        }
    }

    /** The calling thread's stream, with the context current. */
    public DeviceStream stream() {
        enter();
        return streams.current();
    }

    /** Makes {@code later} wait for what is queued on {@code earlier} so far. */
    void order(Stream earlier, Stream later) {
        streams.order(earlier, later);
    }

    /** Memory for a new tensor, usable at once by work of the calling thread. */
    public DeviceBuffer allocate(long bytes) {
        return new DeviceBuffer(device, bytes, blocks.take(bytes, stream()));
    }

    /** Device memory for the duration of a call. */
    public ScratchMemory scratch(long bytes) {
        return new ScratchMemory(blocks.take(bytes, stream()));
    }

    /** Where blocks of memory come from. */
    Blocks blocks() {
        return blocks;
    }

    /** Whether the device has been given back, or is by another thread at this moment. */
    @SuppressWarnings("ReferenceEquality") // identity: the same object
    boolean isClosed() {
        return closed && Thread.currentThread() != closer;
    }

    /** Which streams record. */
    Recordings recordings() {
        return recordings;
    }

    /** Does something with every stream that is not recording; none begins to record meanwhile. */
    private void eachOpenStream(Consumer<DeviceStream> work) {
        Lock lock = recordings.open();
        lock.lock();
        try {
            for (DeviceStream stream : streams.all()) {
                if (stream.recorder() == null) {
                    work.accept(stream);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Makes what is no part of a recording: memory, a handle, code. The driver lets a thread that records do so only in
     * a mode of its own.
     */
    public <T> T unrecorded(Supplier<T> work) {
        if (streams.current().recorder() == null) {
            return work.get();
        }
        CaptureMode mode = driver.exchangeCaptureMode(CaptureMode.RELAXED);
        try {
            return work.get();
        } finally {
            driver.exchangeCaptureMode(mode);
        }
    }

    /** Runs work of a virtual thread on a system thread of its own, whose stream it queues on. */
    public <T> T onSystemThread(Supplier<T> work) {
        return virtualThreads.call(work);
    }

    /**
     * A grid for a kernel that strides over {@code work} pieces with blocks of {@code threads}: at most a few waves.
     */
    public Grid grid(long work, int threads) {
        long blocks = (work + threads - 1) / threads;
        return Grid.of((int) Math.max(1, Math.min(blocks, (long) WAVES * multiprocessors)));
    }

    /** The calling thread's area for kernel arguments, empty. */
    public KernelArguments arguments() {
        return stream().arguments();
    }

    /**
     * A kernel, compiled and loaded when it is first asked for.
     *
     * @param program the program's name
     * @param source makes the program
     * @param kernel one of its entry points
     */
    public Driver.Function function(String program, Supplier<KernelSource> source, String kernel) {
        enter();
        return kernels.has(program)
                ? kernels.get(program, source, kernel)
                : unrecorded(() -> kernels.get(program, source, kernel));
    }

    /** Queues a kernel of a program; see {@link #function}. */
    public void launch(
            String program,
            Supplier<KernelSource> source,
            String kernel,
            Grid grid,
            Block block,
            int sharedBytes,
            KernelArguments arguments) {
        launch(function(program, source, kernel), grid, block, sharedBytes, arguments);
    }

    /** Queues a kernel. */
    public void launch(Driver.Function function, Grid grid, Block block, int sharedBytes, KernelArguments arguments) {
        driver.launch(function, grid, block, sharedBytes, stream().handle(), arguments);
    }

    /** Runs when the device is closed, before its handles are destroyed: for what hangs on them. */
    public void onClose(Runnable close) {
        owned.add(close);
    }

    /** Cancels what was passed to {@link #onClose}. */
    void offClose(Runnable close) {
        owned.remove(close);
    }

    /** The device's cuBLASLt handle. */
    public synchronized CublasLt.Handle cublasLt() {
        CublasLt.Handle handle = cublasLt;
        if (handle == null) {
            enter();
            handle = unrecorded(libraries.cublasLt()::create);
            cublasLt = handle;
        }
        return handle;
    }

    /** Whether the calling thread records a graph: then nothing may wait for the device. */
    public boolean isRecording() {
        return stream().recorder() != null;
    }

    /**
     * Records and replays work of the calling thread.
     *
     * @throws TensorException on a virtual thread, which may not be on the same system thread at the end of a recording
     */
    public StepRecorder recorder() {
        if (Thread.currentThread().isVirtual()) {
            throw new TensorException(
                    "record: called on a virtual thread (expected a platform thread, which a recording"
                            + " has to begin and end on); record and replay in Thread.ofPlatform()");
        }
        return new StepGraph(this);
    }

    private void checkNotRecording(String what) {
        if (isRecording()) {
            throw new TensorException("record: the step " + what + " while it is recorded, and a replay could not;"
                    + " keep values on " + device + " and read them after the step");
        }
    }

    /**
     * Writes the numbers of an operation the way its kernel reads them.
     *
     * @param <O> the operation's type
     */
    public interface Numbers<O extends Op> {
        /** Writes the numbers of {@code op} from the start of {@code target}. */
        void write(O op, MemorySegment target);
    }

    /**
     * While the calling thread records a graph: device memory where a kernel finds the numbers of its operation that
     * change from one step to the next (random counters, step numbers, learning rates); they are written anew before
     * every replay. Else 0: the kernel takes them from its arguments.
     *
     * @param op the operation that is executed
     * @param bytes how much {@code numbers} writes
     * @param numbers writes them, also for the operation that takes this one's place in a replay
     */
    public <O extends Op> long numbers(O op, long bytes, Numbers<O> numbers) {
        StepGraph recorder = stream().recorder();
        return recorder == null ? 0 : recorder.cell(op, bytes, numbers);
    }

    /** Device memory with a copy of {@code source}, for the duration of a call; pointers to operands, for example. */
    public ScratchMemory upload(MemorySegment source) {
        ScratchMemory target = scratch(source.byteSize());
        copyIn(source, target.address());
        return target;
    }

    /** Queues a copy of host memory to a device address; {@code source} has been read when this returns. */
    public void copyIn(MemorySegment source, long target) {
        DeviceStream stream = stream();
        StepGraph recorder = stream.recorder();
        if (recorder == null) {
            copies.toDevice(source, target, stream);
        } else {
            recorder.copyIn(source, target);
        }
    }

    /** Queues a copy of up to 16 MiB that {@code writer} puts into pinned memory. */
    void stage(long bytes, long target, Consumer<MemorySegment> writer) {
        copies.toDevice(bytes, target, stream(), writer);
    }

    /** Copies device memory to the host, waiting for the calling thread's work. */
    public void copyOut(long source, MemorySegment target) {
        peek(source, target);
        stream().checkFaults();
    }

    /**
     * The same for data that is not a result: positions out of range are left to be reported to the reader of a result.
     */
    public void peek(long source, MemorySegment target) {
        DeviceStream stream = stream();
        checkNotRecording("reads a value back");
        copies.toHost(source, target, stream);
    }

    /** Waits for all work of the device, except that of other threads' recordings, which is not run. */
    public void synchronize() {
        DeviceStream stream = stream();
        checkNotRecording("waits for the device");
        eachOpenStream(open -> driver.synchronize(open.handle()));
        for (DeviceStream other : streams.all()) {
            stream.checkFaults(other);
        }
    }

    /**
     * Refuses work from here on, waits for what is queued, destroys every handle and releases the context. A failure
     * with one handle does not affect the others; after an error that the driver does not recover from, nothing is
     * called, since the end of the process frees everything.
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closer = Thread.currentThread();
        closed = true;
        try {
            enter();
            Closing closing = new Closing();
            closing.step("waiting for the device", () -> eachOpenStream(stream -> driver.synchronize(stream.handle())));
            owned.forEach(work -> closing.step("what hangs on the device", work));
            owned.clear();
            closing.step("memory", () -> eachOpenStream(this::drain));
            streams.close(closing);
            if (cublasLt != null) {
                CublasLt.Handle handle = cublasLt;
                closing.step("cuBLASLt", () -> libraries.cublasLt().destroy(handle));
            }
            closing.step("kernels", kernels::close);
            closing.step("pinned memory", pinned::close);
            closing.step("the memory pool", memory::close);
            closing.step("the context", () -> driver.releasePrimaryContext(device.index()));
        } finally {
            CURRENT.remove();
            closer = null;
        }
    }

    private void drain(DeviceStream stream) {
        blocks.drain(stream);
    }
}
