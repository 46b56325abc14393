package dev.lanewise.tensor.internal.spatial;

import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import org.jspecify.annotations.Nullable;

/**
 * Checks operands of convolutions that are made of others: errors of those would show shapes that the user did not give.
 * Operands of other ranks are left to the checks that follow.
 */
public final class Operands {
    private Operands() {}

    /** The operands of a convolution, {@code [n, c, ...]} and {@code [k, c / groups, ...]}, and its window. */
    public static void checkConvolution(
            String op, Tensor x, Tensor weight, @Nullable Tensor bias, Window window, int groups) {
        Shape sizes = x.shape();
        Shape w = weight.shape();
        if (sizes.rank() != w.rank()) {
            return;
        }
        checkChannels(op, sizes, w, w.size(1) * groups, groups);
        checkBias(op, w, bias, w.size(0));
        for (int d = 0; d < sizes.rank() - 2; d++) {
            Axis.of(window, d, 1).places(sizes.size(2 + d), op);
        }
    }

    /** The operands of a transposed convolution, {@code [n, c, ...]} and {@code [c, k / groups, ...]}. */
    public static void checkTransposed(String op, Tensor x, Tensor weight, @Nullable Tensor bias, int groups) {
        Shape sizes = x.shape();
        Shape w = weight.shape();
        if (sizes.rank() != w.rank()) {
            return;
        }
        checkChannels(op, sizes, w, w.size(0), groups);
        if (w.size(0) % groups != 0) {
            throw new TensorException(op + ": weight " + w + " has " + w.size(0) + " input channels for " + groups
                    + " groups; the groups must divide them");
        }
        checkBias(op, w, bias, w.size(1) * groups);
    }

    private static void checkChannels(String op, Shape x, Shape w, long channels, int groups) {
        if (x.size(1) != channels) {
            throw new TensorException(op + ": input " + x + " has " + x.size(1) + " channels, weight " + w
                    + (groups == 1 ? "" : " in " + groups + " groups") + " takes " + channels + "; is the input "
                    + (x.rank() == 3 ? "[n, c, l]?" : x.rank() == 4 ? "[n, c, h, w]?" : "[n, c, d, h, w]?"));
        }
    }

    /** The bias of a convolution with so many output channels. */
    public static void checkBias(String op, Shape weight, @Nullable Tensor bias, long channels) {
        if (bias != null && !bias.shape().equals(Shape.of(channels))) {
            throw new TensorException(
                    op + ": bias " + bias.shape() + " for weight " + weight + "; the bias must be [" + channels + "]");
        }
    }
}
