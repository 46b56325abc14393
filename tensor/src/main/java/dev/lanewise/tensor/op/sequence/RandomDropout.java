package dev.lanewise.tensor.op.sequence;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Source;
import java.util.Set;

/**
 * Zeroes elements at random and scales the others by {@code 1 / (1 - p)} (Srivastava et al. 2014). Element i survives if
 * the F32 {@link Source.Distribution#UNIFORM} number i of the seed and counter is at least p, so no mask is stored: the
 * gradient is the same operation on the upstream gradient.
 *
 * @param p the probability that an element is zeroed, from 0 to 1
 * @param seed the random numbers' key
 * @param counter the random numbers' first block
 */
public record RandomDropout(double p, long seed, long counter) implements Op.Fused {
    /** Checks the attributes. */
    public RandomDropout {
        if (!(p >= 0 && p <= 1)) {
            throw new TensorException("dropout: probability " + p + " (expected 0 to 1); give one in that range");
        }
    }

    @Override
    public String opName() {
        return "dropout";
    }

    @Override
    public Set<DType> dtypes() {
        return DType.FLOATING;
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 1);
        Check.dtype(this, in[0], dtypes());
        return Check.one(in[0]);
    }

    @Override
    public Tensor[] decompose(Tensor[] inputs) {
        Tensor x = inputs[0];
        TensorSpec spec = new TensorSpec(DType.F32, x.shape());
        Tensor uniform =
                Tensor.create(new Source.Random(Source.Distribution.UNIFORM, seed, counter, 0, 0, spec), x.device());
        Tensor zero = Tensor.full(0, x.dtype(), x.device());
        // with p = 1 nothing is left to scale, and a factor of infinity would make the gradient's zeros NaN
        float scale = p == 1 ? 1 : (float) (1 / (1 - p));
        return new Tensor[] {uniform.ge(p).where(x.mul(scale), zero)};
    }
}
