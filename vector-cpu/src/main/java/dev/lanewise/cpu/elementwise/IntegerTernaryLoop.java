package dev.lanewise.cpu.elementwise;

import dev.lanewise.cpu.elementwise.Functions.IntegerTernary;
import dev.lanewise.cpu.elementwise.Storage.IntegerReader;
import dev.lanewise.cpu.elementwise.Storage.IntegerWriter;
import java.lang.invoke.MethodHandles;

/** Template, element by element: {@code out = f(a, b, c)}. */
final class IntegerTernaryLoop implements Loop {
    private static final IntegerReader READER = Template.constant(MethodHandles.lookup(), 0, IntegerReader.class);
    private static final IntegerTernary FUNCTION = Template.constant(MethodHandles.lookup(), 1, IntegerTernary.class);
    private static final IntegerWriter WRITER = Template.constant(MethodHandles.lookup(), 2, IntegerWriter.class);
    private static final int IN_BYTES = Template.constant(MethodHandles.lookup(), 3, Integer.class);
    private static final int OUT_BYTES = Template.constant(MethodHandles.lookup(), 4, Integer.class);

    @Override
    public void run(int pattern, int n, long out, long a, long b, long c) {
        int aStep = (pattern & A_REPEATED) == 0 ? IN_BYTES : 0;
        int bStep = (pattern & B_REPEATED) == 0 ? IN_BYTES : 0;
        int cStep = (pattern & C_REPEATED) == 0 ? IN_BYTES : 0;
        for (int i = 0; i < n; i++) {
            long x = READER.get(a + (long) i * aStep);
            long y = READER.get(b + (long) i * bStep);
            long z = READER.get(c + (long) i * cStep);
            WRITER.put(out + (long) i * OUT_BYTES, FUNCTION.apply(x, y, z));
        }
    }
}
