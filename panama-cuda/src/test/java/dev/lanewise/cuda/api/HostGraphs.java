package dev.lanewise.cuda.api;

import dev.lanewise.cuda.api.Driver.CaptureStatus;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Graphs for a driver that has none: while a stream records, what is queued on it is written down, arguments and all, and
 * not run; launching the graph runs it. What a driver refuses while it records is refused here too.
 */
public final class HostGraphs implements InvocationHandler {
    private static final Set<String> QUEUED =
            Set.of("launch", "copyToDevice", "copyToHost", "copy", "fill8", "fill16", "fill32");
    private static final Set<String> REFUSED = Set.of("synchronize", "isDone", "trim", "allocatePinned", "load");

    /** Something queued. */
    private interface Call {
        void run() throws Throwable;
    }

    private final Driver driver;
    private final Map<Long, List<Call>> recordings = new ConcurrentHashMap<>();
    private final Map<Long, List<Call>> graphs = new ConcurrentHashMap<>();

    @SuppressWarnings("ThreadLocalUsage") // one a driver, of which a test has few
    private final ThreadLocal<Boolean> recording = ThreadLocal.withInitial(() -> false);

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
        List<Call> recorded = recordings.get(address(stream));
        if (recorded == null) {
            work.run();
        } else {
            recorded.add(work::run);
        }
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
        Object first = arguments == null ? null : arguments[0];
        return switch (method.getName()) {
            case "beginCapture" -> begin((Stream) first);
            case "endCapture" -> end((Stream) first);
            case "captureStatus" ->
                recordings.containsKey(address((Stream) first)) ? CaptureStatus.ACTIVE : CaptureStatus.NONE;
            case "nodeCount" -> (long) calls(((Graph) first).address()).size();
            case "instantiate" -> instantiate((Graph) first);
            default -> queueOrRun(method, arguments, first);
        };
    }

    private Object begin(Stream stream) {
        recordings.put(address(stream), new ArrayList<>());
        recording.set(true);
        return null;
    }

    private Graph end(Stream stream) {
        recording.set(false);
        Graph graph = new Graph(handle());
        graphs.put(graph.address().address(), recordings.remove(address(stream)));
        return graph;
    }

    private GraphExec instantiate(Graph graph) {
        GraphExec exec = new GraphExec(handle());
        graphs.put(exec.address().address(), calls(graph.address()));
        return exec;
    }

    private Object queueOrRun(Method method, Object[] arguments, Object first) throws Throwable {
        if (first instanceof GraphExec exec) {
            if (method.getName().equals("destroy")) {
                graphs.remove(exec.address().address());
                return null;
            }
            for (Call call : calls(exec.address())) {
                call.run();
            }
            return null;
        }
        if (first instanceof Graph graph) {
            graphs.remove(graph.address().address());
            return null;
        }
        if (QUEUED.contains(method.getName())) {
            List<Call> recorded = recordings.get(address(stream(arguments)));
            if (recorded != null) {
                Object[] kept = kept(arguments);
                recorded.add(() -> run(method, kept));
                return null;
            }
        }
        if (recording.get() && REFUSED.contains(method.getName())) {
            throw CudaException.failed(
                    method.getName(), 900, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "while a stream records");
        }
        return run(method, arguments);
    }

    private Object run(Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(driver, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static Stream stream(Object[] arguments) {
        return (Stream) Arrays.stream(arguments)
                .filter(Stream.class::isInstance)
                .findFirst()
                .orElseThrow();
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
