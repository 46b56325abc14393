package dev.lanewise.cuda.api;

import dev.lanewise.cuda.lib.NativeLibrary;
import dev.lanewise.cuda.lib.Version;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * cuDNN: convolution and recurrent networks by its legacy interface, convolution with a bias by its graphs. Every method throws {@link CudaException} where the
 * library reports an error. Where a method takes alpha and beta, it computes {@code y = alpha * result + beta * y}.
 */
public interface Cudnn extends CudnnRnn, CudnnFusion {
    /** A library context, used by one thread at a time. */
    record Handle(MemorySegment address) {}

    /** A tensor's type, sizes and strides. */
    record TensorDescriptor(MemorySegment address, DataType type) {}

    /** A filter's type, layout and sizes. */
    record FilterDescriptor(MemorySegment address) {}

    /** A convolution's padding, strides, dilation and groups. */
    record ConvolutionDescriptor(MemorySegment address) {}

    /** A tensor in device memory. */
    record TensorRef(TensorDescriptor descriptor, long address) {}

    /** A filter in device memory. */
    record FilterRef(FilterDescriptor descriptor, long address) {}

    /** Device memory to work in. */
    record Workspace(long address, long bytes) {}

    /** The order of a tensor's or filter's dimensions in memory. */
    enum Format {
        /** Batch, channels, height, width. */
        NCHW,
        /** Batch, height, width, channels: what tensor cores read best. */
        NHWC
    }

    /** Which multiply-adds a convolution or a recurrent network may use. */
    enum MathType {
        /** Plain single precision: no tensor cores for F32. */
        FMA,
        /** F32 operands rounded to TF32 on tensor cores. */
        TF32,
        /** Tensor cores for F16 and BF16 operands. */
        TENSOR_CORES
    }

    /** The direction of a convolution. */
    enum ConvolutionPass {
        /** The output, of input and filter. */
        FORWARD,
        /** The gradient of the input, of filter and output gradient. */
        BACKWARD_DATA,
        /** The gradient of the filter, of input and output gradient. */
        BACKWARD_FILTER
    }

    /**
     * A way to convolve.
     *
     * @param algorithm the library's number for it, of the pass it was asked for
     * @param workspaceBytes the device memory it needs
     * @param transforms whether it convolves by Winograd's or Fourier's transform, whose results are less accurate
     * @param deterministic whether it gives the same bits every time
     * @param mathType the multiply-adds it uses
     * @param millis the time it took, or -1 where it was not measured
     */
    record ConvolutionAlgorithm(
            int algorithm,
            long workspaceBytes,
            boolean transforms,
            boolean deterministic,
            int mathType,
            float millis) {}

    /** A number for each spatial dimension. */
    record Extent(int height, int width) {}

    /**
     * A 2-d convolution's attributes.
     *
     * @param padding zeros around the input
     * @param stride steps of the window
     * @param dilation distance between the filter's elements
     * @param groups the number of groups that the channels are divided into
     */
    record Convolution(Extent padding, Extent stride, Extent dilation, int groups) {}

    /** cuDNN of this machine. */
    static Cudnn open() {
        Libraries.require(NativeLibrary.CUDNN);
        return new NativeCudnn();
    }

    /** The library's version. */
    Version version();

    /** A context on the current device. */
    Handle create();

    /** Destroys a context. */
    void destroy(Handle handle);

    /** Queues the context's work on {@code stream} from here on. */
    void setStream(Handle handle, Driver.Stream stream);

    /** A tensor of any strides; 4 dimensions (batch, channels, height, width) or 5. */
    TensorDescriptor createTensor(DataType type, int[] sizes, int[] strides);

    /** Destroys a tensor's descriptor. */
    void destroy(TensorDescriptor tensor);

    /** A dense filter: output channels, input channels of one group, height, width. */
    FilterDescriptor createFilter(DataType type, Format format, int[] sizes);

    /** Destroys a filter's descriptor. */
    void destroy(FilterDescriptor filter);

    /** A cross-correlation, as deep learning calls convolution, that sums in {@code compute}. */
    ConvolutionDescriptor createConvolution(Convolution convolution, DataType compute, MathType mathType);

    /** Makes a convolution use the multiply-adds that {@code algorithm} was found with. */
    void use(ConvolutionDescriptor convolution, ConvolutionAlgorithm algorithm);

    /** Destroys a convolution's descriptor. */
    void destroy(ConvolutionDescriptor convolution);

    /**
     * Up to {@code count} algorithms that can do a pass, the one expected to be fastest first; not measured.
     *
     * @param x the input, or its gradient
     * @param w the filter, or its gradient
     * @param y the output, or its gradient
     */
    List<ConvolutionAlgorithm> algorithms(
            Handle handle,
            ConvolutionPass pass,
            TensorDescriptor x,
            FilterDescriptor w,
            ConvolutionDescriptor convolution,
            TensorDescriptor y,
            int count);

    /** Like {@link #algorithms}, measured on the operands given; the pass's result is overwritten. */
    List<ConvolutionAlgorithm> measureAlgorithms(
            Handle handle,
            ConvolutionPass pass,
            TensorRef x,
            FilterRef w,
            ConvolutionDescriptor convolution,
            TensorRef y,
            Workspace workspace,
            int count);

    /** Queues one pass of a convolution; {@code algorithm} is one found for this pass. */
    void convolve(
            Handle handle,
            ConvolutionPass pass,
            double alpha,
            TensorRef x,
            FilterRef w,
            ConvolutionDescriptor convolution,
            int algorithm,
            Workspace workspace,
            double beta,
            TensorRef y);
}
