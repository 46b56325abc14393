package dev.lanewise.bench.jmh;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Update.AdamStep;
import dev.lanewise.tensor.op.Update.SgdStep;
import dev.lanewise.tensor.spi.Storage;
import java.util.ArrayList;
import java.util.List;
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

/** Steps of optimizers over many parameters at once. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class OptimizerBenchmark {
    /** How many parameters of 512 x 512 there are. */
    @Param({"1", "16"})
    public int parameters;

    private static final SgdStep SGD = new SgdStep(1e-3, 0.9, 0, 0, false, false);
    private static final AdamStep ADAM = new AdamStep(1e-3, 0.9, 0.999, 1e-8, 0, false, 1);

    private Tensor[] sgdIn = {};
    private Tensor[] sgdOut = {};
    private Tensor[] adamIn = {};
    private Tensor[] adamOut = {};

    /** Makes parameters, gradients and state. */
    @Setup
    public void operands() {
        List<Tensor> sgdInputs = new ArrayList<>();
        List<Tensor> sgdOutputs = new ArrayList<>();
        List<Tensor> adamInputs = new ArrayList<>();
        List<Tensor> adamOutputs = new ArrayList<>();
        for (int i = 0; i < parameters; i++) {
            Tensor p = Tensor.randn(512, 512).keep();
            Tensor gradient = Tensor.randn(512, 512).keep();
            Tensor mean = Tensor.zeros(512, 512).keep();
            Tensor square = Tensor.zeros(512, 512).keep();
            sgdInputs.addAll(List.of(p, gradient, mean));
            sgdOutputs.addAll(List.of(p, mean));
            adamInputs.addAll(List.of(p, gradient, mean, square));
            adamOutputs.addAll(List.of(p, mean, square));
        }
        sgdIn = sgdInputs.toArray(Tensor[]::new);
        sgdOut = sgdOutputs.toArray(Tensor[]::new);
        adamIn = adamInputs.toArray(Tensor[]::new);
        adamOut = adamOutputs.toArray(Tensor[]::new);
    }

    /** Descent with momentum. */
    @Benchmark
    public void sgd() {
        Storage.update(SGD, sgdOut, sgdIn);
    }

    /** Adam. */
    @Benchmark
    public void adam() {
        Storage.update(ADAM, adamOut, adamIn);
    }
}
