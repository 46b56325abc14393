package dev.lanewise.tensor.op;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import java.util.Set;

/**
 * An optimizer's step over any number of parameters in one operation. It changes its outputs in place and has no
 * gradient. Operands and outputs come in groups, one per parameter.
 */
public sealed interface Update extends Op {
    /** {@return how many operands there are per parameter: the parameter, its gradient, and its state} */
    int operands();

    @Override
    default Set<DType> dtypes() {
        return DType.FLOATING;
    }

    /** The outputs: the parameter and the state of every group. */
    @Override
    default TensorSpec[] infer(TensorSpec... in) {
        int group = operands();
        if (!(in.length > 0 && in.length % group == 0)) {
            throw Check.failure(
                    this,
                    "got " + in.length + " operands",
                    "give " + group + " per parameter: the parameter, its gradient, its state");
        }
        TensorSpec[] out = new TensorSpec[in.length / group * (group - 1)];
        for (int i = 0, o = 0; i < in.length; i++) {
            TensorSpec parameter = Check.present(opName(), "specification of an operand", in[i - i % group]);
            Check.dtype(this, in[i], dtypes());
            if (!in[i].equals(parameter)) {
                throw Check.failure(
                        this,
                        "operand " + i % group + " is " + in[i] + " for a parameter " + parameter,
                        "gradient and state have the parameter's type and shape");
            }
            if (i % group != 1) {
                out[o++] = in[i];
            }
        }
        return out;
    }

    /**
     * Stochastic gradient descent: {@code g += decay p; b = momentum b + (1 - dampening) g;} then {@code p -= rate b}, or
     * with Nesterov {@code p -= rate (g + momentum b)} (Sutskever et al. 2013). Groups: p, g, and b unless momentum is 0.
     *
     * @param rate the learning rate
     * @param momentum the momentum factor
     * @param dampening how much of the gradient is left out of the momentum
     * @param weightDecay the factor of the L2 penalty; 0 leaves it out, also where a parameter is infinite
     * @param nesterov whether to use Nesterov's look-ahead
     * @param first whether b is still empty, so that {@code b = g}
     */
    record SgdStep(double rate, double momentum, double dampening, double weightDecay, boolean nesterov, boolean first)
            implements Update {
        /** Checks the numbers. */
        public SgdStep {
            Check.number("sgd_step", "learning rate", rate);
            Check.number("sgd_step", "momentum", momentum);
            Check.number("sgd_step", "dampening", dampening);
            Check.number("sgd_step", "weight decay", weightDecay);
        }

        @Override
        public int operands() {
            return momentum == 0 ? 2 : 3;
        }

        @Override
        public String opName() {
            return "sgd_step";
        }
    }

    /**
     * Adam (Kingma and Ba 2014, arXiv:1412.6980) and AdamW (Loshchilov and Hutter 2017, arXiv:1711.05101):
     * {@code m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;}
     * {@code p -= rate / (1 - beta1^step) m / (sqrt(v) / sqrt(1 - beta2^step) + epsilon)}. Groups: p, g, m, v.
     *
     * @param rate the learning rate
     * @param beta1 the mean's decay
     * @param beta2 the square's decay
     * @param epsilon added to the denominator to keep it from 0
     * @param weightDecay the factor of the penalty
     * @param decoupled whether the penalty scales the parameter (AdamW) rather than being added to the gradient (Adam)
     * @param step the number of this step, from 1
     */
    record AdamStep(
            double rate, double beta1, double beta2, double epsilon, double weightDecay, boolean decoupled, long step)
            implements Update {
        /** Checks the numbers. */
        public AdamStep {
            Check.number("adam_step", "learning rate", rate);
            Check.number("adam_step", "first decay", beta1);
            Check.number("adam_step", "second decay", beta2);
            Check.number("adam_step", "epsilon", epsilon);
            Check.number("adam_step", "weight decay", weightDecay);
            if (step < 1) {
                throw new TensorException("adam_step: step " + step + " (expected 1 or more); steps count from 1");
            }
        }

        @Override
        public int operands() {
            return 4;
        }

        @Override
        public String opName() {
            return "adam_step";
        }
    }
}
