package dev.lanewise.lm.gguf;

import dev.lanewise.tensor.op.matrix.BlockFormat;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/**
 * How numbers are stored in GGUF files: unchanged, or with few bits each in blocks that share scales. The names,
 * numbers and layouts are ggml's.
 */
public enum BlockType {
    /** Single precision. */
    F32(0, BlockFormat.F32),
    /** Half precision. */
    F16(1, BlockFormat.F16),
    /** The upper half of single precision. */
    BF16(30, BlockFormat.BF16),
    /** 32 numbers of 4 bits, from -8, and a scale. */
    Q4_0(2, BlockFormat.Q4_0),
    /** 32 numbers of 4 bits, a scale and a smallest value. */
    Q4_1(3, BlockFormat.Q4_1),
    /** 32 numbers of 5 bits, from -16, and a scale. */
    Q5_0(6, BlockFormat.Q5_0),
    /** 32 numbers of 5 bits, a scale and a smallest value. */
    Q5_1(7, BlockFormat.Q5_1),
    /** 32 numbers of 8 bits and a scale. */
    Q8_0(8, BlockFormat.Q8_0),
    /** 256 numbers of 2 bits in groups of 16, with scales and smallest values of 4 bits. */
    Q2_K(10, BlockFormat.Q2_K),
    /** 256 numbers of 3 bits in groups of 16, with scales of 6 bits. */
    Q3_K(11, BlockFormat.Q3_K),
    /** 256 numbers of 4 bits in groups of 32, with scales and smallest values of 6 bits. */
    Q4_K(12, BlockFormat.Q4_K),
    /** 256 numbers of 5 bits in groups of 32, with scales and smallest values of 6 bits. */
    Q5_K(13, BlockFormat.Q5_K),
    /** 256 numbers of 6 bits in groups of 16, with scales of 8 bits. */
    Q6_K(14, BlockFormat.Q6_K),
    /** 32 numbers out of a list of 16, and a scale. */
    IQ4_NL(20, BlockFormat.IQ4_NL),
    /** 256 numbers out of a list of 16 in groups of 32, with scales of 6 bits. */
    IQ4_XS(23, BlockFormat.IQ4_XS),
    /** 256 numbers of -1, 0 and 1, five in a byte, and a scale. */
    TQ1_0(34, BlockFormat.TQ1_0),
    /** 256 numbers of -1, 0 and 1, four in a byte, and a scale. */
    TQ2_0(35, BlockFormat.TQ2_0);

    private final int number;
    private final BlockFormat format;

    BlockType(int number, BlockFormat format) {
        this.number = number;
        this.format = format;
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
        return format.elements();
    }

    /** {@return how many bytes a block takes} */
    public int bytes() {
        return format.bytes();
    }

    /**
     * {@return how many bytes a given count of numbers takes}
     *
     * @param numbers how many numbers
     */
    public long bytes(long numbers) {
        return format.bytes(numbers);
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
        format.unpack(in, at, out, to, blocks);
    }

    /** {@return whether {@link #pack} can write blocks of this type} */
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
        for (int block = 0; block < values.length / elements(); block++) {
            Packing.pack(this, values, block * elements(), to, (long) block * bytes());
        }
        return out;
    }
}
