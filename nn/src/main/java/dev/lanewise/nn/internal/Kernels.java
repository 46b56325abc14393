package dev.lanewise.nn.internal;

import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import dev.lanewise.tensor.spi.Windows;
import java.util.List;
import java.util.stream.IntStream;

/** What convolutions of all ranks make of their window. */
public final class Kernels {
    private Kernels() {}

    /**
     * {@return the sizes of a weight}
     *
     * @param window its size
     * @param first the first size
     * @param second the second size
     * @param rank how many dimensions the window covers
     */
    public static long[] weight(Window window, long first, long second, int rank) {
        long[] sizes = new long[2 + rank];
        sizes[0] = first;
        sizes[1] = second;
        for (int d = 0; d < rank; d++) {
            sizes[2 + d] = Windows.at(window.kernel(), d);
        }
        return sizes;
    }

    /**
     * {@return how many elements a window sees}
     *
     * @param window its size
     * @param rank how many dimensions it covers
     */
    public static long elements(Window window, int rank) {
        return IntStream.range(0, rank)
                .mapToLong(d -> Windows.at(window.kernel(), d))
                .reduce(1, Math::multiplyExact);
    }

    /**
     * {@return what layers print}
     *
     * @param window the window
     * @param convolution whether it is that of a convolution, which moves by 1 unless it says otherwise
     */
    public static String attributes(Window window, boolean convolution) {
        List<Integer> steps = window.stride().isEmpty() ? convolution ? List.of(1) : window.kernel() : window.stride();
        return "kernel=" + text(window.kernel()) + ", stride=" + text(steps) + ", padding=" + text(window.padding())
                + (window.dilation().equals(List.of(1)) ? "" : ", dilation=" + text(window.dilation()))
                + (window.outputPadding().equals(List.of(0)) ? "" : ", output padding=" + text(window.outputPadding()))
                + (window.ceilMode() ? ", ceil" : "");
    }

    private static String text(List<Integer> numbers) {
        return numbers.stream().distinct().count() == 1 ? numbers.getFirst().toString() : numbers.toString();
    }

    /**
     * {@return the groups of a convolution, if they divide its channels}
     *
     * @param layer the name in errors
     * @param groups into how many parts the channels are divided
     * @param in the number of input channels
     * @param out the number of output channels
     */
    public static int groups(String layer, int groups, long in, long out) {
        LayerSizes.checked(layer, "in", in);
        LayerSizes.checked(layer, "out", out);
        if (in == 0 || out == 0) {
            throw new TensorException(layer + ": " + in + " input and " + out
                    + " output channels (expected 1 or more of each); check the sizes");
        }
        if (groups < 1 || in % groups != 0 || out % groups != 0) {
            throw new TensorException(layer + ": " + groups + " groups for " + in + " and " + out
                    + " channels (expected a number that divides both); change one of them");
        }
        return groups;
    }
}
