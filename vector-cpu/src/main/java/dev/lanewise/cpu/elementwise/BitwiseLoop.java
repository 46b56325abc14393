package dev.lanewise.cpu.elementwise;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.Species;
import dev.lanewise.tensor.op.elementwise.Binary;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@code out = a op b} bit by bit, a vector of bytes at a time whatever the type, where both operands are dense. */
final class BitwiseLoop implements Loop {
    private static final VectorSpecies<Byte> SPECIES = ByteVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    private final Binary op;
    private final int elementBytes;
    private final Loop repeated;

    /**
     * Makes the loop of an operation.
     *
     * @param op AND, OR or XOR
     * @param repeated takes rows of which an operand is one element
     */
    BitwiseLoop(Binary op, int elementBytes, Loop repeated) {
        this.op = op;
        this.elementBytes = elementBytes;
        this.repeated = repeated;
    }

    static boolean computes(Binary op) {
        return op == Binary.AND || op == Binary.OR || op == Binary.XOR;
    }

    @Override
    public void run(int pattern, int n, long out, long a, long b, long c) {
        if (pattern != 0) {
            repeated.run(pattern, n, out, a, b, c);
            return;
        }
        long bytes = (long) n * elementBytes;
        long whole = bytes - bytes % LANES;
        switch (op) {
            case AND -> and(whole, out, a, b);
            case OR -> or(whole, out, a, b);
            default -> xor(whole, out, a, b);
        }
        for (long i = whole; i < bytes; i++) {
            int x = ALL.get(ValueLayout.JAVA_BYTE, (a + i) & MASK);
            int y = ALL.get(ValueLayout.JAVA_BYTE, (b + i) & MASK);
            ALL.set(ValueLayout.JAVA_BYTE, (out + i) & MASK, (byte) op.apply(x, y));
        }
    }

    private static void and(long bytes, long out, long a, long b) {
        for (long i = 0; i < bytes; i += LANES) {
            load(a + i).and(load(b + i)).intoMemorySegment(ALL, (out + i) & MASK, Species.ORDER);
        }
    }

    private static void or(long bytes, long out, long a, long b) {
        for (long i = 0; i < bytes; i += LANES) {
            load(a + i).or(load(b + i)).intoMemorySegment(ALL, (out + i) & MASK, Species.ORDER);
        }
    }

    private static void xor(long bytes, long out, long a, long b) {
        for (long i = 0; i < bytes; i += LANES) {
            load(a + i)
                    .lanewise(VectorOperators.XOR, load(b + i))
                    .intoMemorySegment(ALL, (out + i) & MASK, Species.ORDER);
        }
    }

    private static ByteVector load(long address) {
        return ByteVector.fromMemorySegment(SPECIES, ALL, address & MASK, Species.ORDER);
    }
}
