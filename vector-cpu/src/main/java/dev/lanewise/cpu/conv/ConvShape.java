package dev.lanewise.cpu.conv;

/**
 * The sizes of one two-dimensional convolution: x is {@code [n, c, h, w]}, the weights {@code [k, c / groups, r, s]}, the
 * output {@code [n, k, oh, ow]}, all dense and row-major. The formula of the output's size is the one of PyTorch's Conv2d.
 *
 * @param n images of the batch; may be 0
 * @param c input channels, a multiple of {@code groups}
 * @param h input height
 * @param w input width
 * @param k output channels, a multiple of {@code groups}
 * @param r kernel height
 * @param s kernel width
 * @param strideH rows between two outputs
 * @param strideW columns between two outputs
 * @param padH zero rows above and below
 * @param padW zero columns left and right
 * @param dilationH rows between two taps
 * @param dilationW columns between two taps
 * @param groups independent groups of channels
 */
public record ConvShape(
        int n,
        int c,
        int h,
        int w,
        int k,
        int r,
        int s,
        int strideH,
        int strideW,
        int padH,
        int padW,
        int dilationH,
        int dilationW,
        int groups) {

    /**
     * Checks the sizes once, so that the kernels need not.
     *
     * @throws IllegalArgumentException if a size is out of range or the kernel does not fit into the padded input
     */
    public ConvShape {
        require(
                n >= 0 && c > 0 && h > 0 && w > 0 && k > 0 && r > 0 && s > 0,
                n,
                c,
                h,
                w,
                k,
                r,
                s,
                "sizes must be positive");
        require(
                strideH > 0 && strideW > 0 && dilationH > 0 && dilationW > 0 && padH >= 0 && padW >= 0,
                n,
                c,
                h,
                w,
                k,
                r,
                s,
                "strides and dilations must be positive, paddings not negative");
        require(
                groups > 0 && c % groups == 0 && k % groups == 0,
                n,
                c,
                h,
                w,
                k,
                r,
                s,
                "channels must be multiples of groups = " + groups);
        // the kernels count rows, columns and elements of a padded plane in ints
        Math.multiplyExact(
                Math.addExact(h, Math.multiplyExact(2, padH)), Math.addExact(w, Math.multiplyExact(2, padW)));
        Math.multiplyExact(Math.multiplyExact(r - 1, dilationH) + 1, Math.multiplyExact(s - 1, dilationW) + 1);
        Math.multiplyExact(Math.multiplyExact(c / groups, r), s);
        require(
                h + 2 * padH >= (r - 1) * dilationH + 1 && w + 2 * padW >= (s - 1) * dilationW + 1,
                n,
                c,
                h,
                w,
                k,
                r,
                s,
                "the dilated kernel is larger than the padded input; add padding or use a smaller kernel");
    }

    private static void require(boolean holds, int n, int c, int h, int w, int k, int r, int s, String expected) {
        if (!holds) {
            throw new IllegalArgumentException("conv2d: x [%d, %d, %d, %d], kernel %dx%d to %d channels: %s"
                    .formatted(n, c, h, w, r, s, k, expected));
        }
    }

    /** Returns the output's height. */
    public int oh() {
        return (h + 2 * padH - (r - 1) * dilationH - 1) / strideH + 1;
    }

    /** Returns the output's width. */
    public int ow() {
        return (w + 2 * padW - (s - 1) * dilationW - 1) / strideW + 1;
    }

    /** Returns the input channels of one group. */
    int groupInputs() {
        return c / groups;
    }

    /** Returns the output channels of one group. */
    int groupOutputs() {
        return k / groups;
    }

    /** Returns the products summed for one output: input channels of a group times taps. */
    public long reduction() {
        return (long) groupInputs() * r * s;
    }

    /** Returns the multiplications of the convolution by its definition. */
    double multiplications() {
        return (double) n * k * oh() * ow() * reduction();
    }
}
