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

/** Softmax, cross-entropy and layer normalization over rows. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class SoftmaxBenchmark {
    /** Rows and columns. */
    @Param({"128x10", "1024x1024"})
    public String shape = "";

    private Tensor x = Steps.UNSET;
    private Tensor classes = Steps.UNSET;
    private Tensor weight = Steps.UNSET;
    private Tensor bias = Steps.UNSET;

    /** Makes the operands. */
    @Setup
    public void operands() {
        long[] sizes = Steps.sizes(shape);
        x = Tensor.randn(sizes).keep();
        classes = Tensor.randint(0, sizes[1], sizes[0]).keep();
        weight = Tensor.randn(sizes[1]).keep();
        bias = Tensor.randn(sizes[1]).keep();
    }

    /** Softmax. */
    @Benchmark
    public void softmax() {
        Steps.run(() -> x.softmax(1));
    }

    /** Mean cross-entropy. */
    @Benchmark
    public void crossEntropy() {
        Steps.run(() -> x.crossEntropy(classes));
    }

    /** Layer normalization. */
    @Benchmark
    public void layerNorm() {
        Steps.run(() -> x.layerNorm(1, weight, bias, 1e-5));
    }
}
