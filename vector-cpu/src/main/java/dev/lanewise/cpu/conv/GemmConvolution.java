package dev.lanewise.cpu.conv;

import dev.lanewise.cpu.parallel.Workers;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Convolution as a matrix product with the {@link Patches} of a chunk of images, in float32 and float64: the path for shapes
 * that the others do not take.
 */
final class GemmConvolution {
    /** Bytes of the matrix of patches of one chunk. */
    private static final long CHUNK_BYTES = 4 << 20;

    private final ConvShape p;
    private final int elementBytes;
    private final int chunk;
    private final long pixels;
    private final long rows;
    private final MemorySegment patches;
    private final MemorySegment channels;

    private GemmConvolution(ConvShape p, int elementBytes) {
        this.p = p;
        this.elementBytes = elementBytes;
        this.pixels = (long) p.oh() * p.ow();
        this.rows = p.reduction();
        this.chunk = (int) Math.max(1, Math.min(p.n(), CHUNK_BYTES / (elementBytes * rows * pixels)));
        this.patches = Buffers.get(Buffers.Use.PLANES, elementBytes * rows * pixels * chunk);
        this.channels = Buffers.get(Buffers.Use.OUTPUT, elementBytes * p.groupOutputs() * pixels * chunk);
    }

    static void forward(
            ConvShape p,
            int elementBytes,
            MemorySegment x,
            long xAt,
            MemorySegment w,
            long wAt,
            @Nullable MemorySegment bias,
            long biasAt,
            Activation activation,
            MemorySegment y,
            long yAt) {
        var pass = new GemmConvolution(p, elementBytes);
        for (int image = 0; image < p.n(); image += pass.chunk) {
            int images = Math.min(pass.chunk, p.n() - image);
            for (int group = 0; group < p.groups(); group++) {
                pass.fillPatches(image, images, group, x, xAt);
                long columns = images * pass.pixels;
                Product.multiply(
                        elementBytes, p.groupOutputs(), columns, pass.rows,
                        w, wAt + pass.weights(group), pass.rows, 1, pass.patches, 0, columns, 1, 0, pass.channels, 0);
                pass.copyChannels(image, images, group, false, y, yAt);
            }
        }
        new BiasActivation(p, elementBytes, bias, biasAt, activation, y, yAt).run();
    }

    static void inputGrad(
            ConvShape p,
            int elementBytes,
            MemorySegment gy,
            long gyAt,
            MemorySegment w,
            long wAt,
            MemorySegment gx,
            long gxAt) {
        var pass = new GemmConvolution(p, elementBytes);
        gx.asSlice(gxAt, (long) elementBytes * p.n() * p.c() * p.h() * p.w()).fill((byte) 0);
        for (int image = 0; image < p.n(); image += pass.chunk) {
            int images = Math.min(pass.chunk, p.n() - image);
            for (int group = 0; group < p.groups(); group++) {
                pass.copyChannels(image, images, group, true, gy, gyAt);
                long columns = images * pass.pixels;
                Product.multiply(
                        elementBytes, pass.rows, columns, p.groupOutputs(),
                        w, wAt + pass.weights(group), 1, pass.rows, pass.channels, 0, columns, 1, 0, pass.patches, 0);
                pass.addPatches(image, images, group, gx, gxAt);
            }
        }
    }

    static void weightGrad(
            ConvShape p,
            int elementBytes,
            MemorySegment x,
            long xAt,
            MemorySegment gy,
            long gyAt,
            MemorySegment gw,
            long gwAt) {
        var pass = new GemmConvolution(p, elementBytes);
        gw.asSlice(gwAt, elementBytes * p.k() * pass.rows).fill((byte) 0);
        for (int image = 0; image < p.n(); image += pass.chunk) {
            int images = Math.min(pass.chunk, p.n() - image);
            for (int group = 0; group < p.groups(); group++) {
                pass.fillPatches(image, images, group, x, xAt);
                pass.copyChannels(image, images, group, true, gy, gyAt);
                long columns = images * pass.pixels;
                Product.multiply(
                        elementBytes, p.groupOutputs(), pass.rows, columns,
                        pass.channels, 0, columns, 1, pass.patches, 0, 1, columns, 1, gw, gwAt + pass.weights(group));
            }
        }
    }

    /** Returns the byte offset of a group's weights. */
    private long weights(int group) {
        return (long) elementBytes * group * p.groupOutputs() * rows;
    }

    private long inputAt(int image, int group) {
        return (long) elementBytes * ((long) image * p.groups() + group) * p.groupInputs() * p.h() * p.w();
    }

    private void fillPatches(int image, int images, int group, MemorySegment x, long xAt) {
        var matrix = new Patches(p, elementBytes, images);
        int inputs = p.groupInputs();
        Workers.run(images * inputs, task -> {
            int i = task / inputs;
            matrix.fill(x, xAt + inputAt(image + i, group), i, task % inputs, patches);
        });
    }

    private void addPatches(int image, int images, int group, MemorySegment gx, long gxAt) {
        var matrix = new Patches(p, elementBytes, images);
        int inputs = p.groupInputs();
        Workers.run(images * inputs, task -> {
            int i = task / inputs;
            matrix.addTo(gx, gxAt + inputAt(image + i, group), i, task % inputs, patches);
        });
    }

    /** Copies between {@code [image][k][pixels]} of a tensor and the matrix {@code [k][image][pixels]}. */
    private void copyChannels(
            int image, int images, int group, boolean toMatrix, MemorySegment tensor, long tensorAt) {
        long row = elementBytes * pixels;
        for (int k = 0; k < p.groupOutputs(); k++) {
            for (int i = 0; i < images; i++) {
                long unit = ((long) image + i) * p.groups() + group;
                long at = tensorAt + (unit * p.groupOutputs() + k) * row;
                long matrixAt = ((long) k * images + i) * row;
                if (toMatrix) {
                    MemorySegment.copy(tensor, at, channels, matrixAt, row);
                } else {
                    MemorySegment.copy(channels, matrixAt, tensor, at, row);
                }
            }
        }
    }
}
