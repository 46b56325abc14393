package dev.lanewise.nn;

import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import dev.lanewise.tensor.spi.Windows;
import java.util.List;
import java.util.stream.IntStream;

/** What convolutions of all ranks derive from their window. */
final class Kernels {
    private Kernels() {}

    /** The sizes of a weight, given the first two. */
    static long[] weight(Window window, long first, long second, int rank) {
        long[] sizes = new long[2 + rank];
        sizes[0] = first;
        sizes[1] = second;
        for (int d = 0; d < rank; d++) {
            sizes[2 + d] = Windows.at(window.kernel(), d);
        }
        return sizes;
    }

    /** How many elements a window sees. */
    static long elements(Window window, int rank) {
        return IntStream.range(0, rank)
                .mapToLong(d -> Windows.at(window.kernel(), d))
                .reduce(1, Math::multiplyExact);
    }

    /** What layers print. */
    static String attributes(Window window, boolean convolution) {
        List<Integer> steps = window.stride().isEmpty() ? convolution ? List.of(1) : window.kernel() : window.stride();
        return "kernel=" + text(window.kernel()) + ", stride=" + text(steps) + ", padding=" + text(window.padding())
                + (window.dilation().equals(List.of(1)) ? "" : ", dilation=" + text(window.dilation()))
                + (window.outputPadding().equals(List.of(0)) ? "" : ", output padding=" + text(window.outputPadding()))
                + (window.ceilMode() ? ", ceil" : "");
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
