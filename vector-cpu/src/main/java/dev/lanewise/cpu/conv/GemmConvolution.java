package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.memory.NativeMemory.ALL;

import dev.lanewise.cpu.gemm.Activation;
import dev.lanewise.cpu.gemm.Bias;
import dev.lanewise.cpu.gemm.GemmShape;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.cpu.plan.Kernel;
import dev.lanewise.cpu.plan.Plans;
import dev.lanewise.tensor.DType;
import java.lang.foreign.MemorySegment;

/**
 * Convolution as a matrix product with the {@link Patches} of a chunk of images, in float32 and float64: the path for shapes
 * that the others do not take. All places are addresses.
 */
public final class GemmConvolution implements AutoCloseable {
    /** Bytes of the matrix of patches of one chunk. */
    private static final long CHUNK_BYTES = 4 << 20;

    private final ConvShape p;
    private final int elementBytes;
    private final int chunk;
    private final int pixels;
    private final int rows;
    private final Scratch patches;
    private final Scratch channels;

    private GemmConvolution(ConvShape p, int elementBytes) {
        this.p = p;
        this.elementBytes = elementBytes;
        this.pixels = p.oh() * p.ow();
        this.rows = Math.toIntExact(p.reduction());
        this.chunk = (int) Math.max(1, Math.min(p.n(), CHUNK_BYTES / ((long) elementBytes * rows * pixels)));
        this.patches = Scratch.borrow((long) elementBytes * rows * pixels * chunk);
        this.channels = Scratch.borrow((long) elementBytes * p.groupOutputs() * pixels * chunk);
    }

    @Override
    public void close() {
        patches.close();
        channels.close();
    }

    /** Computes {@code y}; {@code bias} may be 0 for none. */
    public static void forward(ConvShape p, int elementBytes, long x, long w, long bias, long y) {
        try (var pass = new GemmConvolution(p, elementBytes)) {
            pass.forward(x, w, bias, y);
        }
    }

    private void forward(long x, long w, long bias, long y) {
        for (int image = 0; image < p.n(); image += chunk) {
            int images = Math.min(chunk, p.n() - image);
            int columns = images * pixels;
            Kernel product = Plans.of(product(p.groupOutputs(), columns, rows)
                    .fused(bias == 0 ? Bias.NONE : Bias.PER_ROW, Activation.NONE));
            for (int group = 0; group < p.groups(); group++) {
                fillPatches(image, images, group, x);
                long biasAt = (long) elementBytes * group * p.groupOutputs();
                Plans.run(product, w + weights(group), patches.address(), bias + biasAt, channels.address());
                copyChannels(image, images, group, false, y);
            }
        }
    }

    /** Computes {@code gx}. */
    public static void inputGrad(ConvShape p, int elementBytes, long gy, long w, long gx) {
        try (var pass = new GemmConvolution(p, elementBytes)) {
            pass.inputGrad(gy, w, gx);
        }
    }

    private void inputGrad(long gy, long w, long gx) {
        Rows.clear(gx, elementBytes / 4L * p.n() * p.c() * p.h() * p.w());
        for (int image = 0; image < p.n(); image += chunk) {
            int images = Math.min(chunk, p.n() - image);
            Kernel product =
                    Plans.of(product(rows, images * pixels, p.groupOutputs()).leftTransposed());
            for (int group = 0; group < p.groups(); group++) {
                copyChannels(image, images, group, true, gy);
                Plans.run(product, w + weights(group), channels.address(), 0, patches.address());
                addPatches(image, images, group, gx);
            }
        }
    }

    /** Computes {@code gw}. */
    public static void weightGrad(ConvShape p, int elementBytes, long x, long gy, long gw) {
        try (var pass = new GemmConvolution(p, elementBytes)) {
            pass.weightGrad(x, gy, gw);
        }
    }

    private void weightGrad(long x, long gy, long gw) {
        if (p.n() == 0) {
            Rows.clear(gw, elementBytes / 4L * p.k() * rows);
        }
        for (int image = 0; image < p.n(); image += chunk) {
            int images = Math.min(chunk, p.n() - image);
            Kernel product = Plans.of(product(p.groupOutputs(), rows, images * pixels)
                    .rightTransposed()
                    .scaled(1, image == 0 ? 0 : 1));
            for (int group = 0; group < p.groups(); group++) {
                fillPatches(image, images, group, x);
                copyChannels(image, images, group, true, gy);
                Plans.run(product, channels.address(), patches.address(), 0, gw + weights(group));
            }
        }
    }

    private GemmShape product(int m, int n, int k) {
        return GemmShape.of(elementBytes == Float.BYTES ? DType.F32 : DType.F64, m, n, k);
    }

    /** Returns the byte offset of a group's weights. */
    private long weights(int group) {
        return (long) elementBytes * group * p.groupOutputs() * rows;
    }

    private long inputAt(int image, int group) {
        return (long) elementBytes * ((long) image * p.groups() + group) * p.groupInputs() * p.h() * p.w();
    }

    private void fillPatches(int image, int images, int group, long x) {
        var matrix = new Patches(p, elementBytes, images);
        int inputs = p.groupInputs();
        Workers.run(images * inputs, task -> {
            int i = task / inputs;
            matrix.fill(x + inputAt(image + i, group), i, task % inputs, patches.address());
        });
    }

    private void addPatches(int image, int images, int group, long gx) {
        var matrix = new Patches(p, elementBytes, images);
        int inputs = p.groupInputs();
        Workers.run(images * inputs, task -> {
            int i = task / inputs;
            matrix.addTo(gx + inputAt(image + i, group), i, task % inputs, patches.address());
        });
    }

    /** Copies between {@code [image][k][pixels]} of a tensor and the matrix {@code [k][image][pixels]}. */
    private void copyChannels(int image, int images, int group, boolean toMatrix, long tensor) {
        long row = (long) elementBytes * pixels;
        for (int k = 0; k < p.groupOutputs(); k++) {
            for (int i = 0; i < images; i++) {
                long unit = ((long) image + i) * p.groups() + group;
                long at = tensor + (unit * p.groupOutputs() + k) * row;
                long matrix = channels.address() + ((long) k * images + i) * row;
                MemorySegment.copy(ALL, toMatrix ? at : matrix, ALL, toMatrix ? matrix : at, row);
            }
        }
    }
}
