package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.LANES;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/** Those numbers of a channel of {@code [images][channels][h][w]} that are not zero, and where they are, image by image. */
public final class SparseChannel {
    private final int channel;
    private final int[] images;
    private final int[] rows;
    private final int[] columns;
    private final float[] values;
    private int count;

    private SparseChannel(int channel, int size) {
        this.channel = channel;
        this.images = new int[size];
        this.rows = new int[size];
        this.columns = new int[size];
        this.values = new float[size];
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
        if (!isSparse(planes, images, channels, h * w, channel, most)) {
            return null;
        }
        int size = 0;
        for (int image = 0; image < images; image++) {
            size += numbers(planes + 4L * ((long) image * channels + channel) * h * w, h * w);
        }
        var found = new SparseChannel(channel, size);
        for (int image = 0; image < images; image++) {
            found.addPlane(image, planes + 4L * ((long) image * channels + channel) * h * w, h * w, w);
        }
        return found;
    }

    /** Whether a channel has at most so many numbers that are not zero. */
    public static boolean isSparse(long planes, int images, int channels, int pixels, int channel, long most) {
        long count = 0;
        for (int image = 0; image < images && count <= most; image++) {
            count += numbers(planes + 4L * ((long) image * channels + channel) * pixels, pixels);
        }
        return count <= most;
    }

    private static int numbers(long plane, int pixels) {
        int count = 0;
        int at = 0;
        for (; at + LANES <= pixels; at += LANES) {
            count += Long.bitCount(some(plane + 4L * at));
        }
        for (; at < pixels; at++) {
            count += Rows.read(plane + 4L * at) != 0 ? 1 : 0;
        }
        return count;
    }

    /** The lanes that are not zero, as bits. */
    private static long some(long at) {
        return FloatVector.fromMemorySegment(SPECIES, ALL, at & MASK, ORDER)
                .compare(VectorOperators.NE, 0)
                .toLong();
    }

    private void addPlane(int image, long plane, int pixels, int w) {
        int at = 0;
        for (; at + LANES <= pixels; at += LANES) {
            for (long some = some(plane + 4L * at); some != 0; some &= some - 1) {
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
