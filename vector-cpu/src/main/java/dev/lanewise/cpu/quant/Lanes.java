package dev.lanewise.cpu.quant;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;

import dev.lanewise.cpu.Species;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Loads that widen. Small, so that they are inlined: addresses are masked by the caller. */
final class Lanes {
    static final VectorSpecies<Float> F32 = Species.F32;
    static final VectorSpecies<Integer> I32 = Species.I32;
    static final int COUNT = Species.F32_LANES;
    static final long VECTOR = Species.VECTOR_BYTES;

    /** The numbers of lanes. */
    static final IntVector INDEX = IntVector.zero(I32).addIndex(1);

    private static final VectorSpecies<Byte> BYTES =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, COUNT * 8)));
    private static final VectorSpecies<Short> SHORTS =
            VectorSpecies.of(short.class, VectorShape.forBitSize(Math.max(64, COUNT * 16)));
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ORDER);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ORDER);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ORDER);

    private Lanes() {}

    static FloatVector load(long at) {
        return FloatVector.fromMemorySegment(F32, ALL, at, Species.ORDER);
    }

    static void store(FloatVector v, long at) {
        v.intoMemorySegment(ALL, at, Species.ORDER);
    }

    /** As many bytes as a vector of floats has lanes; four of them in the lower half of eight. */
    private static ByteVector bytes(long at) {
        return COUNT == 4
                ? IntVector.broadcast(IntVector.SPECIES_64, ALL.get(INT, at)).reinterpretAsBytes()
                : ByteVector.fromMemorySegment(BYTES, ALL, at, ORDER);
    }

    static FloatVector signed(long at) {
        return (FloatVector) bytes(at).convertShape(VectorOperators.B2F, F32, 0);
    }

    static IntVector unsigned(long at) {
        return (IntVector) bytes(at).convertShape(VectorOperators.ZERO_EXTEND_B2I, I32, 0);
    }

    static FloatVector floats(IntVector v) {
        return (FloatVector) v.convertShape(VectorOperators.I2F, F32, 0);
    }

    static IntVector shorts(long at) {
        return (IntVector) ShortVector.fromMemorySegment(SHORTS, ALL, at, ORDER)
                .convertShape(VectorOperators.ZERO_EXTEND_S2I, I32, 0);
    }

    static float half(long at) {
        return Float.float16ToFloat(ALL.get(HALF, at));
    }

    static int integer(long at) {
        return ALL.get(INT, at);
    }

    static long word(long at) {
        return ALL.get(LONG, at);
    }

    static int u8(long at) {
        return ALL.get(ValueLayout.JAVA_BYTE, at) & 0xff;
    }

    static int s8(long at) {
        return ALL.get(ValueLayout.JAVA_BYTE, at);
    }

    static FloatVector broadcast(float x) {
        return FloatVector.broadcast(F32, x);
    }
}
