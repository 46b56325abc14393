package dev.lanewise.cpu.conv.winograd;

import dev.lanewise.cpu.conv.ChannelWeightGrad;
import dev.lanewise.cpu.conv.ConvShape;
import dev.lanewise.cpu.conv.SparseChannel;
import dev.lanewise.cpu.parallel.Workers;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Which gradients of weights are computed again by the definition: those of channels with single large numbers, compared with
 * their mean ({@link UnevenChannels}), those of channels of which nearly all is zero, since that is quicker than any proof, and
 * those of pairs of channels of which it is not proved that each tap sums enough ({@link TapProof}).
 */
final class WeightGradRepair implements AutoCloseable {
    /** The share of channels, and of kernels, that are computed again; if there are more, all are. */
    private static final int SHARE = 4;

    /** One number in this many may be other than zero in a channel of which nearly all is zero. */
    private static final int SPARSE = 64;

    private final ConvShape p;
    private final long x;
    private final long gy;
    private final int[] inputs;
    private final int[] outputs;
    private final TapProof proof;

    private WeightGradRepair(ConvShape p, long x, long gy, int[] inputs, int[] outputs, TapProof proof) {
        this.p = p;
        this.x = x;
        this.gy = gy;
        this.inputs = inputs;
        this.outputs = outputs;
        this.proof = proof;
    }

    /**
     * Chooses the channels.
     *
     * @return null if they are many
     */
    static @Nullable WeightGradRepair of(
            ConvShape p, long x, long gy, ChannelSpread ofInput, ChannelSpread ofGradient) {
        ChannelSizes inputSizes = ofInput.sizes();
        ChannelSizes outputSizes = ofGradient.sizes();
        int[] sparseInputs = sparse(inputSizes, x, p.n(), p.h(), p.w());
        int[] sparseOutputs = sparse(outputSizes, gy, p.n(), p.oh(), p.ow());
        double[] inputs = without(ofInput.all(), sparseInputs);
        double[] outputs = without(ofGradient.all(), sparseOutputs);
        UnevenChannels uneven = UnevenChannels.of(inputs, outputs, (double) p.n() * p.oh() * p.ow());
        if (uneven.areMany(p.c(), p.k(), SHARE)) {
            return null;
        }
        var proof = new TapProof(
                p,
                x,
                gy,
                ofGradient.largestFirst(outputSizes),
                inputSizes.toProve(inputs, uneven.inputs()),
                outputSizes.toProve(outputs, uneven.outputs()));
        return new WeightGradRepair(
                p, x, gy, both(uneven.inputs(), sparseInputs), both(uneven.outputs(), sparseOutputs), proof);
    }

    private static int[] sparse(ChannelSizes sizes, long planes, int images, int h, int w) {
        long most = (long) images * h * w / SPARSE;
        int channels = sizes.norms().length;
        double[] relative = sizes.relativeNorms();
        // there are at least as many numbers as the square of the relative norm says
        int[] candidates = IntStream.range(0, channels)
                .filter(channel -> sizes.norms()[channel] > 0 && relative[channel] * relative[channel] <= most)
                .toArray();
        boolean[] sparse = new boolean[candidates.length];
        Workers.run(
                candidates.length,
                i -> sparse[i] = SparseChannel.isSparse(planes, images, channels, h * w, candidates[i], most));
        return IntStream.range(0, candidates.length)
                .filter(i -> sparse[i])
                .map(i -> candidates[i])
                .toArray();
    }

    /** The spreads, those of some channels replaced by that of a channel of zeros. */
    private static double[] without(double[] spreads, int[] channels) {
        for (int channel : channels) {
            spreads[channel] = 0;
        }
        return spreads;
    }

    private static int[] both(int[] some, int[] others) {
        return IntStream.concat(IntStream.of(some), IntStream.of(others)).toArray();
    }

    @Override
    public void close() {
        proof.close();
    }

    /** Takes the gradients of kernels from some input channels to one output channel, when they are written. */
    void check(int output, int firstInput, int channels, long gw) {
        proof.check(output, firstInput, channels, gw);
    }

    /** Computes the gradients again; returns false if they are many, and {@code gw} must be computed by other means. */
    boolean run(long gw) {
        boolean[] pairs = proof.unproved();
        if (pairs != null) {
            int count = 0;
            for (boolean pair : pairs) {
                count += pair ? 1 : 0;
            }
            if ((long) count * SHARE > pairs.length) {
                return false;
            }
            ChannelWeightGrad.runSparse(p, pairs, x, gy, gw);
            ChannelCover cover = ChannelCover.of(pairs.clone(), p.c(), p.k());
            run(false, cover.outputs(), pairs, gw);
            run(true, cover.inputs(), pairs, gw);
        }
        run(false, outputs, null, gw);
        run(true, inputs, null, gw);
        return true;
    }

    private void run(boolean ofInput, int[] channels, boolean @Nullable [] pairs, long gw) {
        if (channels.length > 0) {
            ChannelWeightGrad.run(p, ofInput, channels, pairs, x, gy, gw);
        }
    }
}
