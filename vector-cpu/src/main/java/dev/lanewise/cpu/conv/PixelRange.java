package dev.lanewise.cpu.conv;

/**
 * What each result along one side of a depthwise convolution sums: a run of positions of two stacks, of which one is the
 * pixels' and the other the weights' or, for the gradient with respect to the weights, that of the output's gradient. Positions
 * outside a picture are in no run, so padding is never multiplied.
 *
 * @param left the first position in the left stack, for each result
 * @param right the first position in the right stack, for each result
 * @param counts how many are summed, for each result; 0 for none
 * @param leftStep from one position in the left stack to the next
 * @param rightStep from one position in the right stack to the next
 */
record PixelRange(int[] left, int[] right, int[] counts, int leftStep, int rightStep) {
    private static PixelRange of(int results, int leftStep, int rightStep) {
        return new PixelRange(new int[results], new int[results], new int[results], leftStep, rightStep);
    }

    /** Outputs, of pixels and weights. */
    static PixelRange forward(int size, int outputs, int taps, int stride, int pad) {
        PixelRange range = of(outputs, 1, 1);
        for (int output = 0; output < outputs; output++) {
            int pixel = output * stride - pad;
            int first = Math.max(0, -pixel);
            range.set(output, pixel + first, first, Math.min(taps, size - pixel) - first);
        }
        return range;
    }

    /** Gradients of pixels, of the outputs' gradients and weights. */
    static PixelRange inputGrad(int size, int outputs, int taps, int stride, int pad) {
        PixelRange range = of(size, -1, stride);
        for (int pixel = 0; pixel < size; pixel++) {
            int at = pixel + pad;
            int first = Math.max(at % stride, at - (outputs - 1) * stride);
            int last = Math.min(taps - 1, at);
            range.set(pixel, (at - first) / stride, first, last < first ? 0 : (last - first) / stride + 1);
        }
        return range;
    }

    /** Gradients of weights, of pixels and the outputs' gradients. */
    static PixelRange weightGrad(int size, int outputs, int taps, int stride, int pad) {
        PixelRange range = of(taps, stride, 1);
        for (int tap = 0; tap < taps; tap++) {
            int first = Math.max(0, Math.ceilDiv(pad - tap, stride));
            int end = Math.min(outputs, Math.ceilDiv(size + pad - tap, stride));
            range.set(tap, first * stride + tap - pad, first, end - first);
        }
        return range;
    }

    private void set(int result, int leftAt, int rightAt, int count) {
        counts[result] = Math.max(0, count);
        // a run of none begins nowhere
        left[result] = count > 0 ? leftAt : 0;
        right[result] = count > 0 ? rightAt : 0;
    }
}
