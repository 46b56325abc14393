package dev.lanewise.cuda.api;

import dev.lanewise.cuda.generated.driver.CUmemLocation_st;
import dev.lanewise.cuda.generated.driver.CUmemPoolProps_st;
import dev.lanewise.cuda.generated.driver.DriverBindings;
import dev.lanewise.cuda.lib.NativeLibrary;
import dev.lanewise.cuda.lib.Version;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** {@link Driver} on the generated bindings. */
final class NativeDriver implements Driver {
    private NativeDriver() {}

    /** The driver may be initialized repeatedly, so there is nothing to remember here. */
    static Driver initialized() {
        check("cuInit", DriverBindings.cuInit(0));
        return new NativeDriver();
    }

    private static void check(String call, int status) {
        if (status != DriverBindings.CUDA_SUCCESS()) {
            throw failure(call, status);
        }
    }

    private static CudaException failure(String call, int status) {
        MemorySegment scratch = Scratch.get();
        boolean known = DriverBindings.cuGetErrorName(status, scratch) == DriverBindings.CUDA_SUCCESS();
        String name = known ? Scratch.text(Scratch.readHandle(scratch)) : "unknown status";
        boolean explained = DriverBindings.cuGetErrorString(status, scratch) == DriverBindings.CUDA_SUCCESS();
        return CudaException.failed(call, status, name, explained ? Scratch.text(Scratch.readHandle(scratch)) : "");
    }

    private static boolean ready(String call, int status) {
        if (status == DriverBindings.CUDA_ERROR_NOT_READY()) {
            return false;
        }
        check(call, status);
        return true;
    }

    @Override
    public Version version() {
        return Libraries.require(NativeLibrary.DRIVER).version();
    }

    @Override
    public int deviceCount() {
        MemorySegment count = Scratch.get();
        check("cuDeviceGetCount", DriverBindings.cuDeviceGetCount(count));
        return Scratch.readInt(count);
    }

    /** Devices are numbered from 0 and their handles are these numbers, but the driver's interface keeps them apart. */
    private static int handle(int device) {
        MemorySegment handle = Scratch.get();
        check("cuDeviceGet", DriverBindings.cuDeviceGet(handle, device));
        return Scratch.readInt(handle);
    }

    @Override
    public String deviceName(int device) {
        int handle = handle(device);
        MemorySegment name = Scratch.get();
        check("cuDeviceGetName", DriverBindings.cuDeviceGetName(name, (int) name.byteSize(), handle));
        return name.getString(0);
    }

    @Override
    public long totalMemory(int device) {
        int handle = handle(device);
        MemorySegment bytes = Scratch.get();
        check("cuDeviceTotalMem_v2", DriverBindings.cuDeviceTotalMem_v2(bytes, handle));
        return Scratch.readLong(bytes);
    }

    @Override
    public int attribute(int device, DeviceAttribute attribute) {
        int handle = handle(device);
        MemorySegment value = Scratch.get();
        check("cuDeviceGetAttribute", DriverBindings.cuDeviceGetAttribute(value, attribute.code(), handle));
        return Scratch.readInt(value);
    }

    @Override
    public Context retainPrimaryContext(int device) {
        int handle = handle(device);
        MemorySegment context = Scratch.get();
        check("cuDevicePrimaryCtxRetain", DriverBindings.cuDevicePrimaryCtxRetain(context, handle));
        return new Context(Scratch.readHandle(context));
    }

    @Override
    public void releasePrimaryContext(int device) {
        check("cuDevicePrimaryCtxRelease_v2", DriverBindings.cuDevicePrimaryCtxRelease_v2(handle(device)));
    }

    @Override
    public void makeCurrent(Context context) {
        check("cuCtxSetCurrent", DriverBindings.cuCtxSetCurrent(context.address()));
    }

    @Override
    public MemoryInfo memoryInfo() {
        MemorySegment free = Scratch.get();
        MemorySegment total = free.asSlice(Long.BYTES);
        check("cuMemGetInfo_v2", DriverBindings.cuMemGetInfo_v2(free, total));
        return new MemoryInfo(Scratch.readLong(free), Scratch.readLong(total));
    }

    @Override
    public MemoryPool createPool(int device) {
        int handle = handle(device);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment properties = CUmemPoolProps_st.allocate(arena);
            CUmemPoolProps_st.allocType(properties, DriverBindings.CU_MEM_ALLOCATION_TYPE_PINNED());
            CUmemPoolProps_st.handleTypes(properties, DriverBindings.CU_MEM_HANDLE_TYPE_NONE());
            MemorySegment location = CUmemPoolProps_st.location(properties);
            CUmemLocation_st.type(location, DriverBindings.CU_MEM_LOCATION_TYPE_DEVICE());
            CUmemLocation_st.id(location, handle);
            MemorySegment pool = arena.allocate(ValueLayout.ADDRESS);
            check("cuMemPoolCreate", DriverBindings.cuMemPoolCreate(pool, properties));
            return new MemoryPool(Scratch.readHandle(pool));
        }
    }

    @Override
    public void destroy(MemoryPool pool) {
        check("cuMemPoolDestroy", DriverBindings.cuMemPoolDestroy(pool.address()));
    }

    @Override
    public void setReleaseThreshold(MemoryPool pool, long bytes) {
        MemorySegment value = Scratch.get();
        value.set(ValueLayout.JAVA_LONG, 0, bytes);
        check(
                "cuMemPoolSetAttribute",
                DriverBindings.cuMemPoolSetAttribute(
                        pool.address(), DriverBindings.CU_MEMPOOL_ATTR_RELEASE_THRESHOLD(), value));
    }

    @Override
    public long used(MemoryPool pool) {
        return poolAttribute(pool, DriverBindings.CU_MEMPOOL_ATTR_USED_MEM_CURRENT());
    }

    private static long poolAttribute(MemoryPool pool, int attribute) {
        MemorySegment value = Scratch.get();
        check("cuMemPoolGetAttribute", DriverBindings.cuMemPoolGetAttribute(pool.address(), attribute, value));
        return Scratch.readLong(value);
    }

    @Override
    public void trim(MemoryPool pool, long bytesToKeep) {
        check("cuMemPoolTrimTo", DriverBindings.cuMemPoolTrimTo(pool.address(), bytesToKeep));
    }

    @Override
    public long allocate(long bytes, MemoryPool pool, Stream stream) {
        MemorySegment address = Scratch.get();
        check(
                "cuMemAllocFromPoolAsync",
                DriverBindings.cuMemAllocFromPoolAsync(address, bytes, pool.address(), stream.address()));
        return Scratch.readLong(address);
    }

    @Override
    public void free(long address, Stream stream) {
        check("cuMemFreeAsync", DriverBindings.cuMemFreeAsync(address, stream.address()));
    }

    @Override
    public MemorySegment allocatePinned(long bytes) {
        MemorySegment address = Scratch.get();
        check(
                "cuMemHostAlloc",
                DriverBindings.cuMemHostAlloc(address, bytes, DriverBindings.CU_MEMHOSTALLOC_PORTABLE()));
        return Scratch.readHandle(address).reinterpret(bytes);
    }

    @Override
    public void freePinned(MemorySegment memory) {
        check("cuMemFreeHost", DriverBindings.cuMemFreeHost(memory));
    }

    @Override
    public void copyToDevice(long target, MemorySegment source, long bytes, Stream stream) {
        check("cuMemcpyHtoDAsync_v2", DriverBindings.cuMemcpyHtoDAsync_v2(target, source, bytes, stream.address()));
    }

    @Override
    public void copyToHost(MemorySegment target, long source, long bytes, Stream stream) {
        check("cuMemcpyDtoHAsync_v2", DriverBindings.cuMemcpyDtoHAsync_v2(target, source, bytes, stream.address()));
    }

    @Override
    public void copy(long target, long source, long bytes, Stream stream) {
        check("cuMemcpyDtoDAsync_v2", DriverBindings.cuMemcpyDtoDAsync_v2(target, source, bytes, stream.address()));
    }

    @Override
    public void fill8(long target, byte value, long count, Stream stream) {
        check("cuMemsetD8Async", DriverBindings.cuMemsetD8Async(target, value, count, stream.address()));
    }

    @Override
    public Stream createStream() {
        MemorySegment stream = Scratch.get();
        check("cuStreamCreate", DriverBindings.cuStreamCreate(stream, DriverBindings.CU_STREAM_NON_BLOCKING()));
        return new Stream(Scratch.readHandle(stream));
    }

    @Override
    public void destroy(Stream stream) {
        check("cuStreamDestroy_v2", DriverBindings.cuStreamDestroy_v2(stream.address()));
    }

    @Override
    public void synchronize(Stream stream) {
        check("cuStreamSynchronize", DriverBindings.cuStreamSynchronize(stream.address()));
    }

    @Override
    public void await(Stream stream, Event event) {
        check("cuStreamWaitEvent", DriverBindings.cuStreamWaitEvent(stream.address(), event.address(), 0));
    }

    @Override
    public Event createEvent() {
        MemorySegment event = Scratch.get();
        // an event without timing costs less
        check("cuEventCreate", DriverBindings.cuEventCreate(event, DriverBindings.CU_EVENT_DISABLE_TIMING()));
        return new Event(Scratch.readHandle(event));
    }

    @Override
    public void destroy(Event event) {
        check("cuEventDestroy_v2", DriverBindings.cuEventDestroy_v2(event.address()));
    }

    @Override
    public void record(Event event, Stream stream) {
        check("cuEventRecord", DriverBindings.cuEventRecord(event.address(), stream.address()));
    }

    @Override
    public void synchronize(Event event) {
        check("cuEventSynchronize", DriverBindings.cuEventSynchronize(event.address()));
    }

    @Override
    public boolean isDone(Event event) {
        return ready("cuEventQuery", DriverBindings.cuEventQuery(event.address()));
    }

    @Override
    public Module load(byte[] image) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment module = arena.allocate(ValueLayout.ADDRESS);
            MemorySegment code = arena.allocate(image.length, 16).copyFrom(MemorySegment.ofArray(image));
            check("cuModuleLoadData", DriverBindings.cuModuleLoadData(module, code));
            return new Module(Scratch.readHandle(module));
        }
    }

    @Override
    public void unload(Module module) {
        check("cuModuleUnload", DriverBindings.cuModuleUnload(module.address()));
    }

    @Override
    public Function function(Module module, String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment function = arena.allocate(ValueLayout.ADDRESS);
            check(
                    "cuModuleGetFunction " + name,
                    DriverBindings.cuModuleGetFunction(function, module.address(), arena.allocateFrom(name)));
            return new Function(Scratch.readHandle(function));
        }
    }

    @Override
    public void launch(
            Function function, Grid grid, Block block, int sharedBytes, Stream stream, KernelArguments arguments) {
        check(
                "cuLaunchKernel",
                DriverBindings.cuLaunchKernel(
                        function.address(),
                        grid.x(),
                        grid.y(),
                        grid.z(),
                        block.x(),
                        block.y(),
                        block.z(),
                        sharedBytes,
                        stream.address(),
                        arguments.pointers(),
                        MemorySegment.NULL));
    }

    @Override
    public void beginCapture(Stream stream) {
        check(
                "cuStreamBeginCapture_v2",
                DriverBindings.cuStreamBeginCapture_v2(
                        stream.address(), DriverBindings.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL()));
    }

    @Override
    public CaptureMode exchangeCaptureMode(CaptureMode mode) {
        MemorySegment code = Scratch.get();
        code.set(ValueLayout.JAVA_INT, 0, code(mode));
        check("cuThreadExchangeStreamCaptureMode", DriverBindings.cuThreadExchangeStreamCaptureMode(code));
        int before = Scratch.readInt(code);
        return before == code(CaptureMode.RELAXED)
                ? CaptureMode.RELAXED
                : before == code(CaptureMode.GLOBAL) ? CaptureMode.GLOBAL : CaptureMode.THREAD_LOCAL;
    }

    private static int code(CaptureMode mode) {
        return switch (mode) {
            case GLOBAL -> DriverBindings.CU_STREAM_CAPTURE_MODE_GLOBAL();
            case THREAD_LOCAL -> DriverBindings.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL();
            case RELAXED -> DriverBindings.CU_STREAM_CAPTURE_MODE_RELAXED();
        };
    }

    @Override
    public Graph endCapture(Stream stream) {
        MemorySegment graph = Scratch.get();
        check("cuStreamEndCapture", DriverBindings.cuStreamEndCapture(stream.address(), graph));
        return new Graph(Scratch.readHandle(graph));
    }

    @Override
    public CaptureStatus captureStatus(Stream stream) {
        MemorySegment status = Scratch.get();
        check("cuStreamIsCapturing", DriverBindings.cuStreamIsCapturing(stream.address(), status));
        int code = Scratch.readInt(status);
        if (code == DriverBindings.CU_STREAM_CAPTURE_STATUS_NONE()) {
            return CaptureStatus.NONE;
        }
        return code == DriverBindings.CU_STREAM_CAPTURE_STATUS_ACTIVE()
                ? CaptureStatus.ACTIVE
                : CaptureStatus.INVALIDATED;
    }

    @Override
    public GraphExec instantiate(Graph graph) {
        MemorySegment exec = Scratch.get();
        check(
                "cuGraphInstantiateWithFlags",
                DriverBindings.cuGraphInstantiateWithFlags(
                        exec, graph.address(), DriverBindings.CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH()));
        return new GraphExec(Scratch.readHandle(exec));
    }

    @Override
    public void launch(GraphExec graph, Stream stream) {
        check("cuGraphLaunch", DriverBindings.cuGraphLaunch(graph.address(), stream.address()));
    }

    @Override
    public void destroy(Graph graph) {
        check("cuGraphDestroy", DriverBindings.cuGraphDestroy(graph.address()));
    }

    @Override
    public void destroy(GraphExec graph) {
        check("cuGraphExecDestroy", DriverBindings.cuGraphExecDestroy(graph.address()));
    }
}
