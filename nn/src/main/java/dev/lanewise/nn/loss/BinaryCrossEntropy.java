package dev.lanewise.nn.loss;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Binary cross-entropy of probabilities and targets, element by element. It has its own gradient rule, since those of
 * its logarithms are not finite at 0.
 */
final class BinaryCrossEntropy implements Autograd.CustomOp {
    static final String NAME = "binary_cross_entropy";

    private static final BinaryCrossEntropy OP = new BinaryCrossEntropy();

    /** Logarithms are clamped to this, as in PyTorch. */
    private static final double LEAST_LOG = -100;

    /** In the gradient, the variance of a probability is clamped to this, as in PyTorch. */
    private static final double LEAST_VARIANCE = 1e-12;

    private BinaryCrossEntropy() {}

    static Tensor of(Tensor p, Tensor t) {
        return Autograd.apply(OP, p, t);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Tensor forward(Tensor[] inputs) {
        Tensor t = inputs[1];
        return t.sub(1).mul(logOfComplement(inputs[0])).sub(t.mul(log(inputs[0])));
    }

    @Override
    public @Nullable Tensor[] backward(Tensor upstream, Tensor[] inputs, Tensor output) {
        Tensor p = inputs[0];
        Tensor variance = p.rsub(1).mul(p).clamp(LEAST_VARIANCE, Double.POSITIVE_INFINITY);
        Tensor ofTarget =
                Autograd.isTracked(inputs[1]) ? upstream.mul(logOfComplement(p).sub(log(p))) : null;
        return new Tensor[] {upstream.mul(p.sub(inputs[1])).div(variance), ofTarget};
    }

    private static Tensor log(Tensor p) {
        return p.log().clamp(LEAST_LOG, Double.POSITIVE_INFINITY);
    }

    private static Tensor logOfComplement(Tensor p) {
        return p.neg().log1p().clamp(LEAST_LOG, Double.POSITIVE_INFINITY);
    }
}
