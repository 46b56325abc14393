package dev.lanewise.cuda.api;

import dev.lanewise.cuda.api.Driver.CaptureMode;
import dev.lanewise.cuda.api.Driver.CaptureStatus;
import dev.lanewise.cuda.api.Driver.Event;
import dev.lanewise.cuda.api.Driver.Graph;
import dev.lanewise.cuda.api.Driver.GraphExec;
import dev.lanewise.cuda.api.Driver.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Graphs for a driver that has none: while a stream records, what is queued on it is written down, arguments and all, and
 * not run; launching the graph runs it. The rules are the driver's (CUDA Programming Guide, "Creating a Graph Using Stream
 * Capture"; Driver API, cuThreadExchangeStreamCaptureMode): what may not be done while a stream records fails with the
 * driver's status and spoils the recording.
 */
public final class HostGraphs implements InvocationHandler {
    private static final Set<String> QUEUED = Set.of("launch", "copyToDevice", "copyToHost", "copy", "fill8");

    /** What the driver calls potentially unsafe: a thread that records may do it in the relaxed mode only. */
    private static final Set<String> UNSAFE = Set.of(
            "allocate",
            "free",
            "allocatePinned",
            "freePinned",
            "createPool",
            "trim",
            "load",
            "unload",
            "synchronize",
            "isDone");

    /** Something queued. */
    private interface Call {
        void run() throws Throwable;
    }

    private static final class Capture {
        final Thread thread = Thread.currentThread();
        final List<Call> calls = new CopyOnWriteArrayList<>();
        final Set<Long> memory = ConcurrentHashMap.newKeySet();
        volatile boolean spoiled;
        volatile boolean unjoined;
    }

    private final Driver driver;
    private final Map<Long, Capture> captures = new ConcurrentHashMap<>();
    private final Map<Long, List<Call>> graphs = new ConcurrentHashMap<>();

    /** The capture that an event was recorded in last. */
    private final Map<Event, Capture> captured = new ConcurrentHashMap<>();

    @SuppressWarnings("ThreadLocalUsage") // one a driver, of which a test has few
    private final ThreadLocal<CaptureMode> mode = ThreadLocal.withInitial(() -> CaptureMode.GLOBAL);

    private final AtomicLong handles = new AtomicLong(1L << 40);

    /** Graphs for {@code driver}. */
    public HostGraphs(Driver driver) {
        this.driver = driver;
    }

    /** The driver with graphs. */
    public Driver driver() {
        return (Driver) Proxy.newProxyInstance(Driver.class.getClassLoader(), new Class<?>[] {Driver.class}, this);
    }

    /** Runs a library's work, or writes it down where {@code stream} records. */
    public void queue(Stream stream, Runnable work) {
        Capture capture = captures.get(address(stream));
        if (capture == null) {
            work.run();
        } else {
            capture.calls.add(work::run);
        }
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
        Object first = arguments == null ? null : arguments[0];
        return switch (method.getName()) {
            case "beginCapture" -> begin((Stream) first);
            case "endCapture" -> end((Stream) first);
            case "captureStatus" -> status(captures.get(address((Stream) first)));
            case "exchangeCaptureMode" -> {
                CaptureMode before = mode.get();
                mode.set((CaptureMode) first);
                yield before;
            }
            case "instantiate" -> instantiate((Graph) first);
            default ->
                first instanceof Graph || first instanceof GraphExec
                        ? onGraph(method.getName(), first)
                        : queueOrRun(method, arguments, first);
        };
    }

    private static CaptureStatus status(Capture capture) {
        return capture == null
                ? CaptureStatus.NONE
                : capture.spoiled ? CaptureStatus.INVALIDATED : CaptureStatus.ACTIVE;
    }

    private Object begin(Stream stream) {
        captures.put(address(stream), new Capture());
        return null;
    }

    private Graph end(Stream stream) {
        Capture capture = captures.get(address(stream));
        if (!capture.thread.equals(Thread.currentThread())) {
            throw failed("endCapture", 908, "CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD");
        }
        captures.values().removeIf(capture::equals);
        if (capture.spoiled) {
            throw failed("endCapture", 901, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED");
        }
        if (capture.unjoined) {
            throw failed("endCapture", 904, "CUDA_ERROR_STREAM_CAPTURE_UNJOINED");
        }
        Graph graph = new Graph(handle());
        graphs.put(graph.address().address(), capture.calls);
        return graph;
    }

    private GraphExec instantiate(Graph graph) {
        GraphExec exec = new GraphExec(handle());
        graphs.put(exec.address().address(), calls(graph.address()));
        return exec;
    }

    private Object onGraph(String method, Object graph) throws Throwable {
        MemorySegment handle = graph instanceof GraphExec exec ? exec.address() : ((Graph) graph).address();
        List<Call> calls = calls(handle);
        if (method.equals("destroy")) {
            graphs.remove(handle.address());
            return null;
        }
        for (Call call : calls) {
            call.run();
        }
        return null;
    }

    private Object queueOrRun(Method method, Object[] arguments, Object first) throws Throwable {
        String name = method.getName();
        Stream stream = stream(arguments);
        Capture capture = stream == null ? null : captures.get(address(stream));
        if (capture != null && !name.equals("destroy")) {
            return onCapture(capture, method, arguments);
        }
        if (first instanceof Event event) {
            onEvent(name, event);
        }
        if (UNSAFE.contains(name) && mode.get() != CaptureMode.RELAXED) {
            for (Capture each : captures.values()) {
                if (each.thread.equals(Thread.currentThread())) {
                    each.spoiled = true;
                    throw failed(name, 900, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED");
                }
            }
        }
        return run(method, arguments);
    }

    /** What is asked of a stream that records. */
    private Object onCapture(Capture capture, Method method, Object[] arguments) throws Throwable {
        String name = method.getName();
        if (capture.spoiled) {
            throw failed(name, 901, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED");
        }
        if (QUEUED.contains(name)) {
            Object[] kept = kept(arguments);
            capture.calls.add(() -> run(method, kept));
            return null;
        }
        return switch (name) {
            case "allocate" -> {
                // of the graph: nothing else may use or free it
                long address = (long) run(method, arguments);
                capture.memory.add(address);
                yield address;
            }
            case "free" -> {
                if (!capture.memory.remove((long) arguments[0])) {
                    throw spoil(capture, name, 1, "CUDA_ERROR_INVALID_VALUE");
                }
                yield run(method, arguments);
            }
            case "record" -> {
                captured.put((Event) arguments[0], capture);
                yield null;
            }
            case "await" -> {
                if (!capture.equals(captured.get((Event) arguments[1]))) {
                    throw spoil(capture, name, 905, "CUDA_ERROR_STREAM_CAPTURE_ISOLATION");
                }
                yield null;
            }
            default -> throw spoil(capture, name, 900, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED");
        };
    }

    private void onEvent(String name, Event event) {
        Capture capture = captured.get(event);
        if (name.equals("record")) {
            captured.remove(event);
        } else if (capture != null && captures.containsValue(capture) && !name.equals("destroy")) {
            throw spoil(capture, name, 907, "CUDA_ERROR_CAPTURED_EVENT");
        }
    }

    private static CudaException spoil(Capture capture, String call, int status, String name) {
        capture.spoiled = true;
        return failed(call, status, name);
    }

    private static CudaException failed(String call, int status, String name) {
        return CudaException.failed(call, status, name, "while a stream records");
    }

    private Object run(Method method, Object[] arguments) throws Throwable {
        if (method.getName().equals("await")) {
            Capture capture = captured.get((Event) arguments[1]);
            if (capture != null && captures.containsValue(capture)) {
                // the stream joins the recording, and never leaves it
                capture.unjoined = true;
                captures.put(address((Stream) arguments[0]), capture);
                return null;
            }
        }
        try {
            return method.invoke(driver, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static Stream stream(Object[] arguments) {
        return arguments == null
                ? null
                : (Stream) Arrays.stream(arguments)
                        .filter(Stream.class::isInstance)
                        .findFirst()
                        .orElse(null);
    }

    private List<Call> calls(MemorySegment handle) {
        List<Call> calls = graphs.get(handle.address());
        if (calls == null) {
            throw new AssertionError("graph " + handle + " is not alive");
        }
        return calls;
    }

    private static long address(Stream stream) {
        return stream.address().address();
    }

    private MemorySegment handle() {
        return MemorySegment.ofAddress(handles.incrementAndGet());
    }

    /** The arguments with a copy of the kernel's, whose area the next launch uses again. */
    private static Object[] kept(Object[] arguments) {
        return Arrays.stream(arguments)
                .map(argument -> argument instanceof KernelArguments kernel ? copy(kernel) : argument)
                .toArray();
    }

    private static KernelArguments copy(KernelArguments arguments) {
        KernelArguments copy = new KernelArguments(Arena.ofAuto());
        MemorySegment values = copy.struct(arguments.values().byteSize());
        values.copyFrom(arguments.values());
        for (int i = 0; i < arguments.count(); i++) {
            long offset = arguments.value(i).address() - arguments.values().address();
            copy.pointers().setAtIndex(ValueLayout.JAVA_LONG, i, values.address() + offset);
        }
        return copy;
    }
}
