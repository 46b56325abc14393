package dev.lanewise.cpu.conv.winograd;

import java.util.stream.IntStream;

/**
 * Few channels of two sides that are in all of some pairs: one after the other the channel with the largest share of the pairs
 * that are left.
 *
 * @param inputs of the input
 * @param outputs of the output
 */
record ChannelCover(int[] inputs, int[] outputs) {
    /**
     * Returns the channels.
     *
     * @param pairs {@code [inputs][outputs]}, written to
     */
    static ChannelCover of(boolean[] pairs, int inputs, int outputs) {
        int[] ofInput = new int[inputs];
        int[] ofOutput = new int[outputs];
        int left = 0;
        for (int i = 0; i < pairs.length; i++) {
            if (pairs[i]) {
                ofInput[i / outputs]++;
                ofOutput[i % outputs]++;
                left++;
            }
        }
        boolean[] takenInputs = new boolean[inputs];
        boolean[] takenOutputs = new boolean[outputs];
        while (left > 0) {
            int c = largest(ofInput);
            int k = largest(ofOutput);
            // an input channel's work is that of all outputs
            boolean input = (long) ofInput[c] * inputs >= (long) ofOutput[k] * outputs;
            (input ? takenInputs : takenOutputs)[input ? c : k] = true;
            for (int other = 0; other < (input ? outputs : inputs); other++) {
                int pair = input ? c * outputs + other : other * outputs + k;
                if (pairs[pair]) {
                    pairs[pair] = false;
                    ofInput[pair / outputs]--;
                    ofOutput[pair % outputs]--;
                    left--;
                }
            }
        }
        return new ChannelCover(taken(takenInputs), taken(takenOutputs));
    }

    private static int largest(int[] counts) {
        int largest = 0;
        for (int i = 1; i < counts.length; i++) {
            largest = counts[i] > counts[largest] ? i : largest;
        }
        return largest;
    }

    private static int[] taken(boolean[] taken) {
        return IntStream.range(0, taken.length).filter(i -> taken[i]).toArray();
    }
}
