package dev.lanewise.cpu.conv.winograd;

import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.LANES;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.LaneSum;
import dev.lanewise.cpu.conv.Rows;
import dev.lanewise.cpu.memory.Scratch;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** How much larger than the mean the largest magnitude of each channel is, over {@code [images][channels][pixels]}. */
final class ChannelSpread implements AutoCloseable {
    private final int channels;
    private final int pixels;
    private final int images;

    /** The largest magnitude and the sum of magnitudes for each image and channel. */
    private final Scratch measured;

    ChannelSpread(int images, int channels, int pixels) {
        this.images = images;
        this.channels = channels;
        this.pixels = pixels;
        this.measured = Scratch.borrow(2L * Float.BYTES * images * channels);
    }

    @Override
    public void close() {
        measured.close();
    }

    /** Measures an image's channels, which begin at an address. */
    void measure(int image, long from) {
        for (int channel = 0; channel < channels; channel++) {
            plane(from + 4L * channel * pixels, measured.address() + 8L * ((long) image * channels + channel));
        }
    }

    private void plane(long from, long to) {
        FloatVector largest = FloatVector.zero(SPECIES);
        FloatVector sum = FloatVector.zero(SPECIES);
        int i = 0;
        for (; i + LANES <= pixels; i += LANES) {
            FloatVector size = FloatVector.fromMemorySegment(SPECIES, ALL, (from + 4L * i) & MASK, ORDER)
                    .abs();
            largest = largest.max(size);
            sum = sum.add(size);
        }
        float most = largest.reduceLanes(VectorOperators.MAX);
        float total = LaneSum.of(sum);
        for (; i < pixels; i++) {
            float size = Math.abs(Rows.read(from + 4L * i));
            most = Math.max(most, size);
            total += size;
        }
        ALL.set(FLOAT, to & MASK, most);
        ALL.set(FLOAT, (to + 4) & MASK, total);
    }

    /** Returns the channels whose largest magnitude is more than {@code limit} times the mean. */
    int[] uneven(double limit) {
        return IntStream.range(0, channels)
                .filter(channel -> {
                    float most = 0;
                    double total = 0;
                    for (int image = 0; image < images; image++) {
                        long at = measured.address() + 8L * ((long) image * channels + channel);
                        most = Math.max(most, Rows.read(at));
                        total += Rows.read(at + 4);
                    }
                    return most * (double) images * pixels > limit * total;
                })
                .toArray();
    }
}
