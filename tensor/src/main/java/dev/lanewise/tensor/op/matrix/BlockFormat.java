package dev.lanewise.tensor.op.matrix;

import java.lang.foreign.MemorySegment;

/**
 * How the numbers of a weight are stored: as they are, in 8 bits, or in blocks of few bits each that share scales. The names and
 * layouts of blocks are ggml's. {@link #unpack} says what the bytes mean, and is the oracle of all kernels.
 */
public enum BlockFormat {
    /** Single precision. */
    F32(1, 4, Blocks::f32),
    /** Half precision. */
    F16(1, 2, Blocks::f16),
    /** The upper half of single precision. */
    BF16(1, 2, Blocks::bf16),
    /** Whole numbers of 8 bits with a sign. */
    I8(1, 1, Blocks::i8),
    /** 32 numbers of 4 bits, from -8, and a scale. */
    Q4_0(32, 18, Blocks::q4s0),
    /** 32 numbers of 4 bits, a scale and a smallest value. */
    Q4_1(32, 20, Blocks::q4s1),
    /** 32 numbers of 5 bits, from -16, and a scale. */
    Q5_0(32, 22, Blocks::q5s0),
    /** 32 numbers of 5 bits, a scale and a smallest value. */
    Q5_1(32, 24, Blocks::q5s1),
    /** 32 numbers of 8 bits and a scale. */
    Q8_0(32, 34, Blocks::q8s0),
    /** 256 numbers of 2 bits in groups of 16, with scales and smallest values of 4 bits. */
    Q2_K(256, 84, KBlocks::q2),
    /** 256 numbers of 3 bits in groups of 16, with scales of 6 bits. */
    Q3_K(256, 110, KBlocks::q3),
    /** 256 numbers of 4 bits in groups of 32, with scales and smallest values of 6 bits. */
    Q4_K(256, 144, KBlocks::q4),
    /** 256 numbers of 5 bits in groups of 32, with scales and smallest values of 6 bits. */
    Q5_K(256, 176, KBlocks::q5),
    /** 256 numbers of 6 bits in groups of 16, with scales of 8 bits. */
    Q6_K(256, 210, KBlocks::q6),
    /** 32 numbers out of a list of 16, and a scale. */
    IQ4_NL(32, 18, Blocks::iq4nl),
    /** 256 numbers out of a list of 16 in groups of 32, with scales of 6 bits. */
    IQ4_XS(256, 136, KBlocks::iq4xs),
    /** 256 numbers of -1, 0 and 1, five in a byte, and a scale. */
    TQ1_0(256, 54, TernaryBlocks::tq1),
    /** 256 numbers of -1, 0 and 1, four in a byte, and a scale. */
    TQ2_0(256, 66, TernaryBlocks::tq2);

    private final int elements;
    private final int bytes;
    private final Unpacker unpacker;

    /** Widens one block. */
    interface Unpacker {
        void unpack(MemorySegment in, long at, float[] out, int to);
    }

    BlockFormat(int elements, int bytes, Unpacker unpacker) {
        this.elements = elements;
        this.bytes = bytes;
        this.unpacker = unpacker;
    }

    /** {@return how many numbers a block holds} */
    public int elements() {
        return elements;
    }

    /** {@return how many bytes a block takes} */
    public int bytes() {
        return bytes;
    }

    /**
     * {@return how many bytes so many numbers take}
     *
     * @param numbers how many numbers
     * @throws IllegalArgumentException if they are no whole blocks
     */
    public long bytes(long numbers) {
        if (numbers % elements != 0) {
            throw new IllegalArgumentException(
                    name() + ": found " + numbers + " numbers; expected a multiple of " + elements + "; pad them");
        }
        return Math.multiplyExact(numbers / elements, bytes);
    }

    /** How many numbers whole blocks of so many bytes hold. */
    long numbers(long size) {
        return Math.multiplyExact(size / bytes, elements);
    }

    /**
     * Widens blocks to single precision, with the results of the gguf package, bit for bit.
     *
     * @param in whole blocks
     * @param at where the first one begins, in bytes
     * @param out takes the numbers
     * @param to where the first number goes
     * @param blocks how many blocks are widened
     */
    public void unpack(MemorySegment in, long at, float[] out, int to, int blocks) {
        for (int i = 0; i < blocks; i++) {
            unpacker.unpack(in, at + (long) i * bytes, out, to + i * elements);
        }
    }
}
