package dev.lanewise.cpu.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.cpu.OpCheck;
import dev.lanewise.cpu.OpCheck.Layout;
import dev.lanewise.cpu.conv.Convolutions;
import dev.lanewise.cpu.matrix.Products;
import dev.lanewise.cpu.norm.Attentions;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.cpu.pool.Pools;
import dev.lanewise.cpu.reduce.Reductions;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.conv.Convolution2d;
import dev.lanewise.tensor.op.conv.MaxPooling2d;
import dev.lanewise.tensor.op.conv.PoolingWindow;
import dev.lanewise.tensor.op.matrix.LinearProduct;
import dev.lanewise.tensor.op.matrix.MatMul;
import dev.lanewise.tensor.op.reduce.Reduce;
import dev.lanewise.tensor.op.sequence.Attention;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PlansTest {
    private static final int GENERATION = 16;

    private final AtomicInteger planned = new AtomicInteger();
    private final Plans plans = new Plans(2, GENERATION);
    private final int threads = Workers.threads();

    /** A problem whose plan shows what it was made of; of two with one number only the counter may differ. */
    private record Numbered(int number, AtomicInteger counter) implements Problem {
        @Override
        public Kernel plan(int threads) {
            counter.incrementAndGet();
            return new Numbers(number, threads);
        }
    }

    private record Numbers(int number, int threads) implements Kernel {
        @Override
        public void run(long first, long second, long third, long out) {}
    }

    private Numbered problem(int number) {
        return new Numbered(number, planned);
    }

    @AfterEach
    void restore() {
        Workers.setThreads(threads);
    }

    @Test
    void equalProblemsShareOnePlan() {
        Kernel kernel = plans.get(problem(1));
        assertThat(plans.get(problem(1))).isSameAs(kernel);
        assertThat(planned).hasValue(1);
        assertThat(plans.get(problem(2))).isEqualTo(new Numbers(2, 2));
        assertThat(Plans.of(problem(1))).isSameAs(Plans.of(problem(1)));
    }

    @Test
    void plansInUseStayWhileOthersComeAndGo() {
        Kernel used = plans.get(problem(-1));
        for (int i = 0; i < 1_000; i++) {
            assertThat(plans.get(problem(i))).isEqualTo(new Numbers(i, 2));
            assertThat(plans.get(problem(-1))).isSameAs(used);
            assertThat(plans.size()).isLessThanOrEqualTo(2 * GENERATION);
        }
        assertThat(planned).hasValue(1_001);
        plans.get(problem(0));
        assertThat(planned).as("one that was not in use is made again").hasValue(1_002);
    }

    @Test
    void theCacheOfAllOperationsIsBounded() {
        for (int i = 0; i < 5_000; i++) {
            Plans.of(problem(i));
            assertThat(Plans.kept()).isLessThanOrEqualTo(2_048);
        }
        assertThat(Plans.kept()).isGreaterThanOrEqualTo(1_024);
    }

    @Test
    void threadsThatPlanAtOnceShareOnePlan() {
        for (int round = 0; round < 200; round++) {
            Numbered problem = problem(round);
            List<Kernel> kernels = IntStream.range(0, 8)
                    .parallel()
                    .mapToObj(i -> plans.get(problem))
                    .toList();
            assertThat(kernels).allSatisfy(kernel -> assertThat(kernel).isSameAs(kernels.get(0)));
        }
        assertThat(planned).hasValue(200);
    }

    @Test
    void threadsThatKeepReplacingPlansGetTheirOwn() {
        IntStream.range(0, 8).parallel().forEach(thread -> {
            SplittableRandom random = new SplittableRandom(thread);
            for (int i = 0; i < 20_000; i++) {
                int number = random.nextInt(5 * GENERATION);
                assertThat(plans.get(problem(number))).isEqualTo(new Numbers(number, 2));
                assertThat(plans.size()).isLessThanOrEqualTo(2 * GENERATION);
            }
        });
    }

    @Test
    void anotherNumberOfThreadsHasPlansOfItsOwn() {
        for (int count : new int[] {3, 1, 3}) {
            Workers.setThreads(count);
            assertThat(Plans.of(problem(7))).isEqualTo(new Numbers(7, count));
        }
    }

    @Test
    void aPlanThatFailsIsAskedForAgain() {
        AtomicInteger asked = new AtomicInteger();
        Problem refused = count -> {
            asked.incrementAndGet();
            throw new IllegalArgumentException("no plan");
        };
        for (int i = 1; i <= 2; i++) {
            assertThatThrownBy(() -> plans.get(refused)).hasMessage("no plan");
            assertThat(asked).hasValue(i);
        }
        assertThat(plans.size()).isZero();
    }

    @Test
    void aPlanMayAskForAnother() {
        Problem outer = count -> plans.get(problem(count));
        assertThat(plans.get(outer)).isSameAs(plans.get(problem(2)));
    }

    @Test
    void operationsOnOtherTensorsOfTheSameLayoutFindTheirPlans() {
        Workers.setThreads(2);
        runOperations();
        int kept = Plans.kept();
        runOperations();
        assertThat(Plans.kept()).isEqualTo(kept);
    }

    private static void runOperations() {
        for (DType type : List.of(DType.F32, DType.F64)) {
            for (Layout layout : List.of(Layout.DENSE, Layout.TRANSPOSED)) {
                run(Products::run, MatMul.MATMUL, type, layout, sizes(3, 11, 13), sizes(13, 17));
                run(
                        Products::run,
                        new LinearProduct(LinearProduct.Activation.RELU),
                        type,
                        layout,
                        sizes(11, 13),
                        sizes(17, 13));
                run(Convolutions::run, new Convolution2d(1, 1), type, layout, sizes(2, 16, 9, 9), sizes(16, 16, 3, 3));
                run(Convolutions::run, new Convolution2d(2, 0), type, layout, sizes(9, 24, 9, 9), sizes(40, 24, 3, 3));
                run(
                        Pools::run,
                        new MaxPooling2d(new PoolingWindow(2, 2, 2, 2, 0, 0, false)),
                        type,
                        layout,
                        sizes(2, 3, 9, 8));
                run(Reductions::run, new Reduce(Reduce.Kind.SUM, List.of(1), false), type, layout, sizes(5, 6, 7));
                run(
                        Attentions::run,
                        new Attention(1, true),
                        type,
                        layout,
                        sizes(2, 20, 8),
                        sizes(2, 20, 8),
                        sizes(2, 20, 8));
            }
        }
    }

    private static long[] sizes(long... sizes) {
        return sizes;
    }

    private interface Operation<T> {
        void run(T op, Tensor[] inputs, Tensor[] outputs);
    }

    private static <T extends Op> void run(Operation<T> operation, T op, DType type, Layout layout, long[]... sizes) {
        Tensor[] inputs = Stream.of(sizes)
                .map(size -> OpCheck.random(new Random(1), type, layout, size))
                .toArray(Tensor[]::new);
        operation.run(op, inputs, OpCheck.results(op, inputs));
    }

    @Test
    void findingAPlanAllocatesNothing() {
        var counter = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        Numbered problem = problem(1);
        long allocated = Long.MAX_VALUE;
        // until it is compiled
        long patience = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (allocated > 1_000 && System.nanoTime() < patience) {
            long before = counter.getCurrentThreadAllocatedBytes();
            for (int call = 0; call < 1_000; call++) {
                Plans.of(problem);
            }
            allocated = counter.getCurrentThreadAllocatedBytes() - before;
        }
        assertThat(allocated).as("bytes of 1,000 calls").isLessThanOrEqualTo(1_000);
    }
}
