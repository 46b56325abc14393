package dev.lanewise.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
final class GradientBucketsTest {
    /** Two ranks, of which the other has the same numbers. */
    private static final class Twin implements Communicator {
        final CountDownLatch summed = new CountDownLatch(1);

        @Override
        public int rank() {
            return 0;
        }

        @Override
        public int size() {
            return 2;
        }

        @Override
        public void allReduce(MemorySegment data, DType type) {
            assertThat(type).isEqualTo(DType.F32);
            for (long i = 0; i < data.byteSize() / Float.BYTES; i++) {
                data.setAtIndex(ValueLayout.JAVA_FLOAT, i, 2 * data.getAtIndex(ValueLayout.JAVA_FLOAT, i));
            }
            summed.countDown();
        }

        @Override
        public void broadcast(MemorySegment data, int root) {}

        @Override
        public void barrier() {}

        @Override
        public void abort(String reason) {}

        @Override
        public void close() {}
    }

    /** The backward pass waits in the first layer until a bucket of the last one is through: sent later, none would be. */
    @Test
    void bucketsGoOutWhileTheBackwardPassRunsOn() {
        var model = new Sequential(new Linear(4, 5, new Rng(1)), new ReLU(), new Linear(5, 3, new Rng(2)));
        Tensor x = new Rng(3).randn(DType.F32, 6, 4);
        Gradients alone = Autograd.gradients(model.forward(x).square().sum());
        Twin twin = new Twin();
        Runnable unhook = model.hookBackward("0", gradient -> {
            assertThat(soon(twin.summed)).isTrue();
            return gradient;
        });
        try (Courier courier = new Courier(twin)) {
            Gradients both = new GradientBuckets(courier, model.parameters(), 1)
                    .of(model.forward(x).square().sum());
            for (Parameter parameter : model.parameters()) {
                float[] doubled = alone.of(parameter.leaf()).mul(2).flatten().toFloatArray();
                assertThat(both.of(parameter.leaf()).flatten().toFloatArray()).containsExactly(doubled, within(1e-5f));
            }
            assertThat(courier.seconds()).isPositive();
        } finally {
            unhook.run();
        }
    }

    private static boolean soon(CountDownLatch latch) {
        try {
            return latch.await(2, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
