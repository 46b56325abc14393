package dev.lanewise.cpu.conv;

/** Kernels with a vector of output channels in the lanes. */
public final class LaneKernels {
    private LaneKernels() {}

    /**
     * Writes {@code to[input][tap][lane]} for the vector of outputs that begins at {@code first}. For the gradient with
     * respect to the input, inputs and outputs change places, and the taps are written last to first.
     *
     * @param p the convolution, of one group
     * @param gradient whether for the gradient with respect to the input
     * @param w address of the weights
     * @param first the first output
     * @param to receives a vector for each input and tap
     * @param work scratch of {@link Transposition#WORK_BYTES}
     */
    public static void turn(ConvShape p, boolean gradient, long w, int first, long to, long work) {
        int taps = p.r() * p.s();
        if (!gradient) {
            long kernels = 4L * p.c() * taps;
            int channels = Math.min(Vectors.LANES, p.k() - first);
            Transposition.planesToPixels(w + first * kernels, kernels, channels, p.c() * taps, to, Vectors.BYTES, work);
            return;
        }
        int channels = Math.min(Vectors.LANES, p.c() - first);
        for (int input = 0; input < p.k(); input++) {
            long from = w + 4L * taps * ((long) input * p.c() + first);
            long lastTap = to + ((long) input * taps + taps - 1) * Vectors.BYTES;
            // A vector from a kernel on ends inside the next input's kernels, of which the last input has none.
            if (input < p.k() - 1 && taps < Vectors.LANES && (long) p.c() * taps >= Vectors.LANES) {
                Transposition.fewPlanesToPixels(from, 4L * taps, channels, taps, lastTap, -Vectors.BYTES, work);
            } else {
                Transposition.planesToPixels(from, 4L * taps, channels, taps, lastTap, -Vectors.BYTES, work);
            }
        }
    }
}
