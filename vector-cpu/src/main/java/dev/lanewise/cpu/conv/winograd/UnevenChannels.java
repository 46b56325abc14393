package dev.lanewise.cpu.conv.winograd;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The channels with single large numbers, compared with their mean ({@link ChannelSpread}), of which gradients of weights are to
 * be computed by the definition.
 *
 * @param inputs of the input
 * @param outputs of the output
 */
record UnevenChannels(int[] inputs, int[] outputs) {
    /**
     * A channel's largest number may be this share of all that its pixels sum up to: with fewer large pixels a tap's sum hangs
     * on the few numbers that they meet.
     */
    private static final double FEWEST = 16;

    /**
     * Chooses channels, so that the largest magnitudes of any two others, each over its mean, multiply to at most the pixels.
     *
     * @param ofInput how many times its mean each input channel's largest magnitude is
     * @param ofOutput likewise of the output's gradients
     * @param pixels of the output, of all images
     */
    static UnevenChannels of(double[] ofInput, double[] ofOutput, double pixels) {
        // an error is a rounding error of the largest product, a tap's sum one mean product for each pixel
        double limit = Math.max(Math.sqrt(pixels), pixels / FEWEST);
        double inputLimit = bestInputLimit(ofInput, ofOutput, limit, pixels);
        return new UnevenChannels(above(ofInput, inputLimit), above(ofOutput, Math.min(limit, pixels / inputLimit)));
    }

    /** The spread of inputs beyond which they are computed again, chosen so that the least is: of both sides together. */
    private static double bestInputLimit(double[] inputs, double[] outputs, double limit, double pixels) {
        double[] ofInput = inputs.clone();
        double[] ofOutput = outputs.clone();
        Arrays.sort(ofInput);
        Arrays.sort(ofOutput);
        double best = limit;
        double least = Double.POSITIVE_INFINITY;
        int output = ofOutput.length;
        int input = 0;
        for (double spread : ofInput) {
            // one above the limit is computed again anyway
            double candidate = Math.max(1, Math.min(limit, spread));
            double outputLimit = Math.min(limit, pixels / candidate);
            while (input < ofInput.length && ofInput[input] <= candidate) {
                input++;
            }
            while (output > 0 && !(ofOutput[output - 1] <= outputLimit)) {
                output--;
            }
            double work = (double) (ofInput.length - input) / ofInput.length
                    + (double) (ofOutput.length - output) / ofOutput.length;
            if (work < least) {
                least = work;
                best = candidate;
            }
        }
        return best;
    }

    /** The channels whose spread is larger than a limit, or no number. */
    private static int[] above(double[] spreads, double limit) {
        return IntStream.range(0, spreads.length)
                .filter(channel -> !(spreads[channel] <= limit))
                .toArray();
    }

    /** Whether they are more than one in {@code share} of a side's channels. */
    boolean areMany(int ofInput, int ofOutput, int share) {
        return inputs.length * share > ofInput || outputs.length * share > ofOutput;
    }
}
