package dev.lanewise.cpu;

import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** The vector species every CPU kernel uses: the widest this machine prefers, one per element type. */
public final class Species {
    /** Eight-bit integers. */
    public static final VectorSpecies<Byte> I8 = ByteVector.SPECIES_PREFERRED;

    /** Sixteen-bit integers, also the storage of 16-bit floats. */
    public static final VectorSpecies<Short> I16 = ShortVector.SPECIES_PREFERRED;

    /** 32-bit integers. */
    public static final VectorSpecies<Integer> I32 = IntVector.SPECIES_PREFERRED;

    /** 64-bit integers. */
    public static final VectorSpecies<Long> I64 = LongVector.SPECIES_PREFERRED;

    /** Single precision. */
    public static final VectorSpecies<Float> F32 = FloatVector.SPECIES_PREFERRED;

    /** Single precision, half a vector: as many lanes as {@link #F64}. */
    public static final VectorSpecies<Float> F32_HALF =
            VectorSpecies.of(float.class, VectorShape.forBitSize(F32.vectorBitSize() / 2));

    /** Double precision. */
    public static final VectorSpecies<Double> F64 = DoubleVector.SPECIES_PREFERRED;

    /** Lanes of {@link #F32} and {@link #I32}. */
    public static final int F32_LANES = F32.length();

    /** Lanes of {@link #F64} and {@link #I64}. */
    public static final int F64_LANES = F64.length();

    /** Bytes in one vector of any species here. */
    public static final int VECTOR_BYTES = F32.vectorByteSize();

    /** Byte order of all tensor memory. */
    public static final ByteOrder ORDER = ByteOrder.nativeOrder();

    private Species() {}
}
