package dev.lanewise.cpu.conv.winograd;

/**
 * How large the numbers of channels are.
 *
 * @param norms for each channel the root of the sum of all squares
 * @param typical the mean of the magnitudes, weighted with themselves: zeros and small numbers have no share in it
 */
record ChannelSizes(double[] norms, double[] typical) {
    /** Norms outside of these are not usual: roundings of numbers that are not normal would count. */
    private static final double TINY = 0x1p-50;

    private static final double HUGE = 0x1p50;

    /**
     * Returns these sizes for a {@link TapProof}: norms that are not usual are infinite, with which nothing is proved.
     *
     * @param spreads of channels ({@link ChannelSpread#all}); with 0 they need no proof, and get a norm of 0
     * @param others channels that need no proof either
     */
    ChannelSizes toProve(double[] spreads, int[] others) {
        double[] proved = new double[norms.length];
        for (int channel = 0; channel < norms.length; channel++) {
            boolean usual = norms[channel] >= TINY && norms[channel] <= HUGE;
            proved[channel] = spreads[channel] == 0 ? 0 : usual ? norms[channel] : Double.POSITIVE_INFINITY;
        }
        for (int channel : others) {
            proved[channel] = 0;
        }
        return new ChannelSizes(proved, typical);
    }

    /** The norms in units of the typical numbers: the roots of how many of those a channel has, about. */
    double[] relativeNorms() {
        double[] relative = new double[norms.length];
        for (int channel = 0; channel < norms.length; channel++) {
            relative[channel] = norms[channel] / typical[channel];
        }
        return relative;
    }
}
