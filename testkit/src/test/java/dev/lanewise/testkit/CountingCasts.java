package dev.lanewise.testkit;

import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Cast;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.DelegatingBackend;
import dev.lanewise.tensor.spi.Storage;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Sees the casts to 16 bits that a backend runs, and whether their results are still held. */
final class CountingCasts {
    private final List<Tensor> results = new CopyOnWriteArrayList<>();
    private volatile boolean counting;

    void start() {
        counting = true;
    }

    void stop() {
        counting = false;
        results.clear();
    }

    /** How many tensors of a shape were cast. */
    long of(Shape shape) {
        return results.stream().filter(t -> t.shape().equals(shape)).count();
    }

    /** How many of those are held. */
    long held(Shape shape) {
        return results.stream()
                .filter(t -> t.shape().equals(shape) && !Storage.buffer(t).isReleased())
                .count();
    }

    Backend around(Backend inner) {
        return new DelegatingBackend(inner) {
            @Override
            public void execute(Op op, Tensor[] inputs, Tensor[] outputs) {
                if (counting && op instanceof Cast cast && cast.to().bytes() == 2) {
                    results.add(outputs[0]);
                }
                super.execute(op, inputs, outputs);
            }
        };
    }
}
