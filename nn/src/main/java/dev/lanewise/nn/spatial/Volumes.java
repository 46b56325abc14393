package dev.lanewise.nn.spatial;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import dev.lanewise.tensor.spi.Windows;
import java.util.List;

/** What layers of volumes have in common. */
final class Volumes {
    private Volumes() {}

    /** A volume {@code [n, c, d, h, w]} with so many channels. */
    static void check(String op, Tensor x, long channels) {
        if (x.shape().rank() != 5 || x.shape().size(1) != channels) {
            throw new TensorException(
                    op + ": input " + x.spec() + " (expected [n, " + channels + ", d, h, w]); reshape it?");
        }
    }

    /** Checks that a window fits a volume, whose planes are computed by operations that would name themselves. */
    static void checkPlaces(String op, Tensor x, Window window, int strideOtherwise) {
        for (int d = 0; d < 3; d++) {
            Axis.of(window, d, strideOtherwise).places(x.shape().size(2 + d), op);
        }
    }

    /** The same window without its first dimension. */
    static Window plane(Window window) {
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

    /** A transposed convolution's window, whose output padding decides between sizes that one convolution makes equal. */
    static Window transposed(String op, Window window, int rank) {
        Windows.convolution(op, window, rank, true);
        for (int d = 0; d < rank; d++) {
            Axis axis = Axis.of(window, d, 1);
            if (axis.outputPadding() >= Math.max(axis.stride(), axis.dilation())) {
                throw new TensorException(op + ": output padding " + window.outputPadding() + " with stride "
                        + window.stride() + " (expected less than stride or dilation); take a smaller one");
            }
        }
        return window;
    }

    /** One pooling of images of the last two dimensions, and one along the first. */
    interface Pooling {
        Tensor pool(Tensor images, Window window);
    }

    /** A pooling of volumes by poolings of images, which it is the composition of. */
    static Tensor pooled(String op, Tensor x, Window window, Pooling pooling) {
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
