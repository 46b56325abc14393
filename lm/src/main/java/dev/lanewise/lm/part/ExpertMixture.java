package dev.lanewise.lm.part;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.lm.weights.Weights;
import dev.lanewise.nn.LayerList;
import dev.lanewise.nn.WeightLayer;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/**
 * A mixture of experts: each token passes through the few feed-forward layers that a gate ranks highest, and gets the
 * mean of their results, weighted by the gate's probabilities among them (Jiang et al. 2024, arXiv:2401.04088).
 */
public final class ExpertMixture extends Part {
    private final int chosen;
    private final WeightLayer gate;
    private final LayerList<GatedFeedForward> experts;

    /**
     * A layer.
     *
     * @param count how many experts there are
     * @param chosen how many a token passes through
     */
    public ExpertMixture(Weights weights, int count, int chosen, long size, long inner, Gate function) {
        this.chosen = chosen;
        gate = linear(weights, "gate", size, count, false);
        List<GatedFeedForward> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(new GatedFeedForward(
                    weights.at("experts").at(Integer.toString(i)),
                    GatedFeedForward.Names.MIXTRAL,
                    size,
                    inner,
                    false,
                    function));
        }
        experts = child("experts", new LayerList<>(all));
    }

    @Override
    protected Tensor compute(Tensor x) {
        long size = x.shape().size(-1);
        Tensor tokens = x.reshape(x.shape().elements() / size, size);
        Tensor probabilities = gate.forward(tokens).softmax(-1);
        Tensor best = Autograd.detach(probabilities).topk(chosen, -1, true).indices();
        Tensor among = probabilities.gather(-1, best);
        Tensor shares = among.div(among.sum(-1, Keep.KEEP)).flatten();
        long[] choices = best.toLongArray();
        Tensor sum = tokens.zerosLike();
        for (int expert = 0; expert < experts.size(); expert++) {
            long[] places = places(choices, expert);
            if (places.length > 0) {
                Tensor at = Tensor.of(places).to(x.device());
                Tensor rows = Tensor.of(Arrays.stream(places)
                                .map(place -> place / chosen)
                                .toArray())
                        .to(x.device());
                Tensor result = experts.get(expert).forward(tokens.indexSelect(0, rows));
                Tensor weighted = result.mul(shares.indexSelect(0, at).unsqueeze(-1));
                sum = sum.scatterAdd(0, rows.unsqueeze(-1).expand(places.length, size), weighted);
            }
        }
        return sum.reshape(x.shape());
    }

    private static long[] places(long[] choices, int expert) {
        return LongStream.range(0, choices.length)
                .filter(place -> choices[(int) place] == expert)
                .toArray();
    }
}
