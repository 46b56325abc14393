package dev.lanewise.nn.optim;

import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.Tensor;
import java.util.List;

/** AMSGrad: Adam whose denominator never shrinks (Reddi et al. 2018, arXiv:1904.09237). */
public final class AmsGrad extends PerParameter {
    private final double beta1;
    private final double beta2;
    private final double epsilon;

    /**
     * An AMSGrad optimizer of the given parameters with PyTorch's defaults: decays of 0.9 and 0.999, an epsilon of 1e-8, no
     * weight decay.
     *
     * @param parameters the parameters to train
     * @param rate the learning rate, 0 or more
     */
    public AmsGrad(List<Parameter> parameters, double rate) {
        this(parameters, rate, 0.9, 0.999, 1e-8, 0);
    }

    /**
     * An AMSGrad optimizer of the given parameters, which form one group.
     *
     * @param parameters the parameters to train
     * @param rate the learning rate, 0 or more
     * @param beta1 the mean's decay
     * @param beta2 the square's decay
     * @param epsilon added to the denominator to keep it from 0
     * @param weightDecay the factor of the L2 penalty
     */
    public AmsGrad(
            List<Parameter> parameters, double rate, double beta1, double beta2, double epsilon, double weightDecay) {
        this(ParameterGroups.of(ParameterGroup.of(parameters)), rate, beta1, beta2, epsilon, weightDecay);
    }

    /**
     * An AMSGrad optimizer of parameters in groups, each of which may have a learning rate and a weight decay of its
     * own.
     *
     * @param groups the parameters to train, in groups with learning rates and weight decays of their own
     * @param rate the learning rate, 0 or more
     * @param beta1 the mean's decay
     * @param beta2 the square's decay
     * @param epsilon added to the denominator to keep it from 0
     * @param weightDecay the factor of the L2 penalty
     */
    public AmsGrad(
            ParameterGroups groups, double rate, double beta1, double beta2, double epsilon, double weightDecay) {
        super(groups, rate, weightDecay, "mean", "square", "maximum");
        this.beta1 = beta1;
        this.beta2 = beta2;
        this.epsilon = epsilon;
    }

    @Override
    Tensor change(Trained p, Tensor g, double rate) {
        Tensor mean = state("mean", p);
        Tensor square = state("square", p);
        Tensor maximum = state("maximum", p);
        track(mean, beta1, g);
        track(square, beta2, g.square());
        maximum.assign(maximum.maximum(square));
        double correction = 1 - Math.pow(beta1, steps(p));
        double root = Math.sqrt(1 - Math.pow(beta2, steps(p)));
        return mean.div(maximum.sqrt().div(root).add(epsilon)).mul(rate / correction);
    }
}
