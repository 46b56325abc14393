package dev.lanewise.bench.jmh;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.conv.Convolution2d;
import dev.lanewise.tensor.op.conv.Convolution2dInputGrad;
import dev.lanewise.tensor.op.conv.Convolution2dWeightGrad;
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

/** Convolution and its gradients. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class ConvolutionBenchmark {
    /** Samples, input channels, height and width, output channels, kernel, stride, padding. */
    @Param({"64x1x28x32x3x1x0", "64x32x26x64x3x1x0", "32x64x32x64x3x1x1", "32x512x4x512x3x1x1", "32x64x32x128x1x2x0"})
    public String shape = "";

    private Convolution2d conv = new Convolution2d(1, 0);
    private int size;
    private int kernel;
    private Tensor x = Steps.UNSET;
    private Tensor weight = Steps.UNSET;
    private Tensor gradient = Steps.UNSET;

    /** Makes the operands. */
    @Setup
    public void operands() {
        long[] s = Steps.sizes(shape);
        size = (int) s[2];
        kernel = (int) s[4];
        conv = new Convolution2d((int) s[5], (int) s[6]);
        x = Tensor.randn(s[0], s[1], s[2], s[2]).keep();
        weight = Tensor.randn(s[3], s[1], s[4], s[4]).keep();
        gradient = Tensor.apply(conv, x, weight).keep();
    }

    /** The convolution. */
    @Benchmark
    public void forward() {
        Steps.run(() -> Tensor.apply(conv, x, weight));
    }

    /** The gradient of its input. */
    @Benchmark
    public void inputGradient() {
        Steps.run(() -> Tensor.apply(new Convolution2dInputGrad(conv, size, size), gradient, weight));
    }

    /** The gradient of its weight. */
    @Benchmark
    public void weightGradient() {
        Steps.run(() -> Tensor.apply(new Convolution2dWeightGrad(conv, kernel, kernel), gradient, x));
    }
}
