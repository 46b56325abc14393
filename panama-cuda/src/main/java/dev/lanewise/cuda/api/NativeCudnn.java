package dev.lanewise.cuda.api;

import static dev.lanewise.cuda.api.CudnnStatus.at;
import static dev.lanewise.cuda.api.CudnnStatus.check;

import dev.lanewise.cuda.api.CudnnStatus.Scales;
import dev.lanewise.cuda.generated.cudnn.CudnnBindings;
import dev.lanewise.cuda.lib.NativeLibrary;
import dev.lanewise.cuda.lib.Version;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** {@link Cudnn} on the generated bindings. */
final class NativeCudnn extends NativeCudnnRnn implements Cudnn {
    NativeCudnn() {}

    @Override
    public Version version() {
        return Libraries.require(NativeLibrary.CUDNN).version();
    }

    @Override
    public Handle create() {
        MemorySegment handle = Scratch.get();
        check("cudnnCreate", CudnnBindings.cudnnCreate(handle));
        return new Handle(Scratch.readHandle(handle));
    }

    @Override
    public void destroy(Handle handle) {
        check("cudnnDestroy", CudnnBindings.cudnnDestroy(handle.address()));
    }

    @Override
    public void setStream(Handle handle, Driver.Stream stream) {
        check("cudnnSetStream", CudnnBindings.cudnnSetStream(handle.address(), stream.address()));
    }

    static TensorDescriptor newTensor(DataType type) {
        MemorySegment tensor = Scratch.get();
        check("cudnnCreateTensorDescriptor", CudnnBindings.cudnnCreateTensorDescriptor(tensor));
        return new TensorDescriptor(Scratch.readHandle(tensor), type);
    }

    @Override
    public TensorDescriptor createTensor(DataType type, int[] sizes, int[] strides) {
        TensorDescriptor tensor = newTensor(type);
        try (Arena arena = Arena.ofConfined()) {
            check(
                    "cudnnSetTensorNdDescriptor",
                    CudnnBindings.cudnnSetTensorNdDescriptor(
                            tensor.address(),
                            type.cudnnCode(),
                            sizes.length,
                            ints(arena, sizes),
                            ints(arena, strides)));
            return tensor;
        } catch (CudaException e) {
            destroy(tensor);
            throw e;
        }
    }

    private static MemorySegment ints(Arena arena, int[] values) {
        return arena.allocateFrom(ValueLayout.JAVA_INT, values);
    }

    @Override
    public long bytes(TensorDescriptor tensor) {
        MemorySegment bytes = Scratch.get();
        check("cudnnGetTensorSizeInBytes", CudnnBindings.cudnnGetTensorSizeInBytes(tensor.address(), bytes));
        return Scratch.readLong(bytes);
    }

    @Override
    public TensorDescriptor createBatchNormTensor(TensorDescriptor input) {
        // cuDNN keeps scale and statistics of 16-bit inputs in single precision.
        DataType type = input.type() == DataType.F64 ? DataType.F64 : DataType.F32;
        TensorDescriptor tensor = newTensor(type);
        try {
            check(
                    "cudnnDeriveBNTensorDescriptor",
                    CudnnBindings.cudnnDeriveBNTensorDescriptor(
                            tensor.address(), input.address(), CudnnBindings.CUDNN_BATCHNORM_SPATIAL()));
            return tensor;
        } catch (CudaException e) {
            destroy(tensor);
            throw e;
        }
    }

    @Override
    public void destroy(TensorDescriptor tensor) {
        destroyTensor(tensor);
    }

    static void destroyTensor(TensorDescriptor tensor) {
        check("cudnnDestroyTensorDescriptor", CudnnBindings.cudnnDestroyTensorDescriptor(tensor.address()));
    }

    @Override
    public FilterDescriptor createFilter(DataType type, Format format, int[] sizes) {
        MemorySegment scratch = Scratch.get();
        check("cudnnCreateFilterDescriptor", CudnnBindings.cudnnCreateFilterDescriptor(scratch));
        FilterDescriptor filter = new FilterDescriptor(Scratch.readHandle(scratch));
        int layout = switch (format) {
            case NCHW -> CudnnBindings.CUDNN_TENSOR_NCHW();
            case NHWC -> CudnnBindings.CUDNN_TENSOR_NHWC();
        };
        try (Arena arena = Arena.ofConfined()) {
            check(
                    "cudnnSetFilterNdDescriptor",
                    CudnnBindings.cudnnSetFilterNdDescriptor(
                            filter.address(), type.cudnnCode(), layout, sizes.length, ints(arena, sizes)));
            return filter;
        } catch (CudaException e) {
            destroy(filter);
            throw e;
        }
    }

    @Override
    public void destroy(FilterDescriptor filter) {
        check("cudnnDestroyFilterDescriptor", CudnnBindings.cudnnDestroyFilterDescriptor(filter.address()));
    }

    @Override
    public ConvolutionDescriptor createConvolution(Convolution convolution, DataType compute, MathType mathType) {
        MemorySegment scratch = Scratch.get();
        check("cudnnCreateConvolutionDescriptor", CudnnBindings.cudnnCreateConvolutionDescriptor(scratch));
        ConvolutionDescriptor descriptor = new ConvolutionDescriptor(Scratch.readHandle(scratch));
        try {
            set(descriptor, convolution, compute);
            setMathType(descriptor, code(mathType));
            return descriptor;
        } catch (CudaException e) {
            destroy(descriptor);
            throw e;
        }
    }

    static int code(MathType mathType) {
        return switch (mathType) {
            case FMA -> CudnnBindings.CUDNN_FMA_MATH();
            case TF32 -> CudnnBindings.CUDNN_DEFAULT_MATH();
            case TENSOR_CORES -> CudnnBindings.CUDNN_TENSOR_OP_MATH();
        };
    }

    private static void set(ConvolutionDescriptor descriptor, Convolution convolution, DataType compute) {
        check(
                "cudnnSetConvolution2dDescriptor",
                CudnnBindings.cudnnSetConvolution2dDescriptor(
                        descriptor.address(),
                        convolution.padding().height(),
                        convolution.padding().width(),
                        convolution.stride().height(),
                        convolution.stride().width(),
                        convolution.dilation().height(),
                        convolution.dilation().width(),
                        CudnnBindings.CUDNN_CROSS_CORRELATION(),
                        compute.cudnnCode()));
        check(
                "cudnnSetConvolutionGroupCount",
                CudnnBindings.cudnnSetConvolutionGroupCount(descriptor.address(), convolution.groups()));
    }

    private static void setMathType(ConvolutionDescriptor convolution, int mathType) {
        check(
                "cudnnSetConvolutionMathType",
                CudnnBindings.cudnnSetConvolutionMathType(convolution.address(), mathType));
    }

    @Override
    public void use(ConvolutionDescriptor convolution, ConvolutionAlgorithm algorithm) {
        setMathType(convolution, algorithm.mathType());
    }

    @Override
    public void destroy(ConvolutionDescriptor convolution) {
        check(
                "cudnnDestroyConvolutionDescriptor",
                CudnnBindings.cudnnDestroyConvolutionDescriptor(convolution.address()));
    }

    @Override
    public List<ConvolutionAlgorithm> algorithms(
            Handle handle,
            ConvolutionPass pass,
            TensorDescriptor x,
            FilterDescriptor w,
            ConvolutionDescriptor convolution,
            TensorDescriptor y,
            int count) {
        return CudnnConvolutions.algorithms(handle, pass, x, w, convolution, y, count);
    }

    @Override
    public List<ConvolutionAlgorithm> measureAlgorithms(
            Handle handle,
            ConvolutionPass pass,
            TensorRef x,
            FilterRef w,
            ConvolutionDescriptor convolution,
            TensorRef y,
            Workspace workspace,
            int count) {
        return CudnnConvolutions.measure(handle, pass, x, w, convolution, y, workspace, count);
    }

    @Override
    public void convolve(
            Handle handle,
            ConvolutionPass pass,
            double alpha,
            TensorRef x,
            FilterRef w,
            ConvolutionDescriptor convolution,
            int algorithm,
            Workspace workspace,
            double beta,
            TensorRef y) {
        CudnnConvolutions.convolve(handle, pass, alpha, x, w, convolution, algorithm, workspace, beta, y);
    }

    @Override
    public void convolveBiasActivation(
            Handle handle,
            TensorRef x,
            FilterRef w,
            ConvolutionDescriptor convolution,
            int algorithm,
            Workspace workspace,
            TensorRef bias,
            ActivationDescriptor activation,
            TensorRef y) {
        // The third operand, scaled by beta = 0, has to be there all the same; the output stands in for it.
        Scales scales = Scales.of(x.descriptor(), 1, 0);
        check(
                "cudnnConvolutionBiasActivationForward",
                CudnnBindings.cudnnConvolutionBiasActivationForward(
                        handle.address(),
                        scales.alpha(),
                        x.descriptor().address(),
                        at(x.address()),
                        w.descriptor().address(),
                        at(w.address()),
                        convolution.address(),
                        algorithm,
                        at(workspace.address()),
                        workspace.bytes(),
                        scales.beta(),
                        y.descriptor().address(),
                        at(y.address()),
                        bias.descriptor().address(),
                        at(bias.address()),
                        activation.address(),
                        y.descriptor().address(),
                        at(y.address())));
    }

    @Override
    public void convolutionBiasGradient(Handle handle, double alpha, TensorRef dy, double beta, TensorRef db) {
        Scales scales = Scales.of(dy.descriptor(), alpha, beta);
        check(
                "cudnnConvolutionBackwardBias",
                CudnnBindings.cudnnConvolutionBackwardBias(
                        handle.address(),
                        scales.alpha(),
                        dy.descriptor().address(),
                        at(dy.address()),
                        scales.beta(),
                        db.descriptor().address(),
                        at(db.address())));
    }

    @Override
    public PoolingDescriptor createPooling(Pooling pooling, Extent window, Extent padding, Extent stride) {
        MemorySegment scratch = Scratch.get();
        check("cudnnCreatePoolingDescriptor", CudnnBindings.cudnnCreatePoolingDescriptor(scratch));
        PoolingDescriptor descriptor = new PoolingDescriptor(Scratch.readHandle(scratch));
        // The deterministic maximum gives the same gradient every time and costs nothing measurable.
        int mode = switch (pooling) {
            case MAX -> CudnnBindings.CUDNN_POOLING_MAX_DETERMINISTIC();
            case AVERAGE_WITH_PADDING -> CudnnBindings.CUDNN_POOLING_AVERAGE_COUNT_INCLUDE_PADDING();
            case AVERAGE_WITHOUT_PADDING -> CudnnBindings.CUDNN_POOLING_AVERAGE_COUNT_EXCLUDE_PADDING();
        };
        try {
            check(
                    "cudnnSetPooling2dDescriptor",
                    CudnnBindings.cudnnSetPooling2dDescriptor(
                            descriptor.address(),
                            mode,
                            CudnnBindings.CUDNN_PROPAGATE_NAN(),
                            window.height(),
                            window.width(),
                            padding.height(),
                            padding.width(),
                            stride.height(),
                            stride.width()));
            return descriptor;
        } catch (CudaException e) {
            destroy(descriptor);
            throw e;
        }
    }

    @Override
    public void destroy(PoolingDescriptor pooling) {
        check("cudnnDestroyPoolingDescriptor", CudnnBindings.cudnnDestroyPoolingDescriptor(pooling.address()));
    }

    @Override
    public void pool(Handle handle, PoolingDescriptor pooling, double alpha, TensorRef x, double beta, TensorRef y) {
        Scales scales = Scales.of(x.descriptor(), alpha, beta);
        check(
                "cudnnPoolingForward",
                CudnnBindings.cudnnPoolingForward(
                        handle.address(),
                        pooling.address(),
                        scales.alpha(),
                        x.descriptor().address(),
                        at(x.address()),
                        scales.beta(),
                        y.descriptor().address(),
                        at(y.address())));
    }

    @Override
    public void poolGradient(
            Handle handle,
            PoolingDescriptor pooling,
            double alpha,
            TensorRef y,
            TensorRef dy,
            TensorRef x,
            double beta,
            TensorRef dx) {
        Scales scales = Scales.of(x.descriptor(), alpha, beta);
        check(
                "cudnnPoolingBackward",
                CudnnBindings.cudnnPoolingBackward(
                        handle.address(),
                        pooling.address(),
                        scales.alpha(),
                        y.descriptor().address(),
                        at(y.address()),
                        dy.descriptor().address(),
                        at(dy.address()),
                        x.descriptor().address(),
                        at(x.address()),
                        scales.beta(),
                        dx.descriptor().address(),
                        at(dx.address())));
    }

    @Override
    public ActivationDescriptor createActivation(Activation activation) {
        MemorySegment scratch = Scratch.get();
        check("cudnnCreateActivationDescriptor", CudnnBindings.cudnnCreateActivationDescriptor(scratch));
        ActivationDescriptor descriptor = new ActivationDescriptor(Scratch.readHandle(scratch));
        int mode = switch (activation) {
            case SIGMOID -> CudnnBindings.CUDNN_ACTIVATION_SIGMOID();
            case RELU -> CudnnBindings.CUDNN_ACTIVATION_RELU();
            case TANH -> CudnnBindings.CUDNN_ACTIVATION_TANH();
            case IDENTITY -> CudnnBindings.CUDNN_ACTIVATION_IDENTITY();
        };
        try {
            check(
                    "cudnnSetActivationDescriptor",
                    CudnnBindings.cudnnSetActivationDescriptor(
                            descriptor.address(), mode, CudnnBindings.CUDNN_PROPAGATE_NAN(), 0.0));
            return descriptor;
        } catch (CudaException e) {
            destroy(descriptor);
            throw e;
        }
    }

    @Override
    public void destroy(ActivationDescriptor activation) {
        check("cudnnDestroyActivationDescriptor", CudnnBindings.cudnnDestroyActivationDescriptor(activation.address()));
    }

    @Override
    public void activate(
            Handle handle, ActivationDescriptor activation, double alpha, TensorRef x, double beta, TensorRef y) {
        CudnnPointwise.activate(handle, activation, alpha, x, beta, y);
    }

    @Override
    public void activateGradient(
            Handle handle,
            ActivationDescriptor activation,
            double alpha,
            TensorRef y,
            TensorRef dy,
            TensorRef x,
            double beta,
            TensorRef dx) {
        CudnnPointwise.activateGradient(handle, activation, alpha, y, dy, x, beta, dx);
    }

    @Override
    public void softmax(Handle handle, boolean logarithm, double alpha, TensorRef x, double beta, TensorRef y) {
        CudnnPointwise.softmax(handle, logarithm, alpha, x, beta, y);
    }

    @Override
    public void softmaxGradient(
            Handle handle, boolean logarithm, double alpha, TensorRef y, TensorRef dy, double beta, TensorRef dx) {
        CudnnPointwise.softmaxGradient(handle, logarithm, alpha, y, dy, beta, dx);
    }

    @Override
    public void batchNormTraining(
            Handle handle,
            TensorRef x,
            TensorRef y,
            ScaleBias scaleBias,
            double momentum,
            Statistics running,
            double epsilon,
            Statistics saved) {
        CudnnBatchNorm.training(handle, x, y, scaleBias, momentum, running, epsilon, saved);
    }

    @Override
    public void batchNormInference(
            Handle handle, TensorRef x, TensorRef y, ScaleBias scaleBias, Statistics estimated, double epsilon) {
        CudnnBatchNorm.inference(handle, x, y, scaleBias, estimated, epsilon);
    }

    @Override
    public void batchNormGradient(
            Handle handle,
            TensorRef x,
            TensorRef dy,
            TensorRef dx,
            ScaleBias scaleBias,
            ScaleBias gradients,
            double epsilon,
            Statistics saved) {
        CudnnBatchNorm.gradient(handle, x, dy, dx, scaleBias, gradients, epsilon, saved);
    }
}
