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

/** Products of square matrices, and the linear layer. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class GemmBenchmark {
    /** The size of the matrices. */
    @Param({"32", "128", "512", "1024"})
    public int n;

    private Tensor a = Steps.UNSET;
    private Tensor b = Steps.UNSET;
    private Tensor bias = Steps.UNSET;

    /** Makes the operands. */
    @Setup
    public void operands() {
        a = Tensor.randn(n, n).keep();
        b = Tensor.randn(n, n).keep();
        bias = Tensor.randn(n).keep();
    }

    /** {@code a b}. */
    @Benchmark
    public void product() {
        Steps.run(() -> a.matmul(b));
    }

    /** {@code a^T b}, the gradient of a weight. */
    @Benchmark
    public void transposedLeft() {
        Steps.run(() -> a.transpose().matmul(b));
    }

    /** {@code a b^T}. */
    @Benchmark
    public void transposedRight() {
        Steps.run(() -> a.matmul(b.transpose()));
    }

    /** {@code relu(a b^T + bias)}. */
    @Benchmark
    public void linear() {
        Steps.run(() -> a.linearRelu(b, bias));
    }
}
