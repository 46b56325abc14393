package dev.lanewise.cpu.conv;

import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;

/**
 * Convolution with the channels in the lanes, forward and with respect to its input, for strides that leave the direct
 * kernels' rows short. All places are addresses.
 *
 * <p>A task is some images: their planes are turned into pixels, the patches of a block of pixels are gathered a tap's
 * channels at a time, each block is multiplied with the panels of weights, and the products go back to planes. Patches and
 * products stay in the second-level cache.
 */
final class PixelConvolution implements AutoCloseable {
    /** Pixels whose patches are multiplied together, and wanted of a task. */
    private static final int BLOCK = 64;

    /** Steps summed for all pixels of a block before the next: a panel's weights of these stay in the first-level cache. */
    private static final int PART_STEPS = 256;

    /** Images from which on every thread of a desktop has some. */
    static final int ENOUGH_IMAGES = 8;

    private final PixelPhase[] phases;
    private final PixelPicture source;
    private final PixelPicture target;
    private final int n;
    private final int imagesPerTask;
    private final PixelWeights weights;
    private final Scratch start;
    private final long x;
    private final long y;

    private PixelConvolution(ConvShape p, PixelPhase[] phases, boolean gradient, long x, long w, long bias, long y) {
        var input = new PixelPicture(p.c(), p.h(), p.w());
        var output = new PixelPicture(p.k(), p.oh(), p.ow());
        this.phases = phases;
        this.source = gradient ? output : input;
        this.target = gradient ? input : output;
        this.n = p.n();
        this.imagesPerTask = Math.max(1, Math.min(BLOCK / output.pixels(), p.n() / ENOUGH_IMAGES));
        this.x = x;
        this.y = y;
        this.weights = new PixelWeights(p, gradient, phases, w);
        this.start = Scratch.borrow(target.pixelBytes());
        Rows.clear(start.address(), target.pixelBytes() / 4);
        if (bias != 0) {
            Rows.copy(bias, start.address(), target.channels());
        }
    }

    /** Computes {@code y} from {@code x}; {@code bias} may be 0 for none. */
    static void forward(ConvShape p, PixelPhase[] phases, long x, long w, long bias, long y) {
        try (var pass = new PixelConvolution(p, phases, false, x, w, bias, y)) {
            pass.run();
        }
    }

    /** Computes {@code gx} from {@code gy}. */
    static void inputGrad(ConvShape p, PixelPhase[] phases, long gy, long w, long gx) {
        try (var pass = new PixelConvolution(p, phases, true, gy, w, 0, gx)) {
            pass.run();
        }
    }

    @Override
    public void close() {
        weights.close();
        start.close();
    }

    private void run() {
        Workers.run(Vectors.blocks(n, imagesPerTask), this::task);
    }

    private void task(int task) {
        int first = task * imagesPerTask;
        int images = Math.min(imagesPerTask, n - first);
        try (Scratch from = Scratch.borrow(images * source.bytes());
                Scratch to = Scratch.borrow(images * target.bytes());
                Scratch work = Scratch.borrow(Transposition.WORK_BYTES)) {
            for (int image = 0; image < images; image++) {
                long planes = x + (first + image) * source.planeBytes();
                source.fromPlanes(planes, from.address() + image * source.bytes(), work.address());
            }
            for (int phase = 0; phase < phases.length; phase++) {
                sum(phase, images, from.address(), to.address());
            }
            for (int image = 0; image < images; image++) {
                long planes = y + (first + image) * target.planeBytes();
                target.toPlanes(to.address() + image * target.bytes(), planes, work.address());
            }
        }
    }

    private void sum(int phase, int images, long from, long to) {
        int steps = weights.steps(phase);
        // An odd number of cache lines, so that the pixels of a tile do not share sets of the first-level cache.
        long row = Vectors.roundUp(4L * steps, 64) | 64;
        long rows = Vectors.roundUp(BLOCK, PanelTile.ROWS);
        int pixels = images * phases[phase].pixels();
        try (Scratch patches = Scratch.borrow(rows * row);
                Scratch products = Scratch.borrow(rows * target.pixelBytes())) {
            for (int first = 0; first < pixels; first += BLOCK) {
                int count = Math.min(BLOCK, pixels - first);
                gather(phase, first, count, from, patches.address(), row);
                multiply(phase, count, patches.address(), row, products.address());
                scatter(phase, first, count, products.address(), to);
            }
        }
    }

    private void gather(int phase, int first, int count, long from, long patches, long row) {
        int perImage = phases[phase].pixels();
        for (int i = 0; i < count; i++) {
            int image = (first + i) / perImage;
            phases[phase].gather(
                    first + i - image * perImage, source, from + image * source.bytes(), patches + i * row);
        }
    }

    private void multiply(int phase, int count, long patches, long row, long products) {
        int steps = weights.steps(phase);
        for (int part = 0; part == 0 || part < steps; part += PART_STEPS) {
            for (int panel = 0; panel < weights.panels(); panel++) {
                long sums = products + panel * 2L * Vectors.BYTES;
                for (int i = 0; i < count; i += PanelTile.ROWS) {
                    long sum = sums + i * target.pixelBytes();
                    PanelTile.run(
                            patches + i * row + 4L * part,
                            row,
                            4,
                            weights.address(phase, panel, part),
                            Math.min(PART_STEPS, steps - part),
                            part == 0 ? start.address() + panel * 2L * Vectors.BYTES : sum,
                            part == 0 ? 0 : target.pixelBytes(),
                            sum,
                            target.pixelBytes());
                }
            }
        }
    }

    private void scatter(int phase, int first, int count, long products, long to) {
        PixelPhase pixels = phases[phase];
        for (int i = 0; i < count; i++) {
            int image = (first + i) / pixels.pixels();
            int pixel = first + i - image * pixels.pixels();
            long at = target.offset(pixels.targetRow(pixel), pixels.targetColumn(pixel));
            Rows.copy(products + i * target.pixelBytes(), to + image * target.bytes() + at, target.channels());
        }
    }
}
