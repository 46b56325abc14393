package dev.lanewise.cpu.pool;

/**
 * The sizes of one two-dimensional pooling of x {@code [n, c, h, w]} to y {@code [n, c, oh, ow]}, with the meaning of
 * PyTorch's MaxPool2d and AvgPool2d.
 *
 * @param n images of the batch; may be 0
 * @param c channels
 * @param h input height
 * @param w input width
 * @param kernelH window height
 * @param kernelW window width
 * @param strideH rows between two windows
 * @param strideW columns between two windows
 * @param padH rows above and below that belong to windows: minus infinity for the maximum, zero for the average
 * @param padW columns left and right
 * @param ceilMode whether a window that begins inside the input or its left padding counts although it ends outside
 * @param countIncludePad whether the average divides by the padded elements too
 */
public record PoolShape(
        int n,
        int c,
        int h,
        int w,
        int kernelH,
        int kernelW,
        int strideH,
        int strideW,
        int padH,
        int padW,
        boolean ceilMode,
        boolean countIncludePad) {

    /**
     * Checks the sizes once, so that the kernels need not.
     *
     * @throws IllegalArgumentException if a size is out of range or no window fits
     */
    public PoolShape {
        if (n < 0 || c < 1 || h < 1 || w < 1 || kernelH < 1 || kernelW < 1 || strideH < 1 || strideW < 1) {
            throw new IllegalArgumentException(
                    "pool2d: x [%d, %d, %d, %d], window %dx%d, stride %dx%d; expected positive sizes"
                            .formatted(n, c, h, w, kernelH, kernelW, strideH, strideW));
        }
        if (padH < 0 || padW < 0 || padH > kernelH / 2 || padW > kernelW / 2) {
            throw new IllegalArgumentException(
                    "pool2d: padding %dx%d; expected at most half the window %dx%d: pad the input first"
                            .formatted(padH, padW, kernelH, kernelW));
        }
        // the kernels count rows, columns and elements of a padded plane in ints
        Math.multiplyExact(h, w);
        Math.addExact(Math.addExact(h, Math.multiplyExact(2, padH)), Math.max(kernelH, strideH));
        Math.addExact(Math.addExact(w, Math.multiplyExact(2, padW)), Math.max(kernelW, strideW));
        int oh = outputs(h, kernelH, strideH, padH, ceilMode);
        int ow = outputs(w, kernelW, strideW, padW, ceilMode);
        Math.multiplyExact(Math.max(0, oh), Math.max(0, ow));
        if (oh < 1 || ow < 1) {
            throw new IllegalArgumentException(
                    "pool2d: window %dx%d is larger than the padded input %dx%d; use a smaller window"
                            .formatted(kernelH, kernelW, h + 2 * padH, w + 2 * padW));
        }
    }

    private static int outputs(int size, int kernel, int stride, int pad, boolean ceil) {
        int room = size + 2 * pad - kernel;
        int outputs = (ceil ? Math.ceilDiv(room, stride) : Math.floorDiv(room, stride)) + 1;
        // The last window must begin inside the input or its left padding.
        return ceil && (outputs - 1) * stride >= size + pad ? outputs - 1 : outputs;
    }

    /** Returns the output's height. */
    public int oh() {
        return outputs(h, kernelH, strideH, padH, ceilMode);
    }

    /** Returns the output's width. */
    public int ow() {
        return outputs(w, kernelW, strideW, padW, ceilMode);
    }

    /** Returns the planes, {@code n * c}. */
    int planes() {
        return Math.multiplyExact(n, c);
    }

    /** Returns the elements that the average of the window at {@code (top, left)} divides by. */
    long divisor(int top, int left) {
        if (countIncludePad) {
            int bottom = Math.min(top + kernelH, h + padH);
            int right = Math.min(left + kernelW, w + padW);
            return (long) (bottom - top) * (right - left);
        }
        int bottom = Math.min(top + kernelH, h);
        int right = Math.min(left + kernelW, w);
        return (long) (bottom - Math.max(0, top)) * (right - Math.max(0, left));
    }
}
