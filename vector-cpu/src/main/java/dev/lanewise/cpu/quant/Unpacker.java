package dev.lanewise.cpu.quant;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;
import static dev.lanewise.cpu.quant.Lanes.COUNT;
import static dev.lanewise.cpu.quant.Lanes.broadcast;
import static dev.lanewise.cpu.quant.Lanes.floats;
import static dev.lanewise.cpu.quant.Lanes.half;
import static dev.lanewise.cpu.quant.Lanes.integer;
import static dev.lanewise.cpu.quant.Lanes.signed;
import static dev.lanewise.cpu.quant.Lanes.store;
import static dev.lanewise.cpu.quant.Lanes.unsigned;

import dev.lanewise.tensor.op.matrix.BlockFormat;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Widens blocks to floats in memory, with the bits of {@link BlockFormat#unpack}. */
interface Unpacker {
    /** Widens whole blocks that lie one after the other. */
    void unpack(long in, long out, int blocks);

    /** The one of a format. */
    static Unpacker of(BlockFormat format) {
        return switch (format) {
            case F32 -> (in, out, n) -> MemorySegment.copy(ALL, in, ALL, out, n * 4L);
            case F16 -> Unpacker::f16;
            case BF16 -> Unpacker::bf16;
            case I8 -> Unpacker::i8;
            case Q8_0 -> Unpacker::q8s0;
            case Q4_0 -> Unpacker::q4s0;
            case Q5_0 -> Unpacker::q5s0;
            case Q4_K -> Unpacker::q4k;
            case Q5_K -> Unpacker::q5k;
            case Q6_K -> Unpacker::q6k;
            case Q4_1, Q5_1, Q2_K, Q3_K, IQ4_NL, IQ4_XS, TQ1_0, TQ2_0 -> (in, out, n) -> scalar(format, in, out, n);
        };
    }

    private static void scalar(BlockFormat format, long in, long out, int blocks) {
        float[] values = new float[format.elements()];
        for (int i = 0; i < blocks; i++) {
            format.unpack(ALL, in + (long) i * format.bytes(), values, 0, 1);
            MemorySegment.copy(
                    values, 0, ALL, ValueLayout.JAVA_FLOAT, out + (long) i * values.length * 4, values.length);
        }
    }

    private static void i8(long in, long out, int n) {
        int i = 0;
        for (; i <= n - COUNT; i += COUNT) {
            store(signed((in + i) & MASK), (out + i * 4L) & MASK);
        }
        for (; i < n; i++) {
            ALL.set(ValueLayout.JAVA_FLOAT, (out + i * 4L) & MASK, Lanes.s8((in + i) & MASK));
        }
    }

    private static void bf16(long in, long out, int n) {
        int i = 0;
        for (; i <= n - COUNT && COUNT > 4; i += COUNT) {
            IntVector bits = Lanes.shorts((in + i * 2L) & MASK).lanewise(VectorOperators.LSHL, 16);
            store(bits.reinterpretAsFloats(), (out + i * 4L) & MASK);
        }
        for (; i < n; i++) {
            int bits = (Lanes.u8((in + i * 2L) & MASK) | Lanes.u8((in + i * 2L + 1) & MASK) << 8) << 16;
            ALL.set(ValueLayout.JAVA_FLOAT, (out + i * 4L) & MASK, Float.intBitsToFloat(bits));
        }
    }

    /** The exponent is moved by a product with a power of 2, which is exact also for the smallest numbers. */
    private static void f16(long in, long out, int n) {
        int i = 0;
        for (; i <= n - COUNT && COUNT > 4; i += COUNT) {
            IntVector bits = Lanes.shorts((in + i * 2L) & MASK);
            IntVector sign = bits.and(0x8000).lanewise(VectorOperators.LSHL, 16);
            IntVector magnitude = bits.and(0x7fff).lanewise(VectorOperators.LSHL, 13);
            IntVector scaled = magnitude.reinterpretAsFloats().mul(0x1p112f).reinterpretAsInts();
            // the largest exponent is that of infinities and NaN
            VectorMask<Integer> special = magnitude.compare(VectorOperators.GE, 0x0f800000);
            IntVector result =
                    scaled.lanewise(VectorOperators.OR, 0x7f800000, special).or(sign);
            store(result.reinterpretAsFloats(), (out + i * 4L) & MASK);
        }
        for (; i < n; i++) {
            ALL.set(ValueLayout.JAVA_FLOAT, (out + i * 4L) & MASK, half((in + i * 2L) & MASK));
        }
    }

    private static void q8s0(long in, long out, int blocks) {
        for (int b = 0; b < blocks; b++) {
            in &= MASK;
            out &= MASK;
            FloatVector scale = broadcast(half(in));
            for (int c = 0; c < 32; c += COUNT) {
                store(signed(in + 2 + c).mul(scale), out + c * 4L);
            }
            in += 34;
            out += 128;
        }
    }

    private static void q4s0(long in, long out, int blocks) {
        for (int b = 0; b < blocks; b++) {
            in &= MASK;
            out &= MASK;
            FloatVector scale = broadcast(half(in));
            for (int c = 0; c < 16; c += COUNT) {
                IntVector pairs = unsigned(in + 2 + c);
                store(floats(pairs.and(15).sub(8)).mul(scale), out + c * 4L);
                store(floats(pairs.lanewise(VectorOperators.LSHR, 4).sub(8)).mul(scale), out + 64 + c * 4L);
            }
            in += 18;
            out += 128;
        }
    }

    private static void q5s0(long in, long out, int blocks) {
        for (int b = 0; b < blocks; b++) {
            in &= MASK;
            out &= MASK;
            FloatVector scale = broadcast(half(in));
            IntVector high = IntVector.broadcast(Lanes.I32, integer(in + 2));
            for (int c = 0; c < 16; c += COUNT) {
                IntVector pairs = unsigned(in + 6 + c);
                IntVector place = Lanes.INDEX.add(c);
                IntVector low = pairs.and(15).or(bit(high, place));
                IntVector up = pairs.lanewise(VectorOperators.LSHR, 4).or(bit(high, place.add(16)));
                store(floats(low.sub(16)).mul(scale), out + c * 4L);
                store(floats(up.sub(16)).mul(scale), out + 64 + c * 4L);
            }
            in += 22;
            out += 128;
        }
    }

    /** The bits at the given places, as 0 or 16. */
    private static IntVector bit(IntVector bits, IntVector place) {
        return bits.lanewise(VectorOperators.LSHR, place).and(1).lanewise(VectorOperators.LSHL, 4);
    }

    private static void q4k(long in, long out, int blocks) {
        for (int b = 0; b < blocks; b++) {
            in &= MASK;
            out &= MASK;
            float scale = half(in);
            float least = half(in + 2);
            int word0 = integer(in + 4);
            int word1 = integer(in + 8);
            int word2 = integer(in + 12);
            int scales0 = KScales.first(word0);
            int scales1 = KScales.lastScales(word0, word2);
            int least0 = KScales.first(word1);
            int least1 = KScales.lastLeast(word1, word2);
            for (int pair = 0; pair < 4; pair++) {
                int s = pair < 2 ? scales0 : scales1;
                int m = pair < 2 ? least0 : least1;
                int place = pair % 2 * 2;
                FloatVector s0 = broadcast(scale * KScales.at(s, place));
                FloatVector s1 = broadcast(scale * KScales.at(s, place + 1));
                FloatVector m0 = broadcast(least * KScales.at(m, place));
                FloatVector m1 = broadcast(least * KScales.at(m, place + 1));
                for (int c = 0; c < 32; c += COUNT) {
                    IntVector pairs = unsigned(in + 16 + pair * 32L + c);
                    long to = out + (pair * 64 + c) * 4L;
                    store(floats(pairs.and(15)).mul(s0).sub(m0), to);
                    store(
                            floats(pairs.lanewise(VectorOperators.LSHR, 4))
                                    .mul(s1)
                                    .sub(m1),
                            to + 128);
                }
            }
            in += 144;
            out += 1024;
        }
    }

    private static void q5k(long in, long out, int blocks) {
        for (int b = 0; b < blocks; b++) {
            in &= MASK;
            out &= MASK;
            float scale = half(in);
            float least = half(in + 2);
            int word0 = integer(in + 4);
            int word1 = integer(in + 8);
            int word2 = integer(in + 12);
            int scales0 = KScales.first(word0);
            int scales1 = KScales.lastScales(word0, word2);
            int least0 = KScales.first(word1);
            int least1 = KScales.lastLeast(word1, word2);
            for (int pair = 0; pair < 4; pair++) {
                int s = pair < 2 ? scales0 : scales1;
                int m = pair < 2 ? least0 : least1;
                int place = pair % 2 * 2;
                FloatVector s0 = broadcast(scale * KScales.at(s, place));
                FloatVector s1 = broadcast(scale * KScales.at(s, place + 1));
                FloatVector m0 = broadcast(least * KScales.at(m, place));
                FloatVector m1 = broadcast(least * KScales.at(m, place + 1));
                for (int c = 0; c < 32; c += COUNT) {
                    IntVector pairs = unsigned(in + 48 + pair * 32L + c);
                    IntVector high = unsigned(in + 16 + c).lanewise(VectorOperators.LSHR, 2 * pair);
                    IntVector low = pairs.and(15).or(high.and(1).lanewise(VectorOperators.LSHL, 4));
                    IntVector up = pairs.lanewise(VectorOperators.LSHR, 4)
                            .or(high.and(2).lanewise(VectorOperators.LSHL, 3));
                    long to = out + (pair * 64 + c) * 4L;
                    store(floats(low).mul(s0).sub(m0), to);
                    store(floats(up).mul(s1).sub(m1), to + 128);
                }
            }
            in += 176;
            out += 1024;
        }
    }

    private static void q6k(long in, long out, int blocks) {
        for (int b = 0; b < blocks; b++) {
            in &= MASK;
            out &= MASK;
            float scale = half(in + 208);
            long scales0 = Lanes.word(in + 192);
            long scales1 = Lanes.word(in + 200);
            for (int i = 0; i < 2; i++) {
                long scales = i == 0 ? scales0 : scales1;
                // two of four quarters at a time: the conversions of all are more than C2 inlines
                for (int part = 0; part < 2; part++) {
                    for (int c = 0; c < 32; c += COUNT) {
                        long own = scales >>> part * 16 + c / 16 * 8;
                        IntVector pairs = unsigned(in + i * 64L + part * 32L + c);
                        IntVector high = unsigned(in + 128 + i * 32L + c).lanewise(VectorOperators.LSHR, 2 * part);
                        IntVector low = pairs.and(15).or(high.and(3).lanewise(VectorOperators.LSHL, 4));
                        IntVector up = pairs.lanewise(VectorOperators.LSHR, 4).or(high.and(48));
                        long to = out + (i * 128 + part * 32 + c) * 4L;
                        store(floats(low.sub(32)).mul(broadcast(scale * (byte) own)), to);
                        store(floats(up.sub(32)).mul(broadcast(scale * (byte) (own >>> 32))), to + 256);
                    }
                }
            }
            in += 210;
            out += 1024;
        }
    }
}
