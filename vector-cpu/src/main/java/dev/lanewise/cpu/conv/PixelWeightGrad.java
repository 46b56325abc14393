package dev.lanewise.cpu.conv;

import dev.lanewise.cpu.gemm.GemmShape;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.cpu.plan.Plans;

/**
 * The gradient with respect to the weights with the channels next to each other: the matrix of patches,
 * {@code [pixels][taps][inputs]}, is gathered a tap's channels at a time and its transpose multiplied by the output's
 * gradient, {@code [pixels][outputs]}, a chunk of images after the other. All places are addresses.
 */
final class PixelWeightGrad implements AutoCloseable {
    /** Bytes of the matrix of patches of one chunk. */
    private static final long CHUNK_BYTES = 4 << 20;

    private final ConvShape p;
    private final PixelPhase phase;
    private final PixelPicture input;
    private final PixelPicture output;
    private final int rows;
    private final long patchBytes;
    private final int chunk;
    private final Scratch patches;
    private final Scratch gradients;
    private final Scratch sums;

    private PixelWeightGrad(ConvShape p, PixelPhase phase) {
        this.p = p;
        this.phase = phase;
        this.input = new PixelPicture(p.c(), p.h(), p.w());
        this.output = new PixelPicture(p.k(), p.oh(), p.ow());
        this.rows = Math.toIntExact(p.reduction());
        // An odd number of cache lines, so that pixels do not share sets of the first-level cache.
        this.patchBytes = Vectors.roundUp(4L * rows, 64) | 64;
        this.chunk = (int) Math.max(1, Math.min(p.n(), CHUNK_BYTES / (patchBytes * phase.pixels())));
        this.patches = Scratch.borrow((long) chunk * phase.pixels() * patchBytes);
        this.gradients = Scratch.borrow(chunk * output.bytes());
        this.sums = Scratch.borrow(rows * output.pixelBytes());
    }

    /** Computes {@code gw}. */
    static void run(ConvShape p, PixelPhase phase, long x, long gy, long gw) {
        if (p.n() == 0) {
            Rows.clear(gw, p.k() * p.reduction());
            return;
        }
        try (var pass = new PixelWeightGrad(p, phase)) {
            for (int image = 0; image < p.n(); image += pass.chunk) {
                pass.chunk(image, Math.min(pass.chunk, p.n() - image), x, gy);
            }
            Workers.run(Vectors.blocks(p.c(), Vectors.LANES), block -> pass.restore(block * Vectors.LANES, gw));
        }
    }

    @Override
    public void close() {
        patches.close();
        gradients.close();
        sums.close();
    }

    private void chunk(int first, int images, long x, long gy) {
        Workers.run(images, image -> {
            try (Scratch picture = Scratch.borrow(input.bytes());
                    Scratch work = Scratch.borrow(Transposition.WORK_BYTES)) {
                input.fromPlanes(x + (first + image) * input.planeBytes(), picture.address(), work.address());
                long to = patches.address() + (long) image * phase.pixels() * patchBytes;
                for (int pixel = 0; pixel < phase.pixels(); pixel++) {
                    phase.gather(pixel, input, picture.address(), to + pixel * patchBytes);
                }
                output.fromPlanes(
                        gy + (first + image) * output.planeBytes(),
                        gradients.address() + image * output.bytes(),
                        work.address());
            }
        });
        long outputs = output.pixelBytes() / 4;
        GemmShape product = GemmShape.of(rows, p.k(), images * phase.pixels())
                .left(1, patchBytes / 4)
                .right(outputs, 1)
                .output(outputs)
                .scaled(1, first == 0 ? 0 : 1);
        Plans.run(product, patches.address(), gradients.address(), 0, sums.address());
    }

    /** Brings the sums {@code [taps][inputs][outputs]} of a vector of inputs to {@code gw [outputs][inputs][taps]}. */
    private void restore(int first, long gw) {
        int taps = phase.taps();
        int inputs = Math.min(Vectors.LANES, p.c() - first);
        long row = output.pixelBytes();
        try (Scratch turned = Scratch.borrow((long) inputs * taps * row);
                Scratch work = Scratch.borrow(Transposition.WORK_BYTES)) {
            for (int i = 0; i < inputs; i++) {
                for (int tap = 0; tap < taps; tap++) {
                    long from = sums.address() + ((long) tap * p.c() + first + i) * row;
                    Rows.copy(from, turned.address() + (i * taps + tap) * row, p.k());
                }
            }
            Transposition.pixelsToPlanes(
                    turned.address(), row, inputs * taps, gw + 4L * first * taps, 4L * rows, p.k(), work.address());
        }
    }
}
