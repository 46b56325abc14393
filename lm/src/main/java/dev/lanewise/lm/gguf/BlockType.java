package dev.lanewise.lm.gguf;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/**
 * How numbers are stored in GGUF files: unchanged, or with few bits each in blocks that share scales. The names,
 * numbers and layouts are ggml's.
 */
public enum BlockType {
    /** Single precision. */
    F32(0, 1, 4, Blocks::f32),
    /** Half precision. */
    F16(1, 1, 2, Blocks::f16),
    /** The upper half of single precision. */
    BF16(30, 1, 2, Blocks::bf16),
    /** 32 numbers of 4 bits, from -8, and a scale. */
    Q4_0(2, 32, 18, Blocks::q4s0),
    /** 32 numbers of 4 bits, a scale and a smallest value. */
    Q4_1(3, 32, 20, Blocks::q4s1),
    /** 32 numbers of 5 bits, from -16, and a scale. */
    Q5_0(6, 32, 22, Blocks::q5s0),
    /** 32 numbers of 5 bits, a scale and a smallest value. */
    Q5_1(7, 32, 24, Blocks::q5s1),
    /** 32 numbers of 8 bits and a scale. */
    Q8_0(8, 32, 34, Blocks::q8s0),
    /** 256 numbers of 2 bits in groups of 16, with scales and smallest values of 4 bits. */
    Q2_K(10, 256, 84, KBlocks::q2),
    /** 256 numbers of 3 bits in groups of 16, with scales of 6 bits. */
    Q3_K(11, 256, 110, KBlocks::q3),
    /** 256 numbers of 4 bits in groups of 32, with scales and smallest values of 6 bits. */
    Q4_K(12, 256, 144, KBlocks::q4),
    /** 256 numbers of 5 bits in groups of 32, with scales and smallest values of 6 bits. */
    Q5_K(13, 256, 176, KBlocks::q5),
    /** 256 numbers of 6 bits in groups of 16, with scales of 8 bits. */
    Q6_K(14, 256, 210, KBlocks::q6),
    /** 32 numbers out of a list of 16, and a scale. */
    IQ4_NL(20, 32, 18, Blocks::iq4nl),
    /** 256 numbers out of a list of 16 in groups of 32, with scales of 6 bits. */
    IQ4_XS(23, 256, 136, KBlocks::iq4xs),
    /** 256 numbers of -1, 0 and 1, five in a byte, and a scale. */
    TQ1_0(34, 256, 54, TernaryBlocks::tq1),
    /** 256 numbers of -1, 0 and 1, four in a byte, and a scale. */
    TQ2_0(35, 256, 66, TernaryBlocks::tq2);

    private final int number;
    private final int elements;
    private final int bytes;
    private final Unpacker unpacker;

    /** Widens one block. */
    interface Unpacker {
        void unpack(MemorySegment in, long at, float[] out, int to);
    }

    BlockType(int number, int elements, int bytes, Unpacker unpacker) {
        this.number = number;
        this.elements = elements;
        this.bytes = bytes;
        this.unpacker = unpacker;
    }

    /**
     * {@return the type with a number in files, if Lanewise reads it}
     *
     * @param number the type's number
     */
    public static Optional<BlockType> ofNumber(int number) {
        return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
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
     * {@return how many bytes a given count of numbers takes}
     *
     * @param numbers how many numbers
     */
    public long bytes(long numbers) {
        if (numbers % elements != 0) {
            throw new IllegalArgumentException(
                    name() + ": found " + numbers + " numbers; expected a multiple of " + elements + "; pad them");
        }
        return Math.multiplyExact(numbers / elements, bytes);
    }

    /**
     * Widens blocks to single precision, with the results of the gguf package, bit for bit.
     *
     * @param in whole blocks
     * @param at where the first one begins, in bytes
     * @param out receives the numbers
     * @param to the position of the first number
     * @param blocks how many blocks are widened
     */
    public void unpack(MemorySegment in, long at, float[] out, int to, int blocks) {
        for (int i = 0; i < blocks; i++) {
            unpacker.unpack(in, at + (long) i * bytes, out, to + i * elements);
        }
    }

    /** {@return whether {@link #pack} supports this type} */
    public boolean packs() {
        return switch (this) {
            case F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, TQ1_0, TQ2_0 -> true;
            case Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS -> false;
        };
    }

    /**
     * Rounds numbers to blocks, with the results of the gguf package, byte for byte.
     *
     * @param values the numbers, a multiple of {@link #elements()}
     * @return the blocks
     * @throws UnsupportedOperationException if the type is only read
     */
    public byte[] pack(float[] values) {
        byte[] out = new byte[Math.toIntExact(bytes(values.length))];
        if (!packs()) {
            throw new UnsupportedOperationException(
                    name() + ": is only read; expected a type that is written; choose Q8_0, Q5_0 or Q4_0");
        }
        MemorySegment to = MemorySegment.ofArray(out);
        for (int block = 0; block < values.length / elements; block++) {
            Packing.pack(this, values, block * elements, to, (long) block * bytes);
        }
        return out;
    }
}
