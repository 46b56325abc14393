package dev.lanewise.cpu.conv.winograd;

import static dev.lanewise.cpu.conv.Vectors.FLOAT;
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
import jdk.incubator.vector.VectorOperators;

/**
 * How much larger than the mean the largest magnitude of each channel is, over {@code [images][channels][h][w]}: the mean of
 * those pixels that every tap sees, which are not the rows and columns along the edges.
 */
final class ChannelSpread implements AutoCloseable {
    private final int images;
    private final int channels;
    private final int h;
    private final int w;
    private final int firstRow;
    private final int endRow;
    private final int firstColumn;
    private final int endColumn;

    /** The largest magnitude and the sum of magnitudes for each image and channel. */
    private final Scratch measured;

    private ChannelSpread(
            int images, int channels, int h, int w, int firstRow, int endRow, int firstColumn, int endColumn) {
        this.images = images;
        this.channels = channels;
        this.h = h;
        this.w = w;
        this.firstRow = firstRow;
        this.endRow = Math.max(firstRow, endRow);
        this.firstColumn = firstColumn;
        this.endColumn = Math.max(firstColumn, endColumn);
        this.measured = Scratch.borrow(2L * Float.BYTES * images * channels);
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
    }

    /** Measures an image's channels, which begin at an address. */
    void measure(int image, long from) {
        for (int channel = 0; channel < channels; channel++) {
            long plane = from + 4L * channel * h * w;
            long to = measured.address() + 8L * ((long) image * channels + channel);
            long inner = plane + 4L * firstRow * w;
            rows(inner, (endRow - firstRow) * w, to);
            float edge = Math.max(largest(plane, firstRow * w), largest(plane + 4L * endRow * w, (h - endRow) * w));
            ALL.set(FLOAT, to & MASK, Math.max(edge, Rows.read(to)));
            float seen = Rows.read(to + 4);
            ALL.set(FLOAT, (to + 4) & MASK, seen - columns(inner, 0, firstColumn) - columns(inner, endColumn, w));
        }
    }

    /** Writes the largest magnitude of a run and the sum of all. */
    private static void rows(long from, int count, long to) {
        FloatVector largest = FloatVector.zero(SPECIES);
        FloatVector sum = FloatVector.zero(SPECIES);
        int i = 0;
        for (; i + LANES <= count; i += LANES) {
            FloatVector size = FloatVector.fromMemorySegment(SPECIES, ALL, (from + 4L * i) & MASK, ORDER)
                    .abs();
            largest = largest.max(size);
            sum = sum.add(size);
        }
        float most = largest.reduceLanes(VectorOperators.MAX);
        float total = LaneSum.of(sum);
        for (; i < count; i++) {
            float size = Math.abs(Rows.read(from + 4L * i));
            most = Math.max(most, size);
            total += size;
        }
        ALL.set(FLOAT, to & MASK, most);
        ALL.set(FLOAT, (to + 4) & MASK, total);
    }

    /** The largest magnitude of the few rows along an edge. */
    private static float largest(long from, int count) {
        float most = 0;
        for (int i = 0; i < count; i++) {
            most = Math.max(most, Math.abs(Rows.read(from + 4L * i)));
        }
        return most;
    }

    /** The sum of the magnitudes of some columns of the rows seen. */
    private float columns(long inner, int first, int end) {
        float sum = 0;
        for (int row = 0; row < endRow - firstRow; row++) {
            for (int column = first; column < end; column++) {
                sum += Math.abs(Rows.read(inner + 4L * ((long) row * w + column)));
            }
        }
        return sum;
    }

    /** For each channel how many times the mean its largest magnitude is; 0 where all are zero. */
    double[] all() {
        double seen = (double) images * (endRow - firstRow) * (endColumn - firstColumn);
        return IntStream.range(0, channels)
                .mapToDouble(channel -> {
                    float most = 0;
                    double total = 0;
                    for (int image = 0; image < images; image++) {
                        long at = measured.address() + 8L * ((long) image * channels + channel);
                        most = Math.max(most, Rows.read(at));
                        total += Rows.read(at + 4);
                    }
                    return most == 0 ? 0 : most * seen / total;
                })
                .toArray();
    }
}
