package dev.lanewise.bench.jmh;

import dev.lanewise.bench.SparseSteps;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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

/** Training steps of a large table with gradients by rows. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class SparseStepBenchmark {
    /** The optimizer. */
    @Param
    public SparseSteps.Kind kind = SparseSteps.Kind.SGD;

    private @Nullable SparseSteps steps;

    /** Makes the table, and the numbers of some batches. */
    @Setup
    public void table() {
        steps = new SparseSteps(kind);
    }

    /** One step. */
    @Benchmark
    public void step() {
        Objects.requireNonNull(steps).run();
    }
}
