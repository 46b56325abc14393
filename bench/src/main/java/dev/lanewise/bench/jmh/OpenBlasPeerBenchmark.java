package dev.lanewise.bench.jmh;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The product of square matrices by the machine's OpenBLAS, called through the Foreign Function and Memory API. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class OpenBlasPeerBenchmark {
    /** The size of the matrices. */
    @Param({"32", "128", "512", "1024"})
    public int n;

    private MemorySegment a = MemorySegment.NULL;
    private MemorySegment b = MemorySegment.NULL;
    private MemorySegment c = MemorySegment.NULL;

    /** Makes the operands. */
    @Setup
    public void operands() {
        Arena arena = Arena.ofAuto();
        a = floats(arena);
        b = floats(arena);
        c = floats(arena);
    }

    private MemorySegment floats(Arena arena) {
        long size = (long) n * n;
        MemorySegment values = arena.allocate(size * Float.BYTES, 64);
        for (long i = 0; i < size; i++) {
            values.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (i % 7));
        }
        return values;
    }

    /** {@code c = a b}. */
    @Benchmark
    public void product() {
        OpenBlas.multiply(n, a, b, c);
    }
}
