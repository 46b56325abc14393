package dev.lanewise.bench.jmh;

import dev.lanewise.tensor.Tensor;
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

/** Elementwise operations on contiguous, broadcast and strided operands. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class ElementwiseBenchmark {
    /** Rows and columns of the operands. */
    @Param({"64", "1024"})
    public int n;

    private Tensor x = Steps.UNSET;
    private Tensor y = Steps.UNSET;
    private Tensor row = Steps.UNSET;

    /** Makes the operands. */
    @Setup
    public void operands() {
        x = Tensor.randn(n, n).keep();
        y = Tensor.randn(n, n).keep();
        row = Tensor.randn(n).keep();
    }

    /** Two contiguous operands. */
    @Benchmark
    public void add() {
        Steps.run(() -> x.add(y));
    }

    /** A row added to every row. */
    @Benchmark
    public void addRow() {
        Steps.run(() -> x.add(row));
    }

    /** A strided operand. */
    @Benchmark
    public void addTransposed() {
        Steps.run(() -> x.add(y.transpose()));
    }

    /** max(x, 0). */
    @Benchmark
    public void relu() {
        Steps.run(() -> x.relu());
    }

    /** e^x. */
    @Benchmark
    public void exp() {
        Steps.run(() -> x.exp());
    }

    /** tanh. */
    @Benchmark
    public void tanh() {
        Steps.run(() -> x.tanh());
    }

    /** GELU. */
    @Benchmark
    public void gelu() {
        Steps.run(() -> x.gelu());
    }
}
