package dev.lanewise.cpu.conv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The weights that meet the chosen channels get the definition's gradient, and no others are touched. */
class ChannelWeightGradTest {
    private static final float UNTOUCHED = -77;

    static Stream<ConvShape> shapes() {
        return Stream.of(
                new ConvShape(3, 5, 7, 9, 6, 3, 3, 1, 1, 1, 1, 1, 1, 1),
                new ConvShape(1, 4, 3, 3, 5, 3, 3, 1, 1, 0, 0, 1, 1, 1),
                new ConvShape(40, 3, 4, 4, 4, 3, 3, 1, 1, 1, 1, 1, 1, 1),
                new ConvShape(2, 3, 40, 37, 4, 3, 3, 1, 1, 2, 0, 1, 1, 1),
                new ConvShape(5, 4, 6, 5, 3, 1, 1, 1, 1, 0, 0, 1, 1, 1),
                new ConvShape(2, 3, 9, 8, 4, 5, 2, 1, 1, 2, 1, 1, 1, 1),
                // padding as wide as the kernel
                new ConvShape(2, 3, 4, 5, 4, 2, 3, 1, 1, 2, 3, 1, 1, 1),
                // several chunks of images
                new ConvShape(9, 2, 16, 16, 700, 3, 3, 1, 1, 1, 1, 1, 1, 1),
                // planes larger than a product takes
                new ConvShape(3, 5, 20, 17, 6, 3, 3, 1, 1, 1, 1, 1, 1, 1),
                new ConvShape(4, 3, 18, 19, 4, 5, 2, 1, 1, 2, 1, 1, 1, 1));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void ofInputs(ConvShape p) {
        check(p, true, new int[] {0, p.c() - 1});
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void ofGradients(ConvShape p) {
        check(p, false, new int[] {1, p.k() - 1});
    }

    private interface Gradient {
        void run(ConvShape p, boolean ofInput, int[] chosen, long x, long gy, long gw);
    }

    private static void check(ConvShape p, boolean ofInput, int[] chosen) {
        boolean[] all = new boolean[p.c() * p.k()];
        Arrays.fill(all, true);
        boolean[] pairs = new boolean[p.c() * p.k()];
        for (int i = 0; i < pairs.length; i += 3) {
            pairs[i] = true;
        }
        for (double density : new double[] {1, 0.05}) {
            check(
                    (q, in, few, x, gy, gw) -> ChannelWeightGrad.run(q, in, few, null, x, gy, gw),
                    p,
                    ofInput,
                    chosen,
                    all,
                    density);
            check(
                    (q, in, few, x, gy, gw) -> ChannelWeightGrad.run(q, in, few, pairs, x, gy, gw),
                    p,
                    ofInput,
                    chosen,
                    pairs,
                    density);
        }
    }

    private static void check(
            Gradient gradient, ConvShape p, boolean ofInput, int[] chosen, boolean[] pairs, double density) {
        Random random = new Random(3);
        double[] x = draw(random, p.n(), p.c() * p.h() * p.w(), ofInput ? density : 1);
        double[] gy = draw(random, p.n(), p.k() * p.oh() * p.ow(), ofInput ? 1 : density);
        double[] untouched = new double[Math.toIntExact(p.k() * p.reduction())];
        Arrays.fill(untouched, UNTOUCHED);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment gw = floats(arena, untouched);
            gradient.run(
                    p,
                    ofInput,
                    chosen,
                    floats(arena, x).address(),
                    floats(arena, gy).address(),
                    gw.address());
            double[] expected = ReferenceConvolution.weightGrad(p, x, gy);
            int taps = p.r() * p.s();
            for (int i = 0; i < expected.length; i++) {
                int input = i / taps % p.c();
                int output = i / taps / p.c();
                boolean isChosen = pairs[input * p.k() + output]
                        && IntStream.of(chosen).anyMatch(one -> one == (ofInput ? input : output));
                assertThat(gw.getAtIndex(ValueLayout.JAVA_FLOAT, i))
                        .as("%s, element %d", p, i)
                        .isCloseTo(isChosen ? (float) expected[i] : UNTOUCHED, within(2e-4f));
            }
        }
    }

    /** Every other image is zero, as those that a dead unit saw are, and of the others all but a share. */
    private static double[] draw(Random random, int images, int elements, double density) {
        return IntStream.range(0, images * elements)
                .mapToDouble(
                        i -> i / elements % 2 == 0 && random.nextDouble() < density ? (float) random.nextGaussian() : 0)
                .toArray();
    }

    private static MemorySegment floats(Arena arena, double[] values) {
        MemorySegment segment = arena.allocate(4L * values.length + 256, 64);
        for (int i = 0; i < values.length; i++) {
            segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) values[i]);
        }
        return segment;
    }
}
