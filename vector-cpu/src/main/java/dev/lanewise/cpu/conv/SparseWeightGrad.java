package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.parallel.Workers;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@link ChannelWeightGrad} computes, for channels that are zero nearly everywhere: each of their other numbers is multiplied
 * with what the taps meet there, and the products are summed in F64. All places are addresses.
 */
final class SparseWeightGrad {
    private final ConvShape p;
    private final boolean ofInput;
    private final List<SparseChannel> few;
    private final boolean @Nullable [] pairs;

    /** The side that has all channels. */
    private final long many;

    private final int channels;
    private final int h;
    private final int w;

    /**
     * Prepares a gradient.
     *
     * @param ofInput whether the channels are those of {@code x}, or else of {@code gy}
     * @param pairs which of these channels' pairs are computed, {@code [p.c()][p.k()]}; null for all
     */
    SparseWeightGrad(
            ConvShape p, boolean ofInput, List<SparseChannel> few, boolean @Nullable [] pairs, long x, long gy) {
        this.p = p;
        this.ofInput = ofInput;
        this.few = few;
        this.pairs = pairs;
        this.many = ofInput ? gy : x;
        this.channels = ofInput ? p.k() : p.c();
        this.h = ofInput ? p.oh() : p.h();
        this.w = ofInput ? p.ow() : p.w();
    }

    /** Writes the gradients of these channels' weights, and no others of {@code gw}. */
    void run(long gw) {
        Workers.run(channels, other -> {
            double[] sums = new double[p.r() * p.s()];
            for (SparseChannel one : few) {
                int c = ofInput ? one.channel() : other;
                int k = ofInput ? other : one.channel();
                if (pairs == null || pairs[c * p.k() + k]) {
                    Arrays.fill(sums, 0);
                    add(one, other, sums);
                    write(sums, gw + 4L * ((long) k * p.c() + c) * sums.length);
                }
            }
        });
    }

    private void add(SparseChannel one, int other, double[] sums) {
        // a tap further on meets the output's pixel before, and the input's behind
        int step = ofInput ? -1 : 1;
        for (int i = 0; i < one.count(); i++) {
            int y = one.row(i) - step * p.padH();
            int x = one.column(i) - step * p.padW();
            long plane = many + 4L * ((long) one.image(i) * channels + other) * h * w;
            double value = one.value(i);
            int first = firstTap(x, w);
            int last = lastTap(x, w, p.s());
            for (int r = firstTap(y, h); r <= lastTap(y, h, p.r()); r++) {
                int tap = r * p.s();
                long row = plane + 4L * ((y + step * r) * w + x);
                for (int s = first; s <= last; s++) {
                    sums[tap + s] += value * Rows.read(row + 4L * step * s);
                }
            }
        }
    }

    /** The first tap that meets a pixel of the other side, where tap 0 meets the one {@code at}. */
    private int firstTap(int at, int size) {
        return Math.max(0, ofInput ? at - size + 1 : -at);
    }

    private int lastTap(int at, int size, int taps) {
        return Math.min(taps - 1, ofInput ? at : size - 1 - at);
    }

    private static void write(double[] sums, long to) {
        for (int tap = 0; tap < sums.length; tap++) {
            ALL.set(FLOAT, (to + 4L * tap) & MASK, (float) sums[tap]);
        }
    }
}
