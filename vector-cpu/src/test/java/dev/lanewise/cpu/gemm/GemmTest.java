package dev.lanewise.cpu.gemm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.cpu.plan.PlanCheck;
import dev.lanewise.cpu.plan.Plans;
import dev.lanewise.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GemmTest {
    private static final int L = Species.F32_LANES;
    private static final int[] SIZES = {1, 2, L - 1, L, L + 1, 2 * L, 2 * L + 3};

    /** The four ways two operands can be stored. */
    enum Form {
        NN,
        NT,
        TN,
        TT;

        GemmShape of(int m, int n, int k, int padding) {
            GemmShape shape = GemmShape.of(m, n, k);
            shape = this == TN || this == TT ? shape.left(1, m + padding) : shape.left(k + padding, 1);
            shape = this == NT || this == TT ? shape.right(1, k + padding) : shape.right(n + padding, 1);
            return shape.output(n + padding);
        }
    }

    private static void check(GemmShape shape) {
        for (boolean isDouble : new boolean[] {false, true}) {
            try (Arena arena = Arena.ofConfined()) {
                new GemmCase(arena, shape, isDouble, 1).check();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void everySizeAroundAVectorMatchesTheDefinition(Form form) {
        for (int m : SIZES) {
            for (int n : SIZES) {
                for (int k : SIZES) {
                    check(form.of(m, n, k, 0));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void rowsMayLieApart(Form form) {
        check(form.of(5, 7, 3, 2));
        check(form.of(33, 70, 40, 5));
        check(form.of(1, 50, 60, 3));
        check(form.of(50, 1, 60, 3));
    }

    @ParameterizedTest
    @EnumSource
    void productsOfSeveralTasksAndBlocksMatchTheDefinition(Form form) {
        check(form.of(70, 150, 700, 0));
        check(form.of(300, 40, 90, 1));
        check(form.of(9, 600, 300, 0));
        check(form.of(16, 12 * L, 700, 0));
        check(form.of(16, 1024, 300, 0));
        check(form.of(17, 12 * L, 700, 0));
        check(form.of(145, 70, 1100, 0));
    }

    @ParameterizedTest
    @EnumSource
    void farApartRowsAreCopiedAndMatchTheDefinition(Form form) {
        check(form.of(70, 150, 300, 2048));
    }

    /** The limit of what is packed beforehand cuts a product into ranges of rows and columns. */
    @ParameterizedTest
    @EnumSource
    void rangesOfAProductGiveItsBits(Form form) {
        GemmShape shape = form.of(150, 90, 70, 0).fused(Bias.PER_ROW, Activation.RELU);
        try (Arena arena = Arena.ofConfined()) {
            GemmCase whole = new GemmCase(arena, shape, false, 3);
            whole.run();
            double[] expected = whole.values();
            ProductView view = ProductView.of(shape, Float.BYTES);
            Blocking blocking = Blocking.of(Kernels.F32, shape.m(), shape.n(), shape.k(), 2);
            whole.run(new BlockedProduct(Kernels.F32, view, blocking, 20_000));
            assertThat(whole.values()).isEqualTo(expected);
        }
    }

    @Test
    void anyStridesAreAllowed() {
        check(GemmShape.of(20, 37, 25).left(60, 2).right(3, 90));
        check(GemmShape.of(20, 37, 25).left(0, 1).right(0, 1));
        check(GemmShape.of(1, 37, 25).left(1, 3).right(2, 60));
    }

    @ParameterizedTest
    @EnumSource
    void alphaAndBetaScaleTheProductAndTheOutput(Form form) {
        for (double alpha : new double[] {1, 0.5, 0}) {
            for (double beta : new double[] {0, 1, -0.75}) {
                check(form.of(2 * L + 3, L + 1, 40, 1).scaled(alpha, beta));
                check(form.of(1, L + 1, 40, 1).scaled(alpha, beta));
                check(form.of(10, 2 * L, 700, 0).scaled(alpha, beta));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void biasAndActivationFollowTheProduct(Form form) {
        for (Bias bias : Bias.values()) {
            for (Activation activation : Activation.values()) {
                check(form.of(2 * L + 3, L + 1, 40, 1).fused(bias, activation));
                check(form.of(1, L + 1, 40, 1).fused(bias, activation));
                check(form.of(20, 1, 40, 0).fused(bias, activation));
                check(form.of(20, 4 * L, 600, 0).fused(bias, activation));
                check(form.of(135, 66, 50, 0).fused(bias, activation));
                check(form.of(9, L, 10, 0).fused(bias, activation).scaled(0.5, 1));
                check(form.of(9, L, 10, 0).fused(bias, activation).scaled(1, 1));
            }
        }
    }

    @Test
    void withBetaZeroTheOutputIsNotRead() {
        try (Arena arena = Arena.ofConfined()) {
            for (double alpha : new double[] {1, 2}) {
                for (int n : new int[] {L - 1, 2 * L}) {
                    GemmCase product = new GemmCase(arena, GemmShape.of(5, n, 6).scaled(alpha, 0), false, 1);
                    product.output().fill((byte) 0xFF);
                    GemmShape shape = GemmShape.of(5, n, 6).scaled(alpha, 0);
                    MemorySegment ones = arena.allocate(4L * 6 * Math.max(5, n), 64);
                    shape.plan(2)
                            .run(
                                    ones.address(),
                                    ones.address(),
                                    0,
                                    product.output().address());
                    for (long i = 0; i < 5L * n; i++) {
                        assertThat(product.output().getAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT, i))
                                .isZero();
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void batchesStepThroughTheirOperands(Form form) {
        int m = 12;
        int n = L + 3;
        int k = 17;
        long left = (long) m * k;
        long right = (long) k * n;
        long result = (long) m * n;
        check(form.of(m, n, k, 1).batched(5, (m + 1L) * (k + 1), (k + 1L) * (n + 1), m * (n + 1L)));
        check(form.of(m, n, k, 0).batched(5, left, 0, result));
        check(form.of(m, n, k, 0).batched(3, 0, right, result + 4).fused(Bias.PER_ROW, Activation.RELU));
        check(form.of(1, n, k, 0).batched(4, k, right, n));
    }

    @Test
    void aBatchOfLargeProductsMatchesTheDefinition() {
        check(GemmShape.of(130, 140, 150).batched(2, 130 * 150, 150 * 140, 130 * 140));
    }

    @Test
    void aBatchThatSharesItsRightOperandIsOneProduct() {
        check(GemmShape.of(6, 20, 10).batched(7, 60, 0, 120).fused(Bias.PER_COLUMN, Activation.RELU));
    }

    @Test
    void emptySizes() {
        check(GemmShape.of(0, 5, 5));
        check(GemmShape.of(5, 0, 5));
        check(GemmShape.of(5, 5, 5).batched(0, 25, 25, 25));
        check(GemmShape.of(5, 2 * L, 0));
        check(GemmShape.of(5, L + 1, 0).scaled(1, 0.5).fused(Bias.PER_COLUMN, Activation.RELU));
        check(GemmShape.of(1, L + 1, 0).rightTransposed());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anyNumberOfThreadsGivesTheSameBits(boolean isDouble) {
        int before = Workers.threads();
        List<GemmShape> shapes = List.of(
                GemmShape.of(200, 190, 700),
                GemmShape.of(128, 100, 784).rightTransposed().fused(Bias.PER_COLUMN, Activation.RELU),
                GemmShape.of(10, 130, 3000).leftTransposed(),
                GemmShape.of(130, 300, 1100).leftTransposed(),
                GemmShape.of(8, 2000, 300).rightTransposed(),
                GemmShape.of(1, 3000, 400).rightTransposed(),
                GemmShape.of(1, 3000, 400),
                GemmShape.of(40, 33, 50).batched(9, 2000, 1650, 1320));
        try (Arena arena = Arena.ofConfined()) {
            for (GemmShape shape : shapes) {
                GemmCase product = new GemmCase(arena, shape, isDouble, 7);
                Workers.setThreads(1);
                product.run();
                double[] alone = product.values();
                for (int threads : new int[] {2, 5}) {
                    Workers.setThreads(threads);
                    product.run();
                    assertThat(product.values())
                            .as("%s, %d threads", shape, threads)
                            .isEqualTo(alone);
                }
            }
        } finally {
            Workers.setThreads(before);
        }
    }

    @ParameterizedTest
    @CsvSource({"32, false", "32, true", "35, false", "35, true", "1024, false", "1024, true"})
    void aRowHasTheSameBitsHoweverManyFollow(int n, boolean isDouble) {
        int k = 700;
        try (Arena arena = Arena.ofConfined()) {
            Matrix a = Matrix.random(arena, 40L * k, isDouble, new SplittableRandom(1));
            Matrix b = Matrix.random(arena, (long) k * n, isDouble, new SplittableRandom(2));
            Matrix few = Matrix.random(arena, 2L * n, isDouble, new SplittableRandom(3));
            Matrix many = Matrix.random(arena, 40L * n, isDouble, new SplittableRandom(4));
            DType type = isDouble ? DType.F64 : DType.F32;
            long left = a.segment().address();
            long right = b.segment().address();
            long fewRows = few.segment().address();
            long manyRows = many.segment().address();
            GemmShape.of(type, 2, n, k).plan(2).run(left, right, 0, fewRows);
            long bytes = 2L * n * few.elementBytes();
            for (int m : new int[] {6, 7, 8, 9, 12, 16, 17, 40}) {
                GemmShape.of(type, m, n, k).plan(2).run(left, right, 0, manyRows);
                MemorySegment first = many.segment().asSlice(0, bytes);
                assertThat(first.mismatch(few.segment())).as("%d rows", m).isEqualTo(-1);
            }
        }
    }

    @Test
    void aProductInSteadyStateAllocatesNothingOnTheCaller() {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Arena arena = Arena.ofConfined()) {
            for (GemmShape shape : List.of(
                    GemmShape.of(32, 32, 32),
                    GemmShape.of(16, 64, 128),
                    GemmShape.of(64, 50, 80).rightTransposed(),
                    GemmShape.of(1, 200, 100).rightTransposed())) {
                Matrix a = Matrix.random(arena, 10_000, false, new SplittableRandom(1));
                Matrix b = Matrix.random(arena, 20_000, false, new SplittableRandom(2));
                MemorySegment c = arena.allocate(40_000, 64);
                Gemm gemm = shape.plan(2);
                long allocated = Long.MAX_VALUE;
                // until the compiler has settled vectors are boxed, which takes longer where others have the cores
                long patience = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
                while (allocated > 100_000 && System.nanoTime() < patience) {
                    long before = threads.getCurrentThreadAllocatedBytes();
                    for (int call = 0; call < 1000; call++) {
                        gemm.run(a.segment().address(), b.segment().address(), 0, c.address());
                    }
                    allocated = threads.getCurrentThreadAllocatedBytes() - before;
                }
                assertThat(allocated).as("bytes of 1000 calls of %s", shape).isLessThan(100_000L);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void plansDependOnTheirShapesAloneAndHoldNoOperand(Form form) {
        for (GemmShape shape : List.of(
                form.of(1, 40, 30, 0),
                form.of(40, 1, 30, 2),
                form.of(33, 70, 40, 5),
                form.of(70, 150, 700, 0).fused(Bias.PER_ROW, Activation.RELU),
                form.of(600, 600, 600, 0).scaled(0.5, 1),
                form.of(6, 7, 8, 0).batched(5, 48, 56, 42),
                form.of(0, 7, 8, 0))) {
            PlanCheck.dependsOnItsProblemAlone(shape, "lanewise.cpu.conv");
            check(shape);
            PlanCheck.holdsNoMemory(Plans.of(shape));
        }
    }

    @Test
    void fewerThreadsCutAProductIntoLargerTasks() {
        GemmShape shape = GemmShape.of(600, 600, 600);
        assertThat(PlanCheck.differ(shape.plan(1), shape.plan(16))).isTrue();
        assertThat(PlanCheck.differ(shape.plan(2), shape.plan(2))).isFalse();
    }

    @Test
    void shapesOfNegativeSizesOrStridesAreRefused() {
        assertThatThrownBy(() -> GemmShape.of(-1, 2, 3)).hasMessageContaining("m -1");
        assertThatThrownBy(() -> GemmShape.of(1, 2, 3).left(-3, 1)).hasMessageContaining("copy a flipped operand");
    }

    @Test
    void oneStepToATransposedProductIsTheSameShape() {
        assertThat(GemmShape.timesTransposed(DType.F64, 3, 4, 5, 0.25))
                .isEqualTo(GemmShape.of(DType.F64, 3, 4, 5).rightTransposed().scaled(0.25, 0));
    }

    @Test
    void integersHaveNoPlan() {
        assertThatThrownBy(() -> GemmShape.of(DType.I32, 1, 2, 3).plan(1))
                .hasMessage("gemm: type I32 (expected F32 or F64)");
    }
}
