package dev.lanewise.tensor;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * The window of a convolution or pooling of any rank: its size, and how it moves. Each property is one number for all
 * dimensions, or one per dimension: {@code [height, width]}, or {@code [length]}.
 *
 * <pre>{@code
 * x.maxPool2d(Window.of(2))
 * x.conv2d(weight, bias, Window.of(3).stride(2).padding(1), 1)
 * new Conv2d(3, 64, Window.of(7).stride(2).padding(3))
 * new Conv2d(16, 16, Window.of(3, 5).padding(2, 4).dilation(2), 4, false, rng)   // four groups, no bias
 * new Conv1d(8, 8, Window.of(3).padding(1))
 * new ConvTranspose2d(16, 8, Window.of(4).stride(2).padding(1))
 * new MaxPool2d(Window.of(3).stride(2).padding(1).ceil())
 * }</pre>
 *
 * @param kernel its size
 * @param stride the distance between neighbouring positions of the window; if empty, 1 for convolutions and the
 *     kernel's size for poolings
 * @param padding how much is added on each side
 * @param dilation the distance between neighbouring elements that the window sees; for convolutions and max poolings
 * @param outputPadding how much is added to the result on one side, less than stride or dilation; for transposed convolutions
 * @param ceilMode whether a last position that is partly outside is included; for poolings
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

    /**
     * {@return a window without padding, with stride 1 in convolutions and a stride of its own size in poolings}
     *
     * @param kernel the size, one number for all dimensions or one for each
     */
    public static Window of(int... kernel) {
        Objects.requireNonNull(kernel, "kernel");
        return new Window(list(kernel), List.of(), ZERO, ONE, ZERO, false);
    }

    /**
     * {@return the same window with another stride}
     *
     * @param newStride one number for all dimensions or one for each, 1 or more
     */
    public Window stride(int... newStride) {
        Objects.requireNonNull(newStride, "newStride");
        return new Window(kernel, list(newStride), padding, dilation, outputPadding, ceilMode);
    }

    /**
     * {@return the same window with another padding on each side}
     *
     * @param newPadding one number for all dimensions or one for each, 0 or more
     */
    public Window padding(int... newPadding) {
        Objects.requireNonNull(newPadding, "newPadding");
        return new Window(kernel, stride, list(newPadding), dilation, outputPadding, ceilMode);
    }

    /**
     * {@return the same window with another dilation; for convolutions and max poolings}
     *
     * @param newDilation one number for all dimensions or one for each, 1 or more
     */
    public Window dilation(int... newDilation) {
        Objects.requireNonNull(newDilation, "newDilation");
        return new Window(kernel, stride, padding, list(newDilation), outputPadding, ceilMode);
    }

    /**
     * {@return the same window with another output padding, added to the result on one side; for transposed
     * convolutions}
     *
     * @param newOutputPadding one number for all dimensions or one for each, 0 or more
     */
    public Window outputPadding(int... newOutputPadding) {
        Objects.requireNonNull(newOutputPadding, "newOutputPadding");
        return new Window(kernel, stride, padding, dilation, list(newOutputPadding), ceilMode);
    }

    /** {@return the same window in ceil mode: a last position that is partly outside is included; for poolings} */
    public Window ceil() {
        return new Window(kernel, stride, padding, dilation, outputPadding, true);
    }

    private static List<Integer> list(int... numbers) {
        return Arrays.stream(numbers).boxed().toList();
    }
}
