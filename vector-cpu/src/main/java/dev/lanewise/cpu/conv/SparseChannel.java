package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.LANES;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/** Those numbers of a channel of {@code [images][channels][h][w]} that are not zero, and where they are, image by image. */
public final class SparseChannel {
    private static final int FIRST_SIZE = 64;

    private final int channel;
    private int[] images = new int[FIRST_SIZE];
    private int[] rows = new int[FIRST_SIZE];
    private int[] columns = new int[FIRST_SIZE];
    private float[] values = new float[FIRST_SIZE];
    private int count;

    private SparseChannel(int channel) {
        this.channel = channel;
    }

    /**
     * Looks for the numbers of a channel.
     *
     * @param planes address of all channels
     * @param most how many numbers there may be
     * @return null if there are more
     */
    public static @Nullable SparseChannel of(
            long planes, int images, int channels, int h, int w, int channel, long most) {
        var found = new SparseChannel(channel);
        for (int image = 0; image < images; image++) {
            found.addPlane(image, planes + 4L * ((long) image * channels + channel) * h * w, h * w, w);
            if (found.count > most) {
                return null;
            }
        }
        return found;
    }

    private void addPlane(int image, long plane, int pixels, int w) {
        int at = 0;
        for (; at + LANES <= pixels; at += LANES) {
            long some = FloatVector.fromMemorySegment(SPECIES, ALL, (plane + 4L * at) & MASK, ORDER)
                    .compare(VectorOperators.NE, 0)
                    .toLong();
            for (; some != 0; some &= some - 1) {
                add(image, plane, at + Long.numberOfTrailingZeros(some), w);
            }
        }
        for (; at < pixels; at++) {
            if (Rows.read(plane + 4L * at) != 0) {
                add(image, plane, at, w);
            }
        }
    }

    private void add(int image, long plane, int at, int w) {
        if (count == values.length) {
            images = Arrays.copyOf(images, 2 * count);
            rows = Arrays.copyOf(rows, 2 * count);
            columns = Arrays.copyOf(columns, 2 * count);
            values = Arrays.copyOf(values, 2 * count);
        }
        images[count] = image;
        rows[count] = at / w;
        columns[count] = at % w;
        values[count] = Rows.read(plane + 4L * at);
        count++;
    }

    int channel() {
        return channel;
    }

    int count() {
        return count;
    }

    int image(int i) {
        return images[i];
    }

    int row(int i) {
        return rows[i];
    }

    int column(int i) {
        return columns[i];
    }

    double value(int i) {
        return values[i];
    }
}
