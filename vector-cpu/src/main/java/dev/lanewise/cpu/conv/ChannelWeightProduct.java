package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.gemm.GemmShape;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;

/**
 * What {@link ChannelWeightGrad} computes, for planes so small that a run of images is short: one product of the side that has
 * many channels, {@code [channels][pixels]} over a chunk of images, with the patches of the few channels, {@code [channels][taps][pixels]}.
 * Of chosen output channels, the patches are those of the adjoint convolution, whose taps are in reverse order. All places are addresses.
 */
final class ChannelWeightProduct {
    /** Bytes of a chunk's two matrices, about. */
    private static final long CHUNK_BYTES = 4 << 20;

    private final ConvShape p;
    private final boolean ofInput;
    private final int[] chosen;
    private final int others;
    private final int plane;
    private final int taps;
    private final int rows;
    private final int imagesPerChunk;

    /** The convolution that reads the few channels and whose output has the pixels of the many. */
    private final ConvShape view;

    ChannelWeightProduct(ConvShape p, boolean ofInput, int[] chosen) {
        this.p = p;
        this.ofInput = ofInput;
        this.chosen = chosen;
        this.others = ofInput ? p.k() : p.c();
        this.plane = ofInput ? p.oh() * p.ow() : p.h() * p.w();
        this.taps = p.r() * p.s();
        this.rows = chosen.length * taps;
        this.imagesPerChunk = Math.clamp(CHUNK_BYTES / (4L * plane * (others + rows)), 1, p.n());
        this.view = ofInput ? p : adjoint(p);
    }

    private static ConvShape adjoint(ConvShape p) {
        return new ConvShape(
                p.n(),
                p.k(),
                p.oh(),
                p.ow(),
                p.c(),
                p.r(),
                p.s(),
                1,
                1,
                p.r() - 1 - p.padH(),
                p.s() - 1 - p.padW(),
                1,
                1,
                1);
    }

    /** Whether chosen output channels have an adjoint without negative padding. */
    static boolean fits(ConvShape p, boolean ofInput) {
        return ofInput || p.padH() < p.r() && p.padW() < p.s();
    }

    void run(long x, long gy, long gw) {
        long few = ofInput ? x : gy;
        long many = ofInput ? gy : x;
        try (Scratch left = Scratch.borrow(4L * others * imagesPerChunk * plane);
                Scratch right = Scratch.borrow(4L * rows * imagesPerChunk * plane);
                Scratch sums = Scratch.borrow(4L * others * rows)) {
            for (int first = 0; first < p.n(); first += imagesPerChunk) {
                int image = first;
                int images = Math.min(imagesPerChunk, p.n() - first);
                Workers.run(others, channel -> gather(many, image, images, channel, left.address()));
                var patches = new Patches(view, Float.BYTES, images);
                Workers.run(chosen.length * images, task -> fill(patches, few, image, task, right.address()));
                int pixels = images * plane;
                // how many channels there are depends on their numbers: not worth a place among the plans
                GemmShape.of(others, rows, pixels)
                        .rightTransposed()
                        .scaled(1, first == 0 ? 0 : 1)
                        .plan(Workers.threads())
                        .run(left.address(), right.address(), 0, sums.address());
            }
            Workers.run(others, channel -> write(channel, sums.address() + 4L * channel * rows, gw));
        }
    }

    /** Copies the planes of one of the many channels side by side. */
    private void gather(long many, int firstImage, int images, int channel, long to) {
        long target = to + 4L * channel * images * plane;
        for (int image = 0; image < images; image++) {
            long source = many + 4L * ((long) (firstImage + image) * others + channel) * plane;
            Rows.copy(source, target + 4L * image * plane, plane);
        }
    }

    /** Writes the patches of image {@code task / chosen.length} of one of the few channels. */
    private void fill(Patches patches, long few, int firstImage, int task, long to) {
        int image = task / chosen.length;
        int one = task % chosen.length;
        long bytes = 4L * view.h() * view.w();
        // as if the chosen channels lay one after the other
        long planes = few + bytes * ((long) (firstImage + image) * view.c() + chosen[one] - one);
        patches.fill(planes, image, one, to);
    }

    private void write(int other, long sums, long gw) {
        for (int i = 0; i < chosen.length; i++) {
            int k = ofInput ? other : chosen[i];
            int c = ofInput ? chosen[i] : other;
            for (int tap = 0; tap < taps; tap++) {
                int row = ofInput ? tap : taps - 1 - tap;
                float sum = Rows.read(sums + 4L * ((long) i * taps + row));
                ALL.set(FLOAT, (gw + 4L * (((long) k * p.c() + c) * taps + tap)) & MASK, sum);
            }
        }
    }
}
