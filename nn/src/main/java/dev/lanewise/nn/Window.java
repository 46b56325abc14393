package dev.lanewise.nn;

import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.conv.PoolingWindow;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a convolution or a pooling of any rank sees at once, and how it moves. Each property is one number for all
 * dimensions, or one number for each: {@code [height, width]}, or {@code [length]}.
 *
 * <pre>{@code
 * new Conv2d(3, 64, Window.of(7).stride(2).padding(3))
 * new Conv2d(16, 16, Window.of(3, 5).padding(2, 4).dilation(2), 4, false, rng)   // four groups, no bias
 * new Conv1d(8, 8, Window.of(3).padding(1))
 * new ConvTranspose2d(16, 8, Window.of(4).stride(2).padding(1))
 * new MaxPool2d(Window.of(3).stride(2).padding(1).ceil())
 * }</pre>
 *
 * @param kernel its size
 * @param stride the distance of two of its places; if empty, 1 for convolutions and the kernel's size for poolings
 * @param padding how much is added on each side
 * @param dilation the distance of two elements that it sees; for convolutions
 * @param outputPadding how much is added to the result on one side, less than the stride; for transposed convolutions
 * @param ceilMode whether a last place that is partly outside counts; for poolings
 */
public record Window(
        List<Integer> kernel,
        List<Integer> stride,
        List<Integer> padding,
        List<Integer> dilation,
        List<Integer> outputPadding,
        boolean ceilMode) {
    private static final List<Integer> ZERO = List.of(0);
    private static final List<Integer> ONE = List.of(1);

    /** Checks the numbers. */
    public Window {
        kernel = checked("kernel", kernel, 1);
        stride = stride.isEmpty() ? List.of() : checked("stride", stride, 1);
        padding = checked("padding", padding, 0);
        dilation = checked("dilation", dilation, 1);
        outputPadding = checked("output padding", outputPadding, 0);
    }

    private static List<Integer> checked(String what, List<Integer> numbers, int least) {
        if (numbers.isEmpty() || numbers.stream().anyMatch(number -> number < least)) {
            throw new TensorException("window: " + what + " " + numbers + " (expected numbers of " + least
                    + " or more, one for all dimensions or one for each); check them");
        }
        return List.copyOf(numbers);
    }

    /** A window without padding that moves by 1 in convolutions, and by its size in poolings. */
    public static Window of(int... kernel) {
        return new Window(list(kernel), List.of(), ZERO, ONE, ZERO, false);
    }

    /** The same, moving by other distances. */
    public Window stride(int... newStride) {
        return new Window(kernel, list(newStride), padding, dilation, outputPadding, ceilMode);
    }

    /** The same with other amounts added on each side. */
    public Window padding(int... newPadding) {
        return new Window(kernel, stride, list(newPadding), dilation, outputPadding, ceilMode);
    }

    /** The same with other distances of elements; for convolutions. */
    public Window dilation(int... newDilation) {
        return new Window(kernel, stride, padding, list(newDilation), outputPadding, ceilMode);
    }

    /** The same with other amounts added to the result on one side; for transposed convolutions. */
    public Window outputPadding(int... newOutputPadding) {
        return new Window(kernel, stride, padding, dilation, list(newOutputPadding), ceilMode);
    }

    /** The same where a last place that is partly outside counts; for poolings. */
    public Window ceil() {
        return new Window(kernel, stride, padding, dilation, outputPadding, true);
    }

    private static List<Integer> list(int... numbers) {
        return Arrays.stream(numbers).boxed().toList();
    }

    // ---- for layers, by their rank

    /** Checks that each property is one number, or one for each dimension. */
    private Window forRank(String layer, int rank) {
        for (List<Integer> numbers : List.of(kernel, stride, padding, dilation, outputPadding)) {
            if (numbers.size() > 1 && numbers.size() != rank) {
                throw new TensorException(layer + ": " + numbers + " in " + this + " (expected one number, or " + rank
                        + "); check the window");
            }
        }
        return this;
    }

    /** For a convolution. */
    Window forConvolution(String layer, int rank, boolean transposed) {
        if (ceilMode || !transposed && !outputPadding.equals(ZERO)) {
            throw new TensorException(
                    layer + ": " + (ceilMode ? "ceil" : "output padding " + outputPadding) + " (expected it for "
                            + (ceilMode ? "poolings" : "transposed convolutions") + " only); leave it out");
        }
        return forRank(layer, rank);
    }

    /** For a pooling. */
    Window forPooling(String layer, int rank) {
        if (!dilation.equals(ONE) || !outputPadding.equals(ZERO)) {
            throw new TensorException(layer + ": dilation " + dilation + ", output padding " + outputPadding
                    + " (expected them for convolutions only); leave them out");
        }
        return forRank(layer, rank);
    }

    private static int at(List<Integer> numbers, int dim) {
        return numbers.size() == 1 ? numbers.getFirst() : numbers.get(dim);
    }

    int kernelAt(int dim) {
        return at(kernel, dim);
    }

    /** The stride of a convolution. */
    int strideAt(int dim, int otherwise) {
        return stride.isEmpty() ? otherwise : at(stride, dim);
    }

    int paddingAt(int dim) {
        return at(padding, dim);
    }

    int dilationAt(int dim) {
        return at(dilation, dim);
    }

    int outputPaddingAt(int dim) {
        return at(outputPadding, dim);
    }

    /** The sizes of a weight, of which the first two are given. */
    long[] weight(long first, long second, int rank) {
        long[] sizes = new long[2 + rank];
        sizes[0] = first;
        sizes[1] = second;
        for (int d = 0; d < rank; d++) {
            sizes[2 + d] = kernelAt(d);
        }
        return sizes;
    }

    /** How many elements it sees. */
    long elements(int rank) {
        return IntStream.range(0, rank).mapToLong(this::kernelAt).reduce(1, Math::multiplyExact);
    }

    /** As a pooling of images. */
    PoolingWindow pool2d() {
        return new PoolingWindow(
                kernelAt(0),
                kernelAt(1),
                strideAt(0, kernelAt(0)),
                strideAt(1, kernelAt(1)),
                paddingAt(0),
                paddingAt(1),
                ceilMode);
    }

    /** As a pooling of signals that are images of one row. */
    PoolingWindow pool1d() {
        return new PoolingWindow(1, kernelAt(0), 1, strideAt(0, kernelAt(0)), 0, paddingAt(0), ceilMode);
    }

    /** What layers print. */
    String attributes(boolean convolution) {
        List<Integer> steps = stride.isEmpty() ? convolution ? ONE : kernel : stride;
        return "kernel=" + text(kernel) + ", stride=" + text(steps) + ", padding=" + text(padding)
                + (dilation.equals(ONE) ? "" : ", dilation=" + text(dilation))
                + (outputPadding.equals(ZERO) ? "" : ", output padding=" + text(outputPadding))
                + (ceilMode ? ", ceil" : "");
    }

    private static String text(List<Integer> numbers) {
        return numbers.stream().distinct().count() == 1 ? numbers.getFirst().toString() : numbers.toString();
    }

    /** The groups of a convolution, if they divide its channels. */
    static int groups(String layer, int groups, long in, long out) {
        if (groups < 1 || in % groups != 0 || out % groups != 0) {
            throw new TensorException(layer + ": " + groups + " groups for " + in + " and " + out
                    + " channels (expected a number that divides both); change one of them");
        }
        return groups;
    }
}
