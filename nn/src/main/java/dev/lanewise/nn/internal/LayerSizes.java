package dev.lanewise.nn.internal;

import dev.lanewise.tensor.TensorException;

/** Checks the sizes that a layer is made with before it computes with them, so that an error names what the caller gave. */
public final class LayerSizes {
    /** More than any memory holds, and few enough that small multiples of it stay within 64 bits. */
    private static final long MOST = 1L << 48;

    private LayerSizes() {}

    /**
     * {@return the size, if a layer can have it}
     *
     * @param layer the name in errors
     * @param what the size is of
     * @param size from 0 to 2^48
     * @throws TensorException if it is outside that range
     */
    public static long checked(String layer, String what, long size) {
        if (size < 0 || size > MOST) {
            throw new TensorException(layer + ": " + what + " " + size + " (expected 0 to 2^48); check the size");
        }
        return size;
    }

    /**
     * {@return the given probability, if it is one that elements can be dropped with}
     *
     * @param p a number
     * @throws TensorException if it is not from 0 to 1
     */
    public static double dropProbability(double p) {
        if (!(p >= 0 && p <= 1)) {
            throw new TensorException("dropout: probability " + p + " (expected 0 to 1); check the rate");
        }
        return p;
    }

    /**
     * {@return the sizes, if a layer can have them}
     *
     * @param layer the name in errors
     * @param what the sizes are of
     * @param sizes each from 0 to 2^48
     * @throws TensorException if one is outside that range
     */
    public static long[] checked(String layer, String what, long... sizes) {
        for (long size : sizes) {
            checked(layer, what, size);
        }
        return sizes.clone();
    }
}
