package dev.lanewise.tensor.internal.spatial;

import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import dev.lanewise.tensor.spi.Windows;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Convolutions and poolings of volumes, made of those of images. */
public final class Volumes {
    private Volumes() {}

    private static void checkVolume(String op, Tensor x, long channels, Tensor weight, String expected) {
        if (weight.shape().rank() != 5) {
            throw new TensorException(op + ": weight " + weight.spec() + " (expected " + expected + "); reshape it?");
        }
        if (x.shape().rank() != 5 || x.shape().size(1) != channels) {
            throw new TensorException(
                    op + ": input " + x.spec() + " (expected [n, " + channels + ", d, h, w]); reshape it?");
        }
    }

    private static int checkedGroups(String op, int groups) {
        if (groups < 1) {
            throw new TensorException(
                    op + ": " + groups + " groups (expected 1 or more that divide the channels); check the number");
        }
        return groups;
    }

    /** Checks that a window fits a volume, as errors of the images that it is made of would show other sizes. */
    private static void checkPlaces(String op, Tensor x, Window window, int strideOtherwise) {
        for (int d = 0; d < 3; d++) {
            Axis.of(window, d, strideOtherwise).places(x.shape().size(2 + d), op);
        }
    }

    /** The same window without its first dimension. */
    private static Window plane(Window window) {
        return new Window(
                tail(window.kernel()),
                window.stride().isEmpty() ? List.of() : tail(window.stride()),
                tail(window.padding()),
                tail(window.dilation()),
                tail(window.outputPadding()),
                window.ceilMode());
    }

    private static List<Integer> tail(List<Integer> numbers) {
        return numbers.size() == 1 ? numbers : numbers.subList(1, numbers.size());
    }

    /** A weight {@code [a, b, q, r, s]} as one of images with {@code b q} channels. */
    private static Tensor flat(Tensor weight) {
        Shape w = weight.shape();
        return weight.reshape(w.size(0), w.size(1) * w.size(2), w.size(3), w.size(4));
    }

    /** A convolution of volumes: one of images whose channels are those of the slices that the window sees. */
    public static Tensor convolution(
            String op, Tensor x, Tensor weight, @Nullable Tensor bias, Window window, int groups) {
        long in = weight.shape().rank() == 5 ? weight.shape().size(1) * checkedGroups(op, groups) : 0;
        checkVolume(op, x, in, weight, "[k, c / groups, q, r, s]");
        Windows.convolution(op, window, weight.shape(), false);
        Operands.checkBias(op, weight.shape(), bias, weight.shape().size(0));
        checkPlaces(op, x, window, 1);
        Axis depth = Axis.of(window, 0, 1);
        Tensor slices = depth.windows(x, 2, op);
        long n = x.shape().size(0);
        long od = slices.shape().size(2);
        // [n, c, od, q, h, w] -> images of c q channels
        Tensor images = slices.permute(0, 2, 1, 3, 4, 5)
                .reshape(
                        n * od,
                        in * depth.kernel(),
                        x.shape().size(3),
                        x.shape().size(4));
        Tensor y = images.conv2d(flat(weight), bias, plane(window), groups);
        return y.reshape(n, od, y.shape().size(1), y.shape().size(2), y.shape().size(3))
                .permute(0, 2, 1, 3, 4)
                .contiguous();
    }

    /** A transposed convolution of volumes: one of images, whose results are added where they belong in depth. */
    public static Tensor transposed(
            String op, Tensor x, Tensor weight, @Nullable Tensor bias, Window window, int groups) {
        checkVolume(op, x, weight.shape().rank() == 5 ? weight.shape().size(0) : 0, weight, "[c, k / groups, q, r, s]");
        checkedGroups(op, groups);
        Windows.convolution(op, window, weight.shape(), true);
        Operands.checkTransposed(op, x, weight, bias, groups);
        for (int d = 1; d < 3; d++) {
            Axis.of(window, d, 1).covered(x.shape().size(2 + d), op);
        }
        Axis depth = Axis.of(window, 0, 1);
        long n = x.shape().size(0);
        long d = x.shape().size(2);
        long od = depth.covered(d, op);
        Tensor images = x.permute(0, 2, 1, 3, 4)
                .reshape(n * d, x.shape().size(1), x.shape().size(3), x.shape().size(4));
        Tensor grown = images.convTranspose2d(flat(weight), null, plane(window), groups);
        long h = grown.shape().size(2);
        long w = grown.shape().size(3);
        // [n d, out q, h, w] -> [n, out, d, q, h, w]
        Tensor slices = grown.reshape(n, d, grown.shape().size(1) / depth.kernel(), depth.kernel(), h, w)
                .permute(0, 2, 1, 3, 4, 5);
        Tensor y = depth.overlapped(slices, 2, od);
        return bias == null ? y : y.add(Channels.along(op, y, bias));
    }

    /** A pooling of images. */
    public interface Pooling {
        /** The result for images and a window. */
        Tensor pool(Tensor images, Window window);
    }

    /** A pooling of volumes: one of images of the last two dimensions, and one along the first. */
    public static Tensor pooled(String op, Tensor x, Window window, Pooling pooling) {
        Windows.pooling(op, window, 3);
        if (x.shape().rank() != 5) {
            throw new TensorException(op + ": input " + x.spec() + " (expected [n, c, d, h, w]); reshape it?");
        }
        if (!window.ceilMode()) {
            checkPlaces(op, x, window, 1);
        }
        long n = x.shape().size(0);
        long c = x.shape().size(1);
        long d = x.shape().size(2);
        Tensor planes =
                pooling.pool(x.reshape(n * c, d, x.shape().size(3), x.shape().size(4)), plane(window));
        long h = planes.shape().size(2);
        long w = planes.shape().size(3);
        Axis depth = Axis.of(window, 0, Windows.at(window.kernel(), 0));
        Window column = Window.of(depth.kernel(), 1).stride(depth.stride(), 1).padding(depth.padding(), 0);
        Tensor columns = pooling.pool(planes.reshape(n * c, 1, d, h * w), window.ceilMode() ? column.ceil() : column);
        return columns.reshape(n, c, columns.shape().size(2), h, w);
    }
}
