package dev.lanewise.cpu;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.testkit.conformance.Layout;
import org.junit.jupiter.api.Tag;

/** The conformance suite in all layouts of all types, and with more hostile operands. */
@Tag("long")
final class WholeConformanceTest extends VectorConformanceTest {
    @Override
    protected boolean includes(Op op, DType dtype, Layout layout) {
        return true;
    }

    @Override
    protected int hostileRounds() {
        return 12;
    }
}
