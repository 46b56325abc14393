package dev.lanewise.cpu.conv;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

final class Product {
    private Product() {}

    static void multiply(int eb, long m, long n, long k, MemorySegment a, long aAt, long aRow, long aCol,
            MemorySegment b, long bAt, long bRow, long bCol, double beta, MemorySegment c, long cAt) {
        for (long i = 0; i < m; i++) for (long j = 0; j < n; j++) {
            double s = 0;
            for (long q = 0; q < k; q++)
                s += eb == 4 ? (double) a.get(ValueLayout.JAVA_FLOAT, aAt + 4 * (i * aRow + q * aCol)) * b.get(ValueLayout.JAVA_FLOAT, bAt + 4 * (q * bRow + j * bCol))
                        : a.get(ValueLayout.JAVA_DOUBLE, aAt + 8 * (i * aRow + q * aCol)) * b.get(ValueLayout.JAVA_DOUBLE, bAt + 8 * (q * bRow + j * bCol));
            if (eb == 4) { long at = cAt + 4 * (i * n + j); c.set(ValueLayout.JAVA_FLOAT, at, (float) (s + (beta == 0 ? 0 : beta * c.get(ValueLayout.JAVA_FLOAT, at)))); }
            else { long at = cAt + 8 * (i * n + j); c.set(ValueLayout.JAVA_DOUBLE, at, s + (beta == 0 ? 0 : beta * c.get(ValueLayout.JAVA_DOUBLE, at))); }
        }
    }
}
