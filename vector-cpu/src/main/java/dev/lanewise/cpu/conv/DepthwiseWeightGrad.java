package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.LANES;
import static dev.lanewise.cpu.conv.Vectors.LONG;
import static dev.lanewise.cpu.memory.Access.f64;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;

/**
 * The gradient of a depthwise convolution with respect to its weights. A task is one kernel, of one input and one output
 * channel: for every image both planes are laid out at one pitch, with zeros between the rows of the gradient, and each tap is
 * the sum of one long product.
 *
 * <p>What lies between the rows is multiplied by zeros, which NaN and infinity survive: the caller looks for them.
 */
final class DepthwiseWeightGrad {
    static final int TAPS = 4;

    private final ConvShape shape;
    private final Planes pixels;
    private final Planes slopes;
    private final int taps;
    private final int vectors;

    /** Plans the gradient of a shape. */
    DepthwiseWeightGrad(ConvShape shape) {
        this.shape = shape;
        Planes whole = DirectPlan.forward(shape).wholePlanes();
        pixels = new Planes(
                1,
                whole.sourceH(),
                whole.sourceW(),
                whole.strideH(),
                whole.strideW(),
                whole.phasesH(),
                whole.phasesW(),
                whole.top(),
                whole.left(),
                whole.rows(),
                whole.pitch(),
                true);
        slopes = new Planes(1, shape.oh(), shape.ow(), 1, 1, 1, 1, 0, 0, shape.oh(), pixels.pitch(), true);
        taps = shape.r() * shape.s();
        vectors = Vectors.blocks(shape.oh() * pixels.pitch(), LANES);
    }

    /** Writes {@code gw}; all places are addresses. */
    void run(long x, long gy, long gw) {
        long kernels = (long) shape.k() * shape.groupInputs();
        long work = Math.max(1, (long) shape.n() * pixels.rows() * pixels.pitch());
        try (Scratch offsets = Scratch.borrow(8L * Vectors.roundUp(taps, TAPS))) {
            fillOffsets(offsets.address());
            Workers.forRange(
                    kernels,
                    Math.max(1, DepthwiseTile.GRAIN / work),
                    (from, to) -> kernels(from, to, offsets.address(), x, gy, gw));
        }
    }

    private void fillOffsets(long at) {
        for (int tap = 0; tap < Vectors.roundUp(taps, TAPS); tap++) {
            // a block's missing taps repeat the last
            int taken = Math.min(tap, taps - 1);
            int y = taken / shape.s() * shape.dilationH();
            int x = taken % shape.s() * shape.dilationW();
            long offset = pixels.offset(
                    0, y % shape.strideH(), x % shape.strideW(), y / shape.strideH(), x / shape.strideW());
            ALL.set(LONG, (at + 8L * tap) & MASK, offset);
        }
    }

    private void kernels(long from, long to, long offsets, long x, long gy, long gw) {
        int sumsCount = (int) Vectors.roundUp(taps, TAPS);
        // the last tap's run ends less than a row and a vector behind the picture
        long slack = pixels.pitch() + (long) LANES;
        try (Scratch picture = Scratch.borrow(pixels.bytes() + 4 * slack);
                Scratch slope = Scratch.borrow(slopes.bytes());
                Scratch sums = Scratch.borrow((long) Double.BYTES * sumsCount);
                Scratch lanes = Scratch.borrow(TAPS * Vectors.BYTES)) {
            Rows.clear(picture.address() + pixels.bytes(), slack);
            for (long kernel = from; kernel < to; kernel++) {
                for (int tap = 0; tap < sumsCount; tap++) {
                    f64(sums.address() + 8L * tap, 0);
                }
                long k = kernel / shape.groupInputs();
                long c = k / shape.groupOutputs() * shape.groupInputs() + kernel % shape.groupInputs();
                for (long image = 0; image < shape.n(); image++) {
                    long pixelsAt = x + 4 * (image * shape.c() + c) * shape.h() * shape.w();
                    long slopesAt = gy + 4 * (image * shape.k() + k) * shape.oh() * shape.ow();
                    // one call, since C2 writes out every one
                    for (int part = 0; part < 2; part++) {
                        Planes planes = part == 0 ? pixels : slopes;
                        planes.fill(part == 0 ? pixelsAt : slopesAt, 0, (part == 0 ? picture : slope).address());
                    }
                    for (int tap = 0; tap < taps; tap += TAPS) {
                        DepthwiseTile.gradient(
                                slope.address(),
                                picture.address(),
                                offsets + 8L * tap,
                                vectors,
                                sums.address() + 8L * tap,
                                lanes.address());
                    }
                }
                for (int tap = 0; tap < taps; tap++) {
                    ALL.set(FLOAT, (gw + 4 * (kernel * taps + tap)) & MASK, (float) f64(sums.address() + 8L * tap));
                }
            }
        }
    }
}
