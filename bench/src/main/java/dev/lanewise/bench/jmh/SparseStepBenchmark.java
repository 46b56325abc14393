package dev.lanewise.bench.jmh;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.optim.Adagrad;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.nn.optim.SparseAdam;
import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
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

/** Training steps of a large table with gradients by rows; {@code bench/peers/pytorch_peer.py sparse} makes the same ones. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class SparseStepBenchmark {
    private static final long ROWS = 1_000_000;
    private static final long SIZE = 64;
    private static final long LOOKED_UP = 1024;

    /** What changes the rows. */
    public enum Kind {
        /** Gradient descent without momentum. */
        SGD,
        /** {@link dev.lanewise.nn.optim.SparseAdam}. */
        SPARSE_ADAM,
        /** {@link dev.lanewise.nn.optim.Adagrad}. */
        ADAGRAD
    }

    /** The optimizer. */
    @Param
    public Kind kind = Kind.SGD;

    private final Tensor[] ids = new Tensor[16];
    private @Nullable Embedding table;
    private @Nullable Optimizer optimizer;
    private int next;

    /** Makes the table, and the numbers of some batches. */
    @Setup
    public void table() {
        Rng rng = new Rng(0);
        Embedding made = Embedding.sparse(ROWS, SIZE, rng);
        optimizer = switch (kind) {
            case SGD -> new Sgd(made.parameters(), 0.01);
            case SPARSE_ADAM -> new SparseAdam(made.parameters(), 1e-3);
            case ADAGRAD -> new Adagrad(made.parameters(), 0.01);
        };
        table = made;
        for (int i = 0; i < ids.length; i++) {
            ids[i] = rng.randint(0, ROWS, LOOKED_UP).keep();
        }
    }

    /** One step. */
    @Benchmark
    public void step() {
        try (var ignored = dev.lanewise.tensor.Scope.open("step")) {
            Tensor looked = Objects.requireNonNull(table).forward(ids[next++ % ids.length]);
            Objects.requireNonNull(optimizer)
                    .step(Autograd.gradients(looked.square().sum()));
        }
    }
}
