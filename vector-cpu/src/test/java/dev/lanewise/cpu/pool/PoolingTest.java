package dev.lanewise.cpu.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.cpu.plan.PlanCheck;
import dev.lanewise.cpu.plan.Plans;
import dev.lanewise.cpu.pool.PoolProblem.Kind;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.op.conv.PoolingWindow;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PoolingTest {
    /** Bytes before every operand: no vector of theirs begins where memory does. */
    private static final long SHIFT = 64;

    @AfterEach
    void restore() {
        Workers.setThreads(2);
    }

    static Stream<PoolShape> shapes() {
        List<PoolShape> shapes = new ArrayList<>(List.of(
                halving(2, 64, 24, 24),
                halving(1, 3, 70, 69),
                halving(1, 2, 5, 3),
                halving(0, 2, 8, 8),
                new PoolShape(2, 3, 15, 17, 3, 3, 2, 2, 1, 1, true, true),
                new PoolShape(2, 3, 15, 17, 3, 3, 2, 2, 1, 1, true, false),
                new PoolShape(1, 2, 9, 9, 2, 2, 2, 2, 0, 0, true, true),
                new PoolShape(2, 8, 7, 7, 7, 7, 7, 7, 0, 0, false, true),
                new PoolShape(2, 3, 20, 20, 3, 2, 1, 2, 1, 0, false, true),
                new PoolShape(1, 2, 112, 112, 3, 3, 2, 2, 1, 1, false, true),
                new PoolShape(1, 1, 1, 40, 1, 9, 1, 2, 0, 4, true, false),
                new PoolShape(1, 2, 30, 61, 7, 5, 9, 4, 3, 2, true, true),
                new PoolShape(1, 1, 3, 3000, 3, 2, 1, 7, 1, 1, false, false)));
        Random random = new Random(5);
        while (shapes.size() < 60) {
            int kernelH = 1 + random.nextInt(4);
            int kernelW = 1 + random.nextInt(4);
            shapes.add(new PoolShape(
                    1 + random.nextInt(3),
                    1 + random.nextInt(6),
                    kernelH + random.nextInt(20),
                    kernelW + random.nextInt(40),
                    kernelH,
                    kernelW,
                    1 + random.nextInt(3),
                    1 + random.nextInt(3),
                    random.nextInt(kernelH / 2 + 1),
                    random.nextInt(kernelW / 2 + 1),
                    random.nextBoolean(),
                    random.nextBoolean()));
        }
        return shapes.stream();
    }

    private static PoolShape halving(int n, int c, int h, int w) {
        return new PoolShape(n, c, h, w, 2, 2, 2, 2, 0, 0, false, true);
    }

    /** What to do with one element of a window. */
    private interface Element {
        void at(int output, int input, int windowSize);
    }

    /** Visits the elements of all windows; the size is what the average divides by. */
    private static void windows(PoolShape p, Element element) {
        for (int output = 0; output < p.n() * p.c() * p.oh() * p.ow(); output++) {
            int top = output / p.ow() % p.oh() * p.strideH() - p.padH();
            int left = output % p.ow() * p.strideW() - p.padW();
            int size = 0;
            for (int pass = 0; pass < 2; pass++) {
                for (int i = 0; i < p.kernelH(); i++) {
                    for (int j = 0; j < p.kernelW(); j++) {
                        int y = top + i;
                        int x = left + j;
                        boolean inside = y >= 0 && x >= 0 && y < p.h() && x < p.w();
                        boolean padded = y < p.h() + p.padH() && x < p.w() + p.padW();
                        if (pass == 0) {
                            size += inside || (p.countIncludePad() && padded) ? 1 : 0;
                        } else if (inside) {
                            element.at(output, (output / (p.oh() * p.ow()) * p.h() + y) * p.w() + x, size);
                        }
                    }
                }
            }
        }
    }

    private static double[] random(PoolShape p, long count, boolean coarse) {
        Random random = new Random(p.hashCode());
        double[] values = new double[(int) count];
        for (int i = 0; i < values.length; i++) {
            // Coarse values repeat, so that the rule for equal elements shows.
            values[i] = coarse ? random.nextInt(4) : (float) random.nextGaussian();
            if (coarse && random.nextInt(50) == 0) {
                values[i] = random.nextBoolean() ? Double.NaN : Double.NEGATIVE_INFINITY;
            }
        }
        return values;
    }

    private static long inputs(PoolShape p) {
        return (long) p.n() * p.c() * p.h() * p.w();
    }

    private static long outputs(PoolShape p) {
        return (long) p.n() * p.c() * p.oh() * p.ow();
    }

    private static MemorySegment operand(double[] values, int bytes) {
        MemorySegment s = result(values.length, bytes);
        for (int i = 0; i < values.length; i++) {
            if (bytes == 4) {
                s.set(ValueLayout.JAVA_FLOAT, SHIFT + 4L * i, (float) values[i]);
            } else {
                s.set(ValueLayout.JAVA_DOUBLE, SHIFT + 8L * i, values[i]);
            }
        }
        return s;
    }

    private static MemorySegment result(long count, int bytes) {
        MemorySegment s = Arena.global().allocate(SHIFT + bytes * count, 64);
        s.fill((byte) 0xff);
        return s;
    }

    private static void run(
            PoolShape p,
            Kind kind,
            int bytes,
            MemorySegment first,
            @Nullable MemorySegment second,
            @Nullable MemorySegment third,
            MemorySegment out) {
        Plans.of(new PoolProblem(p, kind, bytes == 4 ? DType.F32 : DType.F64))
                .run(at(first), at(second), at(third), at(out));
    }

    private static long at(@Nullable MemorySegment s) {
        return s == null ? 0 : s.address() + SHIFT;
    }

    private static void compare(MemorySegment actual, double[] expected, int bytes) {
        for (int i = 0; i < expected.length; i++) {
            double value = bytes == 4
                    ? actual.get(ValueLayout.JAVA_FLOAT, SHIFT + 4L * i)
                    : actual.get(ValueLayout.JAVA_DOUBLE, SHIFT + 8L * i);
            boolean same = Double.compare(value, expected[i]) == 0
                    || Math.abs(value - expected[i]) <= (bytes == 4 ? 1e-5 : 1e-13) * (1 + Math.abs(expected[i]));
            assertThat(same)
                    .as("element %d: %s, expected %s", i, value, expected[i])
                    .isTrue();
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void maximumAndItsGradientAgreeWithTheDefinition(PoolShape p) {
        double[] x = random(p, inputs(p), true);
        double[] best = new double[(int) outputs(p)];
        int[] position = new int[best.length];
        java.util.Arrays.fill(best, Double.NEGATIVE_INFINITY);
        java.util.Arrays.fill(position, -1);
        windows(p, (output, input, size) -> {
            if (position[output] < 0 || x[input] > best[output] || Double.isNaN(x[input])) {
                best[output] = x[input];
                position[output] = input;
            }
        });
        double[] gy = random(p, outputs(p), false);
        double[] gx = new double[x.length];
        for (int i = 0; i < gy.length; i++) {
            gx[position[i]] += gy[i];
        }
        for (int bytes : new int[] {4, 8}) {
            MemorySegment y = result(best.length, bytes);
            MemorySegment indices = result(best.length, 8);
            MemorySegment gradient = result(gx.length, bytes);
            run(p, Kind.MAXIMUM, bytes, operand(x, bytes), null, indices, y);
            run(p, Kind.MAXIMUM_GRAD, bytes, operand(gy, bytes), indices, null, gradient);
            compare(y, best, bytes);
            compare(gradient, gx, bytes);
            for (int i = 0; i < position.length; i++) {
                assertThat(indices.get(ValueLayout.JAVA_LONG, SHIFT + 8L * i)).isEqualTo(position[i] % (p.h() * p.w()));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void averageAndItsGradientAgreeWithTheDefinition(PoolShape p) {
        double[] x = random(p, inputs(p), false);
        double[] gy = random(p, outputs(p), false);
        double[] y = new double[gy.length];
        double[] gx = new double[x.length];
        windows(p, (output, input, size) -> {
            y[output] += x[input] / size;
            gx[input] += gy[output] / size;
        });
        for (int bytes : new int[] {4, 8}) {
            MemorySegment average = result(y.length, bytes);
            MemorySegment gradient = result(gx.length, bytes);
            run(p, Kind.AVERAGE, bytes, operand(x, bytes), null, null, average);
            run(p, Kind.AVERAGE_GRAD, bytes, operand(gy, bytes), null, null, gradient);
            compare(average, y, bytes);
            compare(gradient, gx, bytes);
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void plansDependOnTheirProblemsAloneAndHoldNoOperand(PoolShape p) {
        for (Kind kind : Kind.values()) {
            PoolProblem problem = new PoolProblem(p, kind, DType.F32);
            PlanCheck.dependsOnItsProblemAlone(problem, "lanewise.cpu.conv");
            PlanCheck.holdsNoMemory(Plans.of(problem));
            PoolingWindow window = new PoolingWindow(
                    p.kernelH(), p.kernelW(), p.strideH(), p.strideW(), p.padH(), p.padW(), p.ceilMode());
            PlanCheck.dependsOnItsProblemAlone(
                    new Pools.Call(window, Shape.of(p.n(), p.c(), p.h(), p.w()), p.countIncludePad(), kind, DType.F32),
                    "lanewise.cpu.conv");
        }
    }

    @Test
    void overlappingWindowsGiveTheSameBitsForAnyNumberOfThreads() {
        PoolShape p = new PoolShape(4, 16, 40, 40, 3, 3, 1, 1, 1, 1, false, true);
        MemorySegment gy = operand(random(p, outputs(p), false), 4);
        MemorySegment first = result(inputs(p), 4);
        Workers.setThreads(1);
        run(p, Kind.AVERAGE_GRAD, 4, gy, null, null, first);
        for (int threads : new int[] {2, 5}) {
            Workers.setThreads(threads);
            MemorySegment again = result(inputs(p), 4);
            run(p, Kind.AVERAGE_GRAD, 4, gy, null, null, again);
            assertThat(again.mismatch(first)).isEqualTo(-1);
        }
    }

    @Test
    void lastWindowOfCeilModeBeginsInsideTheInputOrItsLeftPadding() {
        // 6 + 2 columns, window 2, stride 3: a third window would begin at column 6, right of the input.
        PoolShape p = new PoolShape(1, 1, 6, 6, 2, 2, 3, 3, 1, 1, true, true);
        assertThat(p.oh()).isEqualTo(3);
        assertThat(new PoolShape(1, 1, 5, 5, 2, 2, 3, 3, 1, 1, true, true).ow()).isEqualTo(2);
    }

    @Test
    void paddingOfMoreThanHalfTheWindowIsAnError() {
        assertThatThrownBy(() -> new PoolShape(1, 1, 6, 6, 2, 2, 2, 2, 2, 0, false, true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at most half the window");
    }
}
