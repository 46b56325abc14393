package dev.lanewise.cpu.reduce;

import dev.lanewise.cpu.plan.Kernel;
import dev.lanewise.cpu.plan.OperandLayout;
import dev.lanewise.cpu.plan.Problem;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.op.reduce.Reduce;

/**
 * A reduction of an operand of any strides to a dense result. The operands of its plan are x, none, none, and the result.
 *
 * @param result the type of the result
 */
record ReduceProblem(Reduce op, OperandLayout x, DType result) implements Problem {
    @Override
    public Kernel plan(int threads) {
        if (!x.shape().isEmpty()) {
            return new Reductions(this);
        }
        long results = 1;
        for (int d = 0; d < x.shape().rank(); d++) {
            results *= op.dims().contains(d) ? 1 : x.shape().size(d);
        }
        long n = results;
        return (none, nothing, empty, out) -> Reductions.fill(op, result, out, n);
    }
}
