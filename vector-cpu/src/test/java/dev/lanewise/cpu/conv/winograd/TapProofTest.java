package dev.lanewise.cpu.conv.winograd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.cpu.conv.ConvShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What sums less than the needed share is never proved, and what sums many times as much is. */
class TapProofTest {
    private static final int TAPS = 9;
    private static final double SHARE = 1e-3;

    /** How much of what is summed the counts of large pixels and gradients of a quarter of the images find, at least. */
    private static final double FOUND = 0.01;

    private final Random random = new Random(5);

    static Stream<ConvShape> shapes() {
        return Stream.of(
                shape(40, 4, 4, 1, 1),
                shape(3, 7, 70, 1, 1),
                shape(2, 5, 131, 0, 2),
                shape(9, 13, 11, 2, 0),
                shape(20, 3, 3, 0, 0));
    }

    private static ConvShape shape(int n, int h, int w, int padH, int padW) {
        return new ConvShape(n, 5, h, w, 7, 3, 3, 1, 1, padH, padW, 1, 1, 1);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void sharesOfTaps(ConvShape p) {
        double[] x = draw(p.n(), p.c(), p.h() * p.w());
        double[] gy = draw(p.n(), p.k(), p.oh() * p.ow());
        boolean[] unproved = unproved(p, x, gy);
        double[] inputs = squares(x, p.n(), p.c());
        double[] gradients = squares(gy, p.n(), p.k());
        for (int c = 0; c < p.c(); c++) {
            for (int k = 0; k < p.k(); k++) {
                double share = leastSum(p, x, gy, c, k) / Math.sqrt(inputs[c] * gradients[k]);
                String pair = p + ", channels " + c + " and " + k + " with share " + share;
                if (share < SHARE) {
                    assertThat(unproved[c * p.k() + k]).as(pair).isTrue();
                } else if (share * FOUND > SHARE) {
                    assertThat(unproved[c * p.k() + k]).as(pair).isFalse();
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void unusualNorms(ConvShape p) {
        double[] ones = new double[p.n() * p.c() * p.h() * p.w()];
        Arrays.fill(ones, 1);
        double[] tiny = new double[p.n() * p.k() * p.oh() * p.ow()];
        Arrays.fill(tiny, 0x1p-70);
        assertThat(unproved(p, ones, tiny)).containsOnly(true);
    }

    /** The pairs of which nothing is proved; all gradients of kernels are 0. */
    private static boolean[] unproved(ConvShape p, double[] x, double[] gy) {
        try (Arena arena = Arena.ofConfined();
                var proof = new TapProof(
                        p,
                        floats(arena, x),
                        floats(arena, gy),
                        IntStream.range(0, p.n()).toArray(),
                        sizes(x, p.n(), p.c()),
                        sizes(gy, p.n(), p.k()))) {
            long gw = arena.allocate(4L * TAPS * p.c() * p.k(), 64).address();
            for (int k = 0; k < p.k(); k++) {
                proof.check(k, 0, p.c(), gw);
            }
            boolean[] unproved = proof.unproved();
            return unproved == null ? new boolean[p.c() * p.k()] : unproved;
        }
    }

    private static ChannelSizes sizes(double[] values, int images, int channels) {
        double[] squares = squares(values, images, channels);
        double[] typical = new double[channels];
        int pixels = values.length / images / channels;
        for (int i = 0; i < values.length; i++) {
            typical[i / pixels % channels] += Math.abs(values[i]);
        }
        for (int channel = 0; channel < channels; channel++) {
            typical[channel] = squares[channel] / typical[channel];
            squares[channel] = Math.sqrt(squares[channel]);
        }
        return new ChannelSizes(squares, typical).toProve(squares, new int[0]);
    }

    /** The least that a tap sums of magnitudes. */
    private static double leastSum(ConvShape p, double[] x, double[] gy, int c, int k) {
        double[] sums = new double[TAPS];
        for (int i = 0; i < p.n() * p.oh() * p.ow(); i++) {
            int n = i / (p.oh() * p.ow());
            int oy = i / p.ow() % p.oh();
            int ox = i % p.ow();
            double gradient = Math.abs(gy[((n * p.k() + k) * p.oh() + oy) * p.ow() + ox]);
            for (int tap = 0; tap < TAPS; tap++) {
                int iy = oy + tap / 3 - p.padH();
                int ix = ox + tap % 3 - p.padW();
                if (iy >= 0 && iy < p.h() && ix >= 0 && ix < p.w()) {
                    sums[tap] += gradient * Math.abs(x[((n * p.c() + c) * p.h() + iy) * p.w() + ix]);
                }
            }
        }
        return Arrays.stream(sums).min().orElseThrow();
    }

    private static double[] squares(double[] values, int images, int channels) {
        double[] squares = new double[channels];
        int pixels = values.length / images / channels;
        for (int i = 0; i < values.length; i++) {
            squares[i / pixels % channels] += values[i] * values[i];
        }
        return squares;
    }

    /** Channel by channel denser, the first ones in the left or the right half only. */
    private double[] draw(int images, int channels, int pixels) {
        double[] values = new double[images * channels * pixels];
        for (int i = 0; i < values.length; i++) {
            int channel = i / pixels % channels;
            boolean half = channel > 2 || channel == 0 || (i % 2 == 0) == (channel == 1);
            values[i] = half && random.nextDouble() < (channel + 1.0) / channels ? (float) random.nextGaussian() : 0;
        }
        return values;
    }

    private static long floats(Arena arena, double[] values) {
        MemorySegment segment = arena.allocate(4L * values.length + 64, 64);
        for (int i = 0; i < values.length; i++) {
            segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) values[i]);
        }
        return segment.address();
    }
}
