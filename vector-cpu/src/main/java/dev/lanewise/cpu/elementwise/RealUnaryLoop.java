package dev.lanewise.cpu.elementwise;

import dev.lanewise.cpu.elementwise.Functions.RealUnary;
import dev.lanewise.cpu.elementwise.Storage.RealReader;
import dev.lanewise.cpu.elementwise.Storage.RealWriter;
import java.lang.invoke.MethodHandles;

/** Template, element by element: {@code out = f(a)}. */
final class RealUnaryLoop implements Loop {
    private static final RealReader READER = Template.constant(MethodHandles.lookup(), 0, RealReader.class);
    private static final RealUnary FUNCTION = Template.constant(MethodHandles.lookup(), 1, RealUnary.class);
    private static final RealWriter WRITER = Template.constant(MethodHandles.lookup(), 2, RealWriter.class);
    private static final int IN_BYTES = Template.constant(MethodHandles.lookup(), 3, Integer.class);
    private static final int OUT_BYTES = Template.constant(MethodHandles.lookup(), 4, Integer.class);

    @Override
    public void run(int pattern, int n, long out, long a, long b, long c) {
        int aStep = (pattern & A_REPEATED) == 0 ? IN_BYTES : 0;
        for (int i = 0; i < n; i++) {
            double x = READER.get(a + (long) i * aStep);
            WRITER.put(out + (long) i * OUT_BYTES, FUNCTION.apply(x));
        }
    }
}
