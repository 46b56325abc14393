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
     * @throws TensorException if a property has neither one number nor one for each dimension, or is for poolings only
     */
    public static Window convolution(String op, Window window, int rank, boolean transposed) {
        if (window.ceilMode() || !transposed && !areAll(0, window.outputPadding())) {
            throw new TensorException(
                    op + ": " + (window.ceilMode() ? "ceil" : "output padding " + window.outputPadding())
                            + " (expected it for " + (window.ceilMode() ? "poolings" : "transposed convolutions")
                            + " only); leave it out");
        }
        return ofRank(op, window, rank);
    }

    /**
     * Checks that a window fits a pooling.
     *
     * @param op the name of the operation in errors
     * @param window what the user gave
     * @param rank how many dimensions the window covers
     * @return the window
     * @throws TensorException if a property has neither one number nor one for each dimension, or is for convolutions only
     */
    public static Window pooling(String op, Window window, int rank) {
        if (!areAll(1, window.dilation()) || !areAll(0, window.outputPadding())) {
            throw new TensorException(op + ": dilation " + window.dilation() + ", output padding "
                    + window.outputPadding() + " (expected them for convolutions only); leave them out");
        }
        return ofRank(op, window, rank);
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
        int rank = weight.rank() - 2;
        convolution(op, window, Math.max(1, rank), transposed);
        for (int d = 0; d < rank; d++) {
            if (weight.size(2 + d) != at(window.kernel(), d)) {
                throw new TensorException(op + ": window of " + window.kernel() + " for a weight of shape " + weight
                        + " (expected the weight's last " + rank + " sizes); check the window");
            }
        }
        return convolution2d(window, rank, groups);
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
