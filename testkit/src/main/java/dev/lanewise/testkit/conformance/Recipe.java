package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.op.Op;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * An operation and the specification of its operands.
 *
 * @param op the operation
 * @param operands type, shape and values of each
 * @param derived replaces operands by what other operations give of them, as a forward pass's results
 */
record Recipe(Op op, List<Operand> operands, UnaryOperator<Tensor[]> derived) {
    Recipe {
        operands = List.copyOf(operands);
    }

    Recipe(Op op, Operand... operands) {
        this(op, List.of(operands), UnaryOperator.identity());
    }

    Recipe with(Op other) {
        return new Recipe(other, operands, derived);
    }

    Recipe with(List<Operand> others) {
        return new Recipe(op, others, derived);
    }

    /** What an operand's values must be. */
    enum Values {
        /** Any of the case's spread. */
        ANY,
        /** From 0.5 to 2. */
        POSITIVE,
        /** From -0.5 to 0.5. */
        SMALL,
        /** A matrix of full rank. */
        REGULAR,
        /** A symmetric positive definite matrix. */
        POSITIVE_DEFINITE,
        /** Positions below a bound. */
        INDEX
    }

    /**
     * One operand.
     *
     * @param spec type and shape
     * @param values what it holds
     * @param bound for positions, what they lie below
     */
    record Operand(TensorSpec spec, Values values, long bound) {
        static Operand any(DType dtype, Shape shape) {
            return new Operand(new TensorSpec(dtype, shape), Values.ANY, 0);
        }

        static Operand index(long bound, Shape shape) {
            return new Operand(new TensorSpec(DType.I64, shape), Values.INDEX, bound);
        }

        Operand as(Values other) {
            return new Operand(spec, other, bound);
        }

        Operand with(DType dtype) {
            return new Operand(spec.with(dtype), values == Values.INDEX ? values : Values.ANY, bound);
        }

        Operand with(Shape shape) {
            return new Operand(spec.with(shape), values == Values.INDEX ? values : Values.ANY, bound);
        }
    }
}
