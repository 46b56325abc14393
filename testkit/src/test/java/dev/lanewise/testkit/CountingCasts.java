package dev.lanewise.testkit;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Cast;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.BackendInfo;
import dev.lanewise.tensor.spi.Buffer;
import java.lang.foreign.MemorySegment;
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
                .filter(t -> t.shape().equals(shape) && !t.buffer().isReleased())
                .count();
    }

    Backend around(Backend inner) {
        return new Backend() {
            @Override
            public void execute(Op op, Tensor[] inputs, Tensor[] outputs) {
                if (counting && op instanceof Cast cast && cast.to().bytes() == 2) {
                    results.add(outputs[0]);
                }
                inner.execute(op, inputs, outputs);
            }

            @Override
            public Device device() {
                return inner.device();
            }

            @Override
            public Buffer allocate(long bytes) {
                return inner.allocate(bytes);
            }

            @Override
            public boolean supports(Op.Fused op, Tensor[] inputs) {
                return inner.supports(op, inputs);
            }

            @Override
            public void copyIn(MemorySegment source, Buffer target, long byteOffset) {
                inner.copyIn(source, target, byteOffset);
            }

            @Override
            public void copyOut(Buffer source, long byteOffset, MemorySegment target) {
                inner.copyOut(source, byteOffset, target);
            }

            @Override
            public void synchronize() {
                inner.synchronize();
            }

            @Override
            public BackendInfo describe() {
                return inner.describe();
            }
        };
    }
}
