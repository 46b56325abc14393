package dev.lanewise.cpu.elementwise;

import dev.lanewise.cpu.elementwise.Functions.IntegerTernary;
import dev.lanewise.cpu.elementwise.Storage.IntegerReader;
import dev.lanewise.cpu.elementwise.Storage.IntegerWriter;
import dev.lanewise.cpu.memory.Access;
import java.lang.invoke.MethodHandles;

/** Template, element by element: {@code out = f(a, b, c)} with b and c one 64-bit integer each, whatever a's type. */
final class IntegerTernaryLoop implements Loop {
    private static final IntegerReader READER = Template.constant(MethodHandles.lookup(), 0, IntegerReader.class);
    private static final IntegerTernary FUNCTION = Template.constant(MethodHandles.lookup(), 1, IntegerTernary.class);
    private static final IntegerWriter WRITER = Template.constant(MethodHandles.lookup(), 2, IntegerWriter.class);
    private static final int IN_BYTES = Template.constant(MethodHandles.lookup(), 3, Integer.class);
    private static final int OUT_BYTES = Template.constant(MethodHandles.lookup(), 4, Integer.class);

    @Override
    public boolean accepts(int pattern) {
        return pattern == (B_REPEATED | C_REPEATED);
    }

    @Override
    public void run(int pattern, int n, long out, long a, long b, long c) {
        long y = Access.i64(b);
        long z = Access.i64(c);
        for (int i = 0; i < n; i++) {
            long x = READER.get(a + (long) i * IN_BYTES);
            WRITER.put(out + (long) i * OUT_BYTES, FUNCTION.apply(x, y, z));
        }
    }
}
