package dev.lanewise.nn.models;

import dev.lanewise.nn.Init;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;

/**
 * Neural matrix factorization (He et al. 2017, arXiv:1708.05031): how much users like items. Two models, each with vectors of
 * its own for users and items, are weighed by a linear layer: the products of the vectors' elements, as in a factorization,
 * and a perceptron on both vectors. Pairs of numbers {@code [..., 2]} of {@code I64}, user and item, to logits {@code [...]}.
 * Parameters are named {@code user_product.weight}, {@code item_product.weight}, {@code user_hidden.weight}, {@code
 * item_hidden.weight}, {@code hidden.0.weight}, {@code out.weight}.
 */
public final class NeuMF extends Layer {
    private final Layer userProduct;
    private final Layer itemProduct;
    private final Layer userHidden;
    private final Layer itemHidden;
    private final Sequential hidden;
    private final Layer out;

    /**
     * A model, initialized from the global random stream.
     *
     * @param users how many users there are
     * @param items how many items there are
     * @param factors the size of the vectors whose elements are multiplied, 8 to 64 in the paper
     * @param widths the sizes of the perceptron's layers, of which the first is that of both its vectors together: an even
     *     number; in the paper each is half of the one before, and the last is the number of factors
     * @throws TensorException if a size is not positive or there is no even first width
     */
    public NeuMF(long users, long items, long factors, long... widths) {
        this(users, items, factors, widths, Rng.global());
    }

    /**
     * A model.
     *
     * @param users how many users there are
     * @param items how many items there are
     * @param factors the size of the vectors whose elements are multiplied, 8 to 64 in the paper
     * @param widths the sizes of the perceptron's layers, of which the first is that of both its vectors together: an even
     *     number; in the paper each is half of the one before, and the last is the number of factors
     * @param rng the source of the initial values
     * @throws TensorException if a size is not positive or there is no even first width
     */
    public NeuMF(long users, long items, long factors, long[] widths, Rng rng) {
        if (widths.length == 0 || widths[0] < 2 || widths[0] % 2 != 0) {
            throw new TensorException(
                    "neu_mf: " + (widths.length == 0 ? "no widths" : "a first width of " + widths[0])
                            + " (expected an even number, the sizes of a user's and an item's vector); 64, 32, 16, 8 are usual");
        }
        userProduct = child("user_product", table(users, factors, rng));
        itemProduct = child("item_product", table(items, factors, rng));
        userHidden = child("user_hidden", table(users, widths[0] / 2, rng));
        itemHidden = child("item_hidden", table(items, widths[0] / 2, rng));
        hidden = child("hidden", new Sequential());
        for (int i = 1; i < widths.length; i++) {
            hidden.with(Integer.toString(2 * i - 2), new Linear(widths[i - 1], widths[i], rng))
                    .with(Integer.toString(2 * i - 1), new ReLU());
        }
        out = child("out", new Linear(factors + widths[widths.length - 1], 1, rng));
    }

    /** The paper's standard deviation: larger products would say much before anything is learnt. */
    private static Embedding table(long rows, long size, Rng rng) {
        return new Embedding(new Parameter(Init.normal(rng, 0, 0.01, rows, size)));
    }

    @Override
    protected Tensor compute(Tensor pairs) {
        int last = pairs.shape().rank() - 1;
        if (last < 0 || pairs.shape().size(last) != 2 || pairs.dtype() != DType.I64) {
            throw new TensorException(
                    "neu_mf: input " + pairs.spec()
                            + " (expected [..., 2] of I64, a user's and an item's number); stack them along the last dimension");
        }
        Tensor users = pairs.select(last, 0);
        Tensor items = pairs.select(last, 1);
        Tensor product = userProduct.forward(users).mul(itemProduct.forward(items));
        Tensor both = Tensor.cat(last, userHidden.forward(users), itemHidden.forward(items));
        return out.forward(Tensor.cat(last, product, hidden.forward(both))).squeeze(last);
    }
}
