package dev.lanewise.cuda.api;

import static dev.lanewise.cuda.api.CudnnStatus.check;

import dev.lanewise.cuda.generated.cudnn.CudnnBindings;
import dev.lanewise.cuda.lib.NativeLibrary;
import dev.lanewise.cuda.lib.Version;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;

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
    public Optional<FusedPlan> fusedPlan(
            Handle handle, BiasedConvolution convolution, boolean relu, PlanLimits limits) {
        return CudnnFusedConvolutions.plan(handle, convolution, relu, limits);
    }

    @Override
    public void run(Handle handle, FusedPlan plan, FusedOperands operands, Workspace workspace) {
        CudnnFusedConvolutions.run(handle, plan, operands, workspace);
    }

    @Override
    public void destroy(FusedPlan plan) {
        CudnnFusedConvolutions.destroy(plan);
    }
}
