package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.spi.HostBuffer;
import dev.lanewise.tensor.spi.Storage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The bytes of operands in host memory, which no operation may change: neither by intent nor by writing past its result. */
final class Untouched {
    private final Tensor[] operands;
    private final byte[][] before;

    Untouched(Tensor[] operands) {
        this.operands = operands;
        before = new byte[operands.length][];
        for (int i = 0; i < operands.length; i++) {
            if (Storage.buffer(operands[i]) instanceof HostBuffer host) {
                before[i] = host.segment().toArray(ValueLayout.JAVA_BYTE);
            }
        }
    }

    void check() {
        for (int i = 0; i < operands.length; i++) {
            if (Storage.buffer(operands[i]) instanceof HostBuffer host) {
                long difference = MemorySegment.ofArray(before[i]).mismatch(host.segment());
                if (difference >= 0) {
                    throw new AssertionError("operand " + i + " has changed from byte " + difference + " on");
                }
            }
        }
    }
}
