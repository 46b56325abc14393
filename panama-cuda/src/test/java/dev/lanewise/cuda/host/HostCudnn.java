package dev.lanewise.cuda.host;

import dev.lanewise.cuda.api.CudaException;
import dev.lanewise.cuda.api.Cudnn;
import dev.lanewise.cuda.api.DataType;
import dev.lanewise.cuda.api.Driver;
import dev.lanewise.cuda.lib.Version;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.DoubleUnaryOperator;

/**
 * cuDNN's convolutions on host memory by plain loops that sum in double precision, for both orders of dimensions, and its
 * recurrent layers; what the backend does not use fails. The fastest algorithm that it offers goes through a transform and
 * is as inaccurate as that may be.
 */
public final class HostCudnn implements InvocationHandler {
    /** A size of states that the stand-in declines, as cuDNN declines some. */
    public static final int UNSUPPORTED_HIDDEN_SIZE = 31;

    private static final int IMPLICIT_GEMM = 1;
    private static final int WINOGRAD = 6;

    /** What transforms cost in accuracy. */
    private static final double TRANSFORMED = 1 + 1e-4;

    record Tensor4(DataType type, int[] sizes, int[] strides) {}

    private final AtomicLong next = new AtomicLong(0x1000);
    private final Map<Object, Object> alive = new ConcurrentHashMap<>();
    private final Map<Object, Driver.Stream> streams = new ConcurrentHashMap<>();
    private final BiConsumer<Driver.Stream, Runnable> queue;
    private final AtomicInteger measured = new AtomicInteger();
    private final HostRnns rnns = new HostRnns(this);
    private final HostFusion fusion = new HostFusion(this);

    /** Convolutions run when they are queued. */
    public HostCudnn() {
        this((stream, work) -> work.run());
    }

    /** With another way to queue a convolution. */
    public HostCudnn(BiConsumer<Driver.Stream, Runnable> queue) {
        this.queue = queue;
    }

    /** The library. */
    public Cudnn library() {
        return (Cudnn) Proxy.newProxyInstance(Cudnn.class.getClassLoader(), new Class<?>[] {Cudnn.class}, this);
    }

    /** How many handles have not been destroyed. */
    public int alive() {
        return alive.size();
    }

    /** How often a recurrent layer ran forward. */
    public int forwardPasses() {
        return rnns.forwardPasses();
    }

    /** Refuses recurrent layers of a type, as cuDNN does some, when they are described or at the first call. */
    public HostCudnn refusing(DataType type, boolean whenDescribed) {
        rnns.refuse(type, whenDescribed);
        return this;
    }

    /** Fails with a status where a recurrent layer is to run by another algorithm than the standard one. */
    public HostCudnn failingPersistent(String status, boolean whenDescribed) {
        rnns.failPersistent(status, whenDescribed);
        return this;
    }

    /** How often a convolution with its bias was queued. */
    public int fusedRuns() {
        return fusion.runs();
    }

    /** How often a plan for a convolution with its bias was asked for. */
    public int plansAsked() {
        return fusion.asked();
    }

    /** Refuses convolutions with a bias, when a plan is asked for or when one is run. */
    public HostCudnn refusingFusion(boolean whenPlanned) {
        fusion.refuse(whenPlanned);
        return this;
    }

    /** Fails with a status where a plan for a convolution with its bias is asked for. */
    public HostCudnn failingPlans(String status) {
        fusion.failPlanning(status);
        return this;
    }

    /** Lets ReLU behind a convolution make zeros of NaN, as the greater of a number and zero is for many instructions. */
    public HostCudnn losingNaN() {
        fusion.loseNaN();
        return this;
    }

    /** Queues work on a handle's stream. */
    void queue(Object handle, Runnable work) {
        state(handle);
        queue.accept(streams.get(handle), work);
    }

    /** Measuring waits for the device, and plans load code. */
    void notWhileRecording(Object handle) {
        AtomicBoolean ran = new AtomicBoolean();
        queue(handle, () -> ran.set(true));
        if (!ran.get()) {
            throw CudaException.failed("cuModuleLoadData", 900, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "");
        }
    }

    /** How often algorithms were measured. */
    public int measured() {
        return measured.get();
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) {
        return switch (method.getName()) {
            case "version" -> new Version(9, 24, 0);
            case "create" -> add(new Cudnn.Handle(address()), "handle");
            case "use" -> {
                state(arguments[0]);
                yield null;
            }
            case "setStream" -> {
                state(arguments[0]);
                streams.put(arguments[0], (Driver.Stream) arguments[1]);
                yield null;
            }
            case "destroy" -> {
                remove(arguments[0]);
                yield null;
            }
            case "fusedPlan", "run" -> fusion.invoke(method.getName(), arguments);
            case "createTensor" -> {
                Tensor4 tensor = new Tensor4((DataType) arguments[0], (int[]) arguments[1], (int[]) arguments[2]);
                yield add(new Cudnn.TensorDescriptor(address(), tensor.type), tensor);
            }
            case "createFilter" ->
                add(
                        new Cudnn.FilterDescriptor(address()),
                        filter((DataType) arguments[0], (Cudnn.Format) arguments[1], (int[]) arguments[2]));
            case "createConvolution" -> add(new Cudnn.ConvolutionDescriptor(address()), arguments[0]);
            case "algorithms" -> algorithms();
            case "measureAlgorithms" -> {
                notWhileRecording(arguments[0]);
                measured.incrementAndGet();
                yield algorithms();
            }
            case "convolve" -> {
                convolve(arguments);
                yield null;
            }
            case "createRnn",
                    "createRnnData",
                    "weightBytes",
                    "parameters",
                    "spaces",
                    "rnnForward",
                    "rnnBackwardData",
                    "rnnBackwardWeights" -> rnns.invoke(method.getName(), arguments);
            default -> throw new UnsupportedOperationException("the stand-in has no " + method.getName());
        };
    }

    private static List<Cudnn.ConvolutionAlgorithm> algorithms() {
        return List.of(
                new Cudnn.ConvolutionAlgorithm(WINOGRAD, 2048, true, true, 0, -1),
                new Cudnn.ConvolutionAlgorithm(IMPLICIT_GEMM, 2048, false, true, 0, -1));
    }

    static Tensor4 filter(DataType type, Cudnn.Format format, int[] sizes) {
        int c = sizes[1];
        int h = sizes[2];
        int w = sizes[3];
        int[] strides =
                format == Cudnn.Format.NCHW ? new int[] {c * h * w, h * w, w, 1} : new int[] {h * w * c, 1, w * c, c};
        return new Tensor4(type, sizes, strides);
    }

    MemorySegment address() {
        return MemorySegment.ofAddress(next.addAndGet(0x40));
    }

    Object add(Object handle, Object state) {
        alive.put(handle, state);
        return handle;
    }

    private void remove(Object handle) {
        state(handle);
        alive.remove(handle);
    }

    /** What a handle stands for. */
    Object state(Object handle) {
        Object state = alive.get(handle);
        if (state == null) {
            throw new AssertionError(handle + " is not alive");
        }
        return state;
    }

    /** handle, pass, alpha, x, w, convolution, algorithm, workspace, beta, y. */
    private void convolve(Object[] arguments) {
        state(arguments[0]);
        Cudnn.TensorRef xRef = (Cudnn.TensorRef) arguments[3];
        Cudnn.FilterRef wRef = (Cudnn.FilterRef) arguments[4];
        Cudnn.TensorRef yRef = (Cudnn.TensorRef) arguments[9];
        Cudnn.Workspace workspace = (Cudnn.Workspace) arguments[7];
        if (workspace.bytes() < 2048 || workspace.address() == 0 || (double) arguments[8] != 0) {
            throw CudaException.failed("cudnnConvolution", 2000, "CUDNN_STATUS_BAD_PARAM", "workspace");
        }
        Pass pass = new Pass(
                (Tensor4) state(xRef.descriptor()),
                (Tensor4) state(wRef.descriptor()),
                (Tensor4) state(yRef.descriptor()),
                (Cudnn.Convolution) state(arguments[5]),
                (int) arguments[6] == WINOGRAD ? TRANSFORMED : 1);
        Cudnn.ConvolutionPass direction = (Cudnn.ConvolutionPass) arguments[1];
        queue.accept(
                streams.get(arguments[0]), () -> pass.run(direction, xRef.address(), wRef.address(), yRef.address()));
    }

    /** One product of the sum: the numbers of the elements of input, filter and output that belong together. */
    private interface Term {
        void at(int x, int w, int y);
    }

    record Pass(Tensor4 x, Tensor4 w, Tensor4 y, Cudnn.Convolution convolution, double factor) {
        void run(Cudnn.ConvolutionPass direction, long input, long filter, long output) {
            switch (direction) {
                case FORWARD -> store(y, output, sums(input, filter));
                case BACKWARD_DATA -> backwardData(input, filter, output);
                case BACKWARD_FILTER -> backwardFilter(input, filter, output);
            }
        }

        /** The result with a bias and what follows it, rounded once. */
        void forward(long from, long filter, long bias, DoubleUnaryOperator activation, long to) {
            double[] sums = sums(from, filter);
            int plane = y.sizes[2] * y.sizes[3];
            for (int i = 0; i < sums.length; i++) {
                double sum = sums[i] + HostElements.get(y.type, bias, i / plane % y.sizes[1]);
                sums[i] = activation.applyAsDouble(sum);
            }
            store(y, to, sums);
        }

        private double[] sums(long from, long filter) {
            double[] sums = new double[elements(y)];
            double[] inputs = load(x, from);
            double[] weights = load(w, filter);
            terms((xi, wi, yi) -> sums[yi] += inputs[xi] * weights[wi]);
            return sums;
        }

        private void backwardData(long to, long filter, long from) {
            double[] sums = new double[elements(x)];
            double[] upstream = load(y, from);
            double[] weights = load(w, filter);
            terms((xi, wi, yi) -> sums[xi] += upstream[yi] * weights[wi]);
            store(x, to, sums);
        }

        private void backwardFilter(long input, long to, long from) {
            double[] sums = new double[elements(w)];
            double[] upstream = load(y, from);
            double[] inputs = load(x, input);
            terms((xi, wi, yi) -> sums[wi] += upstream[yi] * inputs[xi]);
            store(w, to, sums);
        }

        private void terms(Term term) {
            int perGroup = y.sizes[1] / convolution.groups();
            for (int n = 0; n < y.sizes[0]; n++) {
                for (int k = 0; k < y.sizes[1]; k++) {
                    int firstChannel = n * x.sizes[1] + k / perGroup * w.sizes[1];
                    for (int oh = 0; oh < y.sizes[2]; oh++) {
                        for (int ow = 0; ow < y.sizes[3]; ow++) {
                            window(term, firstChannel, k, oh, ow, element(y, n * y.sizes[1] + k, oh, ow));
                        }
                    }
                }
            }
        }

        /** Outside the input there is nothing to sum, whatever the channel. */
        private void window(Term term, int firstChannel, int k, int oh, int ow, int yi) {
            int channels = w.sizes[1];
            for (int r = 0; r < w.sizes[2]; r++) {
                int h = oh * convolution.stride().height()
                        - convolution.padding().height()
                        + r * convolution.dilation().height();
                for (int s = 0; s < w.sizes[3] && h >= 0 && h < x.sizes[2]; s++) {
                    int v = ow * convolution.stride().width()
                            - convolution.padding().width()
                            + s * convolution.dilation().width();
                    for (int c = 0; c < channels && v >= 0 && v < x.sizes[3]; c++) {
                        term.at(element(x, firstChannel + c, h, v), element(w, k * channels + c, r, s), yi);
                    }
                }
            }
        }

        private static int elements(Tensor4 tensor) {
            return tensor.sizes[0] * tensor.sizes[1] * tensor.sizes[2] * tensor.sizes[3];
        }

        /** The number of an element in row-major order; {@code plane} counts the planes of all images. */
        private static int element(Tensor4 tensor, int plane, int h, int w) {
            return (plane * tensor.sizes[2] + h) * tensor.sizes[3] + w;
        }

        /** Where an element lies, of its number in row-major order. */
        private static long offset(Tensor4 tensor, int element) {
            long offset = 0;
            int rest = element;
            for (int d = 3; d >= 0; d--) {
                offset += (long) (rest % tensor.sizes[d]) * tensor.strides[d];
                rest /= tensor.sizes[d];
            }
            return offset;
        }

        private static double[] load(Tensor4 tensor, long address) {
            double[] values = new double[elements(tensor)];
            for (int i = 0; i < values.length; i++) {
                values[i] = HostElements.get(tensor.type, address, offset(tensor, i));
            }
            return values;
        }

        private void store(Tensor4 tensor, long address, double[] values) {
            for (int i = 0; i < values.length; i++) {
                HostElements.set(tensor.type, address, offset(tensor, i), factor * values[i]);
            }
        }
    }
}
