package dev.lanewise.cpu.conv.winograd;

import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.INT;
import static dev.lanewise.cpu.conv.Vectors.LANES;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.LaneSum;
import dev.lanewise.cpu.conv.ConvShape;
import dev.lanewise.cpu.conv.Rows;
import dev.lanewise.cpu.memory.Scratch;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * How much larger than the mean the largest magnitude of each channel is, over {@code [images][channels][h][w]}: the mean of
 * those pixels that every tap sees, which are not the rows and columns along the edges.
 */
final class ChannelSpread implements AutoCloseable {
    private static final VectorSpecies<Integer> INTS = SPECIES.withLanes(int.class);

    private final int images;
    private final int channels;
    private final int h;
    private final int w;

    /** How many pixels of a plane every tap sees. */
    private final int seenPixels;

    /** The largest magnitude and the sum of magnitudes for each image and channel. */
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
        this.measured = Scratch.borrow(2L * Float.BYTES * images * channels);
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

    /** Measures some channels of an image, whose planes begin at an address. */
    void measure(int image, int firstChannel, int count, long planes) {
        for (int i = 0; i < count; i++) {
            long to = measured.address() + 8L * ((long) image * channels + firstChannel + i);
            plane(planes + 4L * i * h * w, h * w, seen.address(), to);
        }
    }

    /** Writes the largest magnitude of a plane and the sum of the magnitudes of the pixels that every tap sees. */
    private static void plane(long from, int count, long seen, long to) {
        IntVector largest = IntVector.zero(INTS);
        FloatVector sum = FloatVector.zero(SPECIES);
        int i = 0;
        for (; i + LANES <= count; i += LANES) {
            FloatVector size = FloatVector.fromMemorySegment(SPECIES, ALL, (from + 4L * i) & MASK, ORDER)
                    .abs();
            largest = largest.max(size.reinterpretAsInts());
            sum = size.fma(FloatVector.fromMemorySegment(SPECIES, ALL, (seen + 4L * i) & MASK, ORDER), sum);
        }
        int most = largest.reduceLanes(VectorOperators.MAX);
        float total = LaneSum.of(sum);
        for (; i < count; i++) {
            float size = Math.abs(Rows.read(from + 4L * i));
            most = Math.max(most, Float.floatToRawIntBits(size));
            total = Math.fma(size, Rows.read(seen + 4L * i), total);
        }
        ALL.set(INT, to & MASK, most);
        ALL.set(FLOAT, (to + 4) & MASK, total);
    }

    /** For each channel how many times the mean its largest magnitude is; 0 where all are zero. */
    double[] all() {
        double pixels = (double) images * seenPixels;
        return IntStream.range(0, channels)
                .mapToDouble(channel -> {
                    float most = 0;
                    double total = 0;
                    for (int image = 0; image < images; image++) {
                        long at = measured.address() + 8L * ((long) image * channels + channel);
                        most = Math.max(most, Rows.read(at));
                        total += Rows.read(at + 4);
                    }
                    return most == 0 ? 0 : most * pixels / total;
                })
                .toArray();
    }
}
