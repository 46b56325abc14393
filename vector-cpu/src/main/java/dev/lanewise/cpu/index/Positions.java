package dev.lanewise.cpu.index;

import static dev.lanewise.cpu.memory.Access.i64;

import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Op;

/** Checks of positions, which only a kernel sees. */
final class Positions {
    private Positions() {}

    /**
     * Checks dense positions.
     *
     * @throws TensorException naming the first position outside the dimension
     */
    static void check(Op op, long positions, long count, int dim, long size) {
        for (long i = 0; i < count; i++) {
            at(op, positions, i, dim, size);
        }
    }

    /**
     * Returns a position, read once: another thread may write between a check and a second read.
     *
     * @throws TensorException if it is outside the dimension
     */
    static long at(Op op, long positions, long i, int dim, long size) {
        long position = i64(positions + i * Long.BYTES);
        if (position < 0 || position >= size) {
            throw new TensorException(op.opName() + ": position " + position + " at element " + i
                    + " is outside dimension " + dim + " of size " + size + "; check the indices");
        }
        return position;
    }
}
