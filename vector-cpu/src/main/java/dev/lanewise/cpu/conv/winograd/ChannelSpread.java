package dev.lanewise.cpu.conv.winograd;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.LANES;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.conv.ConvShape;
import dev.lanewise.cpu.conv.Rows;
import dev.lanewise.cpu.conv.Vectors;
import dev.lanewise.cpu.memory.NativeMemory;
import dev.lanewise.cpu.memory.Scratch;
import java.util.Comparator;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * How much larger than the mean the largest magnitude of each channel is, over {@code [images][channels][h][w]}: the mean of
 * those pixels that every tap sees, which are not the rows and columns along the edges. And each channel's norm, the root of
 * the sum of all squares.
 */
final class ChannelSpread implements AutoCloseable {
    private static final VectorSpecies<Integer> INTS = SPECIES.withLanes(int.class);

    private final int images;
    private final int channels;
    private final int h;
    private final int w;

    /** How many pixels of a plane every tap sees. */
    private final int seenPixels;

    /** For each image the largest magnitude of every channel, then the sums of magnitudes and of squares, all whole vectors. */
    private final Scratch measured;

    /** For each pixel 1 if every tap sees it, or 0. */
    private final Scratch seen;

    private ChannelSpread(
            int images, int channels, int h, int w, int firstRow, int endRow, int firstColumn, int endColumn) {
        this.images = images;
        this.channels = channels;
        this.h = h;
        this.w = w;
        this.seenPixels = Math.max(0, endRow - firstRow) * Math.max(0, endColumn - firstColumn);
        this.measured = Scratch.borrow(12L * images * Vectors.roundUp(channels, LANES));
        this.seen = Scratch.borrow((long) Float.BYTES * h * w);
        for (int y = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
                boolean inside = y >= firstRow && y < endRow && x >= firstColumn && x < endColumn;
                ALL.set(FLOAT, (seen.address() + 4L * (y * w + x)) & MASK, inside ? 1f : 0f);
            }
        }
    }

    /** Of the pixels of a convolution's input: tap r meets its rows r - pad to r - pad + oh - 1. */
    static ChannelSpread ofInput(ConvShape p) {
        return new ChannelSpread(
                p.n(),
                p.c(),
                p.h(),
                p.w(),
                Math.max(0, p.r() - 1 - p.padH()),
                Math.min(p.h(), p.oh() - p.padH()),
                Math.max(0, p.s() - 1 - p.padW()),
                Math.min(p.w(), p.ow() - p.padW()));
    }

    /** Of the gradients of a convolution's output: tap r meets those of row y where y + r - pad is a row of the input. */
    static ChannelSpread ofGradient(ConvShape p) {
        return new ChannelSpread(
                p.n(),
                p.k(),
                p.oh(),
                p.ow(),
                p.padH(),
                Math.min(p.oh(), p.h() + p.padH() - p.r() + 1),
                p.padW(),
                Math.min(p.ow(), p.w() + p.padW() - p.s() + 1));
    }

    @Override
    public void close() {
        measured.close();
        seen.close();
    }

    /**
     * Measures some channels of an image.
     *
     * @param channel the first of them, a multiple of a vector's lanes
     * @param pixels the image's pixels, each a vector of channels
     * @param pixelBytes from one pixel to the next
     */
    void measure(int image, int channel, long pixels, long pixelBytes) {
        long to = measured(image) + 4L * channel;
        vector(pixels, pixelBytes, h * w, seen.address(), to, 4L * padded());
    }

    private long measured(int image) {
        return measured.address() + 12L * image * padded();
    }

    private int padded() {
        return (int) Vectors.roundUp(channels, LANES);
    }

    /**
     * Writes the largest magnitudes of a vector of channels, the sums of what every tap sees, and those of all squares, {@code next}
     * bytes apart; two chains of each hide the latency.
     */
    private static void vector(long from, long pixelBytes, int count, long seen, long to, long next) {
        // read from different places: started from one shared zero the vectors would be boxed
        IntVector mostA = IntVector.fromMemorySegment(INTS, ALL, NativeMemory.ZEROS, ORDER);
        IntVector mostB = IntVector.fromMemorySegment(INTS, ALL, NativeMemory.ZEROS + BYTES, ORDER);
        FloatVector sumA = FloatVector.fromMemorySegment(SPECIES, ALL, NativeMemory.ZEROS + 2 * BYTES, ORDER);
        FloatVector sumB = FloatVector.fromMemorySegment(SPECIES, ALL, NativeMemory.ZEROS + 3 * BYTES, ORDER);
        FloatVector squaresA = FloatVector.fromMemorySegment(SPECIES, ALL, NativeMemory.ZEROS + 4 * BYTES, ORDER);
        FloatVector squaresB = FloatVector.fromMemorySegment(SPECIES, ALL, NativeMemory.ZEROS + 5 * BYTES, ORDER);
        int i = 0;
        for (; i + 2 <= count; i += 2) {
            FloatVector a = size(from + i * pixelBytes);
            FloatVector b = size(from + (i + 1) * pixelBytes);
            mostA = mostA.max(a.reinterpretAsInts());
            mostB = mostB.max(b.reinterpretAsInts());
            sumA = a.fma(FloatVector.broadcast(SPECIES, Rows.read(seen + 4L * i)), sumA);
            sumB = b.fma(FloatVector.broadcast(SPECIES, Rows.read(seen + 4L * i + 4)), sumB);
            squaresA = a.fma(a, squaresA);
            squaresB = b.fma(b, squaresB);
        }
        if (i < count) {
            FloatVector a = size(from + i * pixelBytes);
            mostA = mostA.max(a.reinterpretAsInts());
            sumA = a.fma(FloatVector.broadcast(SPECIES, Rows.read(seen + 4L * i)), sumA);
            squaresA = a.fma(a, squaresA);
        }
        mostA.max(mostB).intoMemorySegment(ALL, to & MASK, ORDER);
        sumA.add(sumB).intoMemorySegment(ALL, (to + next) & MASK, ORDER);
        squaresA.add(squaresB).intoMemorySegment(ALL, (to + 2 * next) & MASK, ORDER);
    }

    private static FloatVector size(long pixel) {
        return FloatVector.fromMemorySegment(SPECIES, ALL, pixel & MASK, ORDER).abs();
    }

    /** For each channel how many times the mean its largest magnitude is; 0 where all are zero. */
    double[] all() {
        float[] most = new float[channels];
        double[] spread = new double[channels];
        for (int image = 0; image < images; image++) {
            long largest = measured(image);
            for (int channel = 0; channel < channels; channel++) {
                most[channel] = Math.max(most[channel], Rows.read(largest + 4L * channel));
                spread[channel] += Rows.read(largest + 4L * (padded() + channel));
            }
        }
        double pixels = (double) images * seenPixels;
        for (int channel = 0; channel < channels; channel++) {
            spread[channel] = most[channel] == 0 ? 0 : most[channel] * pixels / spread[channel];
        }
        return spread;
    }

    /** The sizes of each channel's numbers; they may be 0 where squares underflow. */
    ChannelSizes sizes() {
        double[] norms = new double[channels];
        double[] sums = new double[channels];
        for (int image = 0; image < images; image++) {
            long sum = measured(image) + 4L * padded();
            long squares = measured(image) + 8L * padded();
            for (int channel = 0; channel < channels; channel++) {
                sums[channel] += Rows.read(sum + 4L * channel);
                norms[channel] += Rows.read(squares + 4L * channel);
            }
        }
        double seen = (double) seenPixels / (h * w);
        double[] typical = new double[channels];
        for (int channel = 0; channel < channels; channel++) {
            typical[channel] = seen * norms[channel] / sums[channel];
            norms[channel] = Math.sqrt(norms[channel]);
        }
        return new ChannelSizes(norms, typical);
    }

    /** The images, first those with the largest shares of their channels' squares. */
    int[] largestFirst(ChannelSizes sizes) {
        double[] shares = new double[images];
        for (int image = 0; image < images; image++) {
            long squares = measured(image) + 8L * padded();
            for (int channel = 0; channel < channels; channel++) {
                double norm = sizes.norms()[channel];
                shares[image] += norm == 0 ? 0 : Rows.read(squares + 4L * channel) / norm / norm;
            }
        }
        return IntStream.range(0, images)
                .boxed()
                .sorted(Comparator.comparingDouble(image -> -shares[image]))
                .mapToInt(Integer::intValue)
                .toArray();
    }
}
