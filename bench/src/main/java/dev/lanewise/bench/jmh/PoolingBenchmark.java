package dev.lanewise.bench.jmh;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.Window;
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

/** Pooling of images and batch normalization. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class PoolingBenchmark {
    /** Samples, channels, height and width. */
    @Param({"64x64x24x24"})
    public String shape = "";

    private Tensor x = Steps.UNSET;
    private Tensor weight = Steps.UNSET;
    private Tensor bias = Steps.UNSET;

    /** Makes the operands. */
    @Setup
    public void operands() {
        long[] sizes = Steps.sizes(shape);
        x = Tensor.randn(sizes).keep();
        weight = Tensor.randn(sizes[1]).keep();
        bias = Tensor.randn(sizes[1]).keep();
    }

    /** The largest of 2 x 2. */
    @Benchmark
    public void maximum() {
        Steps.run(() -> x.maxPool2d(Window.of(2)));
    }

    /** The mean of 2 x 2. */
    @Benchmark
    public void average() {
        Steps.run(() -> x.avgPool2d(Window.of(2), true));
    }

    /** Normalization by the batch. */
    @Benchmark
    public void batchNorm() {
        Steps.run(() -> x.batchNorm(weight, bias, 1e-5));
    }
}
