package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.TensorException;

/** Arithmetic on sizes, amounts and positions that callers choose: overflow is an error, not another number. */
public final class Sizes {
    private Sizes() {}

    /** {@code a + b}. */
    public static long add(String op, long a, long b) {
        long sum = a + b;
        if (((a ^ sum) & (b ^ sum)) < 0) {
            throw overflow(op, a + " + " + b);
        }
        return sum;
    }

    /** {@code a * b}. */
    public static long multiply(String op, long a, long b) {
        long product = a * b;
        if (Math.multiplyHigh(a, b) != product >> 63) {
            throw overflow(op, a + " * " + b);
        }
        return product;
    }

    /** The size as an {@code int}; {@code what} names it. */
    public static int toInt(String op, String what, long size) {
        if (size != (int) size) {
            throw new TensorException(
                    op + ": " + what + " is " + size + " (expected less than 2^31); use smaller sizes");
        }
        return (int) size;
    }

    private static TensorException overflow(String op, String sizes) {
        return new TensorException(op + ": " + sizes + " is beyond 64 bits; check the sizes");
    }
}
