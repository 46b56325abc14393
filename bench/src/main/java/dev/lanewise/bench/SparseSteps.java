package dev.lanewise.bench;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.optim.Adagrad;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.nn.optim.SparseAdam;
import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;

/** Training steps of a large table with gradients by rows; {@code bench/peers/pytorch_peer.py sparse} makes the same ones. */
public final class SparseSteps implements Runnable {
    private static final long ROWS = 1_000_000;
    private static final long SIZE = 64;
    private static final long LOOKED_UP = 1024;
    private static final int BATCHES = 16;

    /** What changes the rows. */
    public enum Kind {
        /** Gradient descent without momentum. */
        SGD("sgd"),
        /** {@link dev.lanewise.nn.optim.SparseAdam}. */
        SPARSE_ADAM("sparse_adam"),
        /** {@link dev.lanewise.nn.optim.Adagrad}. */
        ADAGRAD("adagrad");

        /** Its name in the peer's script. */
        final String id;

        Kind(String id) {
            this.id = id;
        }
    }

    private final Tensor[] ids = new Tensor[BATCHES];
    private final Embedding table;
    private final Optimizer optimizer;
    private int next;

    /**
     * Makes the table, and the numbers of some batches.
     *
     * @param kind what changes the rows
     */
    public SparseSteps(Kind kind) {
        Rng rng = new Rng(0);
        table = Embedding.sparse(ROWS, SIZE, rng);
        optimizer = switch (kind) {
            case SGD -> new Sgd(table.parameters(), 0.01);
            case SPARSE_ADAM -> new SparseAdam(table.parameters(), 1e-3);
            case ADAGRAD -> new Adagrad(table.parameters(), 0.01);
        };
        for (int i = 0; i < BATCHES; i++) {
            ids[i] = rng.randint(0, ROWS, LOOKED_UP).keep();
        }
    }

    /** Makes one step. */
    @Override
    public void run() {
        try (var ignored = Scope.open("step")) {
            Tensor looked = table.forward(ids[next++ % BATCHES]);
            optimizer.step(Autograd.gradients(looked.square().sum()));
        }
    }
}
