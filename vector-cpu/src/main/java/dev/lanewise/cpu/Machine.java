package dev.lanewise.cpu;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;

/** Whether the kernels can run in this JVM with its flags; it is asked before any of their classes is loaded. */
final class Machine {
    /** Kernels use vectors half as wide as the widest, and there are none below 64 bits. */
    private static final int LEAST_BITS = 128;

    private Machine() {}

    /** Why they can't, and what to do; or empty. */
    static Optional<String> obstacle() {
        int bits = FloatVector.SPECIES_PREFERRED.vectorBitSize();
        if (bits < LEAST_BITS) {
            return Optional.of("the JVM offers vectors of " + bits + " bits (expected " + LEAST_BITS
                    + " or more); leave out -XX:MaxVectorSize or give it 16 or more");
        }
        try {
            MemorySegment.NULL.reinterpret(0);
            return Optional.empty();
        } catch (IllegalCallerException denied) {
            Module module = Machine.class.getModule();
            return Optional.of("native access is denied to it (--illegal-native-access=deny); add"
                    + " --enable-native-access=" + (module.isNamed() ? module.getName() : "ALL-UNNAMED")
                    + " to the java command line");
        }
    }
}
