package dev.lanewise.cpu.elementwise;

import dev.lanewise.cpu.elementwise.Functions.IntegerTest;
import dev.lanewise.cpu.elementwise.Storage.IntegerReader;
import dev.lanewise.cpu.memory.Access;
import java.lang.invoke.MethodHandles;

/** Template, element by element: {@code out = f(a, b)} as truth values. */
final class IntegerTestLoop implements Loop {
    private static final IntegerReader READER = Template.constant(MethodHandles.lookup(), 0, IntegerReader.class);
    private static final IntegerTest FUNCTION = Template.constant(MethodHandles.lookup(), 1, IntegerTest.class);
    private static final int IN_BYTES = Template.constant(MethodHandles.lookup(), 2, Integer.class);

    @Override
    public void run(int pattern, int n, long out, long a, long b, long c) {
        int aStep = (pattern & A_REPEATED) == 0 ? IN_BYTES : 0;
        int bStep = (pattern & B_REPEATED) == 0 ? IN_BYTES : 0;
        for (int i = 0; i < n; i++) {
            Access.i8(out + i, (byte)
                    (FUNCTION.test(READER.get(a + (long) i * aStep), READER.get(b + (long) i * bStep)) ? 1 : 0));
        }
    }
}
