package dev.lanewise.tensor.spi;

import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import dev.lanewise.tensor.op.conv.Convolution2d;
import dev.lanewise.tensor.op.conv.PoolingWindow;
import java.util.List;

/** Reads from a {@link Window} what layers and operations of a given rank need. */
public final class Windows {
    private Windows() {}

    /**
     * Checks that a window fits a convolution.
     *
     * @param op the name of the operation in errors
     * @param window what the user gave
     * @param rank the number of dimensions that the window covers
     * @param transposed whether the convolution is transposed, which alone takes output padding
     * @return the window
     * @throws TensorException if a property has neither one number nor one for each dimension, or is for poolings only, or
     *     the output padding is not below stride or dilation
     */
    public static Window convolution(String op, Window window, int rank, boolean transposed) {
        if (window.ceilMode() || !transposed && !areAll(0, window.outputPadding())) {
            throw new TensorException(
                    op + ": " + (window.ceilMode() ? "ceil" : "output padding " + window.outputPadding())
                            + " (expected it for " + (window.ceilMode() ? "poolings" : "transposed convolutions")
                            + " only); leave it out");
        }
        ofRank(op, window, rank);
        for (int d = 0; transposed && d < rank; d++) {
            // two sizes of a result that one convolution makes equal are never further apart
            if (at(window.outputPadding(), d) >= Math.max(stride(window, d, 1), at(window.dilation(), d))) {
                throw new TensorException(op + ": output padding " + window.outputPadding() + " with stride "
                        + (window.stride().isEmpty() ? "[1]" : window.stride())
                        + " (expected less than stride or dilation); take a smaller one");
            }
        }
        return window;
    }

    /**
     * Checks that a window fits a convolution and has the size of its weight.
     *
     * @param op the name of the operation in errors
     * @param window what the user gave
     * @param weight the shape of the weight, {@code [.., .., s]} with as many sizes as the window covers
     * @param transposed whether the convolution is transposed, which alone takes output padding
     * @return the window
     * @throws TensorException if it is of another size, or as {@link #convolution(String, Window, int, boolean)} says
     */
    public static Window convolution(String op, Window window, Shape weight, boolean transposed) {
        int rank = weight.rank() - 2;
        convolution(op, window, Math.max(1, rank), transposed);
        for (int d = 0; d < rank; d++) {
            if (weight.size(2 + d) != at(window.kernel(), d)) {
                throw new TensorException(op + ": window of " + window.kernel() + " for a weight of shape " + weight
                        + " (expected the weight's last " + rank + " sizes); check the window");
            }
        }
        return window;
    }

    /**
     * Checks that a window fits a pooling.
     *
     * @param op the name of the operation in errors
     * @param window what the user gave
     * @param rank how many dimensions the window covers
     * @return the window
     * @throws TensorException if a property has neither one number nor one for each dimension, or is not for such a pooling,
     *     or the padding is more than half the kernel
     */
    public static Window pooling(String op, Window window, int rank) {
        if (isDilated(window)) {
            throw new TensorException(op + ": dilation " + window.dilation()
                    + " (expected it for convolutions and max poolings only); leave it out");
        }
        return maxPooling(op, window, rank);
    }

    /**
     * Checks that a window fits a max pooling, which may have a dilation.
     *
     * @param op the name of the operation in errors
     * @param window what the user gave
     * @param rank how many dimensions the window covers
     * @return the window
     * @throws TensorException if a property has neither one number nor one for each dimension, or is for convolutions only,
     *     or the padding is more than half the kernel, whatever its dilation (as in PyTorch)
     */
    public static Window maxPooling(String op, Window window, int rank) {
        if (!areAll(0, window.outputPadding())) {
            throw new TensorException(op + ": output padding " + window.outputPadding()
                    + " (expected it for transposed convolutions only); leave it out");
        }
        ofRank(op, window, rank);
        for (int d = 0; d < rank; d++) {
            if (at(window.padding(), d) > at(window.kernel(), d) / 2) {
                throw new TensorException(op + ": padding " + window.padding() + " for a kernel of " + window.kernel()
                        + " (expected padding from 0 to half the kernel); correct the window");
            }
        }
        return window;
    }

    /**
     * {@return whether the elements that a window sees are apart}
     *
     * @param window what the user gave
     */
    public static boolean isDilated(Window window) {
        return !areAll(1, window.dilation());
    }

    private static Window ofRank(String op, Window window, int rank) {
        checkRank(op, window, window.kernel(), rank);
        checkRank(op, window, window.stride(), rank);
        checkRank(op, window, window.padding(), rank);
        checkRank(op, window, window.dilation(), rank);
        checkRank(op, window, window.outputPadding(), rank);
        return window;
    }

    private static void checkRank(String op, Window window, List<Integer> numbers, int rank) {
        if (numbers.size() > 1 && numbers.size() != rank) {
            throw new TensorException(op + ": " + numbers + " in " + window + " (expected one number for all"
                    + " dimensions, or " + rank + "); check the window");
        }
    }

    // by index: this runs in every forward pass
    private static boolean areAll(int wanted, List<Integer> numbers) {
        for (int i = 0; i < numbers.size(); i++) {
            if (numbers.get(i) != wanted) {
                return false;
            }
        }
        return true;
    }

    /**
     * {@return the number for a dimension}
     *
     * @param numbers one number for all dimensions or one for each
     * @param dim the dimension, from 0
     */
    public static int at(List<Integer> numbers, int dim) {
        return numbers.size() == 1 ? numbers.getFirst() : numbers.get(dim);
    }

    private static int stride(Window window, int dim, int otherwise) {
        return window.stride().isEmpty() ? otherwise : at(window.stride(), dim);
    }

    /** The attributes of a convolution of images, or of signals that are images of one row. */
    private static Convolution2d convolution2d(Window window, int rank, int groups) {
        int last = rank - 1;
        return new Convolution2d(
                rank == 1 ? 1 : stride(window, 0, 1),
                stride(window, last, 1),
                rank == 1 ? 0 : at(window.padding(), 0),
                at(window.padding(), last),
                rank == 1 ? 1 : at(window.dilation(), 0),
                at(window.dilation(), last),
                groups);
    }

    /**
     * The same for a convolution whose weight {@code [.., .., r, s]} or {@code [.., .., s]} has the window's size.
     *
     * @param op the name of the operation in errors
     * @param window what the user gave
     * @param weight the shape of the weight
     * @param groups the number of groups that the channels are divided into
     * @param transposed whether the convolution is transposed, which alone takes output padding
     * @return the operation's attributes
     */
    public static Convolution2d convolution2d(String op, Window window, Shape weight, int groups, boolean transposed) {
        convolution(op, window, weight, transposed);
        return convolution2d(window, weight.rank() - 2, groups);
    }

    /**
     * The attributes of a pooling of images, or of signals that are images of one row.
     *
     * @param op the name of the operation in errors
     * @param window what the user gave
     * @param rank how many dimensions the window covers
     * @return the operation's attributes
     * @throws TensorException as for {@link #pooling}
     */
    public static PoolingWindow pooling2d(String op, Window window, int rank) {
        pooling(op, window, rank);
        int last = rank - 1;
        int width = at(window.kernel(), last);
        int height = rank == 1 ? 1 : at(window.kernel(), 0);
        return new PoolingWindow(
                height,
                width,
                rank == 1 ? 1 : stride(window, 0, height),
                stride(window, last, width),
                rank == 1 ? 0 : at(window.padding(), 0),
                at(window.padding(), last),
                window.ceilMode());
    }
}
