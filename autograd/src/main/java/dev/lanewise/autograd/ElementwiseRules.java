package dev.lanewise.autograd;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;

/** The gradient rules of elementwise functions. Where a function has a kink, the convention is PyTorch's. */
final class ElementwiseRules {
    private static final double SQRT_TWO_OVER_PI = Math.sqrt(2 / Math.PI);

    /** The cubic factor of the tanh approximation of GELU. */
    private static final double CUBIC = 0.044715;

    private ElementwiseRules() {}

    static Rule of(Unary op) {
        return switch (op) {
            case NEG -> Rule.plain(Tensor::neg);
            case ABS -> Rule.input((g, x) -> g.mul(x.sign()));
            case SQUARE -> Rule.input((g, x) -> g.mul(x).mul(2));
            case RELU -> Rule.output((g, y) -> Tensor.apply(Binary.RELU_GRAD, g, y));
            case EXP -> Rule.output((g, y) -> g.mul(y));
            case EXPM1 -> Rule.output((g, y) -> g.mul(y.add(1)));
            case LOG -> Rule.input((g, x) -> g.div(x));
            case LOG1P -> Rule.input((g, x) -> g.div(x.add(1)));
            case SQRT -> Rule.output((g, y) -> g.div(y).mul(0.5));
            case RSQRT -> Rule.output((g, y) -> g.mul(y.square().mul(y)).mul(-0.5));
            case RECIPROCAL -> Rule.output((g, y) -> g.mul(y.square()).neg());
            case SIN -> Rule.input((g, x) -> g.mul(x.cos()));
            case COS -> Rule.input((g, x) -> g.mul(x.sin()).neg());
            case TAN -> Rule.output((g, y) -> g.mul(y.square().add(1)));
            case ASIN -> Rule.input((g, x) -> g.mul(x.square().rsub(1).rsqrt()));
            case ACOS -> Rule.input((g, x) -> g.mul(x.square().rsub(1).rsqrt()).neg());
            case ATAN -> Rule.input((g, x) -> g.div(x.square().add(1)));
            case SINH -> Rule.input((g, x) -> g.mul(x.apply(Unary.COSH)));
            case COSH -> Rule.input((g, x) -> g.mul(x.apply(Unary.SINH)));
            case TANH -> Rule.output((g, y) -> Tensor.apply(Binary.TANH_GRAD, g, y));
            case SIGMOID -> Rule.output((g, y) -> Tensor.apply(Binary.SIGMOID_GRAD, g, y));
            case SILU -> Rule.input((g, x) -> Tensor.apply(Binary.SILU_GRAD, g, x));
            case SOFTPLUS -> Rule.input((g, x) -> g.mul(x.sigmoid()));
            case ERF -> Rule.input((g, x) -> g.mul(x.square().neg().exp()).mul(2 / Math.sqrt(Math.PI)));
            case GELU -> Rule.input((g, x) -> Tensor.apply(Binary.GELU_GRAD, g, x));
            case GELU_TANH -> Rule.input((g, x) -> Tensor.apply(Binary.GELU_TANH_GRAD, g, x));
            case HARDSIGMOID -> Rule.input((g, x) -> x.abs().lt(3).where(g.div(6), g.zerosLike()));
            case MISH -> Rule.input(ElementwiseRules::mish);
            case SIGN, NOT, FLOOR, CEIL, ROUND, TRUNC -> Rule.NONE;
        };
    }

    /** {@code tanh(sp) + x sigmoid(x) (1 - tanh(sp)^2)} with the softplus sp of x. */
    private static Tensor mish(Tensor g, Tensor x) {
        Tensor t = x.softplus().tanh();
        return g.mul(t.add(x.mul(x.sigmoid()).mul(t.square().rsub(1))));
    }

    static Rule of(UnaryWith op) {
        double a = op.a();
        return switch (op.kind()) {
            case ADD -> Rule.plain(g -> g);
            case MUL -> Rule.plain(g -> g.mul(a));
            case RSUB -> Rule.plain(Tensor::neg);
            case DIV -> Rule.plain(g -> g.div(a));
            case RDIV -> new Rule(1, 1, (c, i) -> c.g().mul(c.y(0)).div(c.x(0)).neg());
            case POW ->
                Rule.input(
                        (g, x) -> a == 0 ? g.zerosLike() : g.mul(x.pow(a - 1)).mul(a));
            case LEAKY_RELU -> Rule.input((g, x) -> x.gt(0).where(g, g.mul(a)));
            // from x, because y + a cancels; e^x of a positive x may be infinite, but it is not used
            case ELU ->
                Rule.input((g, x) -> x.gt(0)
                        .where(
                                g,
                                g.mul(x.clamp(Double.NEGATIVE_INFINITY, 0).exp())
                                        .mul(a)));
            case HARDTANH -> Rule.input((g, x) -> orZero(x.le(a).or(x.ge(op.b())), g));
            case CLAMP -> Rule.input((g, x) -> x.ge(a).and(x.le(op.b())).where(g, g.zerosLike()));
        };
    }

    static Rule of(Binary op) {
        return switch (op) {
            case ADD -> Rule.plain(g -> g);
            case SUB -> new Rule(0, 0, (c, i) -> i == 0 ? c.g() : c.g().neg());
            case MUL -> Rule.others((c, i) -> c.g().mul(c.x(1 - i)));
            case DIV ->
                new Rule(
                        i -> Rule.SECOND,
                        i -> i == 1 ? Rule.FIRST : 0,
                        (c, i) -> i == 0
                                ? c.g().div(c.x(1))
                                : c.g().mul(c.y(0)).div(c.x(1)).neg());
            case POW -> new Rule(i -> Rule.ALL, i -> i == 1 ? Rule.FIRST : 0, ElementwiseRules::pow);
            case MAXIMUM -> Rule.inputs((c, i) -> share(c, c.x(i).lt(c.x(1 - i))));
            case MINIMUM -> Rule.inputs((c, i) -> share(c, c.x(i).gt(c.x(1 - i))));
            case REMAINDER ->
                new Rule(
                        i -> i == 0 ? 0 : Rule.ALL,
                        i -> 0,
                        (c, i) -> i == 0
                                ? c.g()
                                : c.g().mul(c.x(0).floorDiv(c.x(1))).neg());
            case ATAN2 -> Rule.inputs(ElementwiseRules::atan2);
            case RELU_GRAD ->
                new Rule(
                        i -> i == 0 ? Rule.SECOND : 0,
                        i -> 0,
                        (c, i) -> i == 0 ? Tensor.apply(Binary.RELU_GRAD, c.g(), c.x(1)) : null);
            case SIGMOID_GRAD ->
                gradient((c, i) -> i == 0
                        ? Tensor.apply(Binary.SIGMOID_GRAD, c.g(), c.x(1))
                        : c.g().mul(c.x(0)).mul(c.x(1).mul(-2).add(1)));
            case TANH_GRAD ->
                gradient((c, i) -> i == 0
                        ? Tensor.apply(Binary.TANH_GRAD, c.g(), c.x(1))
                        : c.g().mul(c.x(0)).mul(c.x(1)).mul(-2));
            case GELU_GRAD -> gradient((c, i) -> second(op, c, i));
            case GELU_TANH_GRAD -> gradient((c, i) -> second(op, c, i));
            case SILU_GRAD -> gradient((c, i) -> second(op, c, i));
            case FLOOR_DIV, AND, OR, XOR, SHL, SHR -> Rule.NONE;
        };
    }

    /** The rule of {@code g f'(x)}, which is linear in g. */
    private static Rule gradient(Rule.Vjp vjp) {
        return new Rule(i -> i == 0 ? Rule.SECOND : Rule.ALL, i -> 0, vjp);
    }

    /** Constant in the base for the exponent 0, and in the exponent for the base 0. */
    private static Tensor pow(Context c, int input) {
        Tensor a = c.x(0);
        Tensor b = c.x(1);
        if (input == 0) {
            return orZero(b.eq(0), c.g().mul(b.mul(a.pow(b.sub(1)))));
        }
        return orZero(a.eq(0).and(b.ge(0)), c.g().mul(c.y(0).mul(a.log())));
    }

    private static Tensor orZero(Tensor isZero, Tensor otherwise) {
        return isZero.where(Tensor.full(0, otherwise.dtype(), otherwise.device()), otherwise);
    }

    /**
     * {@code g b / (a^2 + b^2)} for a and {@code -g a / (a^2 + b^2)} for b, with both divided by the larger one first
     * so that no square overflows or vanishes; 0 at the origin, where the angle jumps, and at infinity.
     */
    private static Tensor atan2(Context c, int input) {
        Tensor a = c.x(0);
        Tensor b = c.x(1);
        Tensor larger = Autograd.detach(a).abs().maximum(Autograd.detach(b).abs());
        Tensor none = larger.eq(0).or(larger.eq(Double.POSITIVE_INFINITY));
        Tensor scale = none.where(Tensor.full(1, a.dtype(), a.device()), larger);
        Tensor y = orZero(none, a).div(scale);
        Tensor x = none.where(Tensor.full(1, a.dtype(), a.device()), b).div(scale);
        Tensor squares = y.square().add(x.square());
        Tensor slope = input == 0 ? x.div(squares) : y.div(squares).neg();
        return orZero(none, c.g().mul(slope).div(scale));
    }

    /**
     * Zero where the other operand was chosen, half of the gradient where both are equal, else (one may be NaN) all of
     * it.
     */
    private static Tensor share(Context c, Tensor lost) {
        Tensor g = c.g();
        return orZero(lost, c.x(0).eq(c.x(1)).where(g.mul(0.5), g));
    }

    /** The rule of {@code g f'(x)}: for g, the same with the new gradient; for x, the second derivative of f. */
    private static Tensor second(Binary op, Context c, int input) {
        if (input == 0) {
            return Tensor.apply(op, c.g(), c.x(1));
        }
        Tensor x = c.x(1);
        Tensor curvature =
                op == Binary.GELU_GRAD ? geluSecond(x) : op == Binary.SILU_GRAD ? siluSecond(x) : geluTanhSecond(x);
        return c.g().mul(c.x(0)).mul(curvature);
    }

    /** {@code phi(x) (2 - x^2)} with the normal density phi. */
    private static Tensor geluSecond(Tensor x) {
        Tensor density = x.square().mul(-0.5).exp().mul(1 / Math.sqrt(2 * Math.PI));
        return density.mul(x.square().rsub(2));
    }

    /** {@code s (1 - s) (2 + x (1 - 2s))} with the sigmoid s. */
    private static Tensor siluSecond(Tensor x) {
        Tensor s = x.sigmoid();
        return s.mul(s.rsub(1)).mul(x.mul(s.mul(-2).add(1)).add(2));
    }

    /** With {@code u = c (x + a x^3)} and {@code t = tanh(u)}: {@code (1 - t^2) (u' + x u''/2 - x t u'^2)}. */
    private static Tensor geluTanhSecond(Tensor x) {
        Tensor t = x.add(x.square().mul(x).mul(CUBIC)).mul(SQRT_TWO_OVER_PI).tanh();
        Tensor slope = x.square().mul(3 * CUBIC).add(1).mul(SQRT_TWO_OVER_PI);
        Tensor halfBend = x.mul(3 * CUBIC * SQRT_TWO_OVER_PI);
        Tensor inner = slope.add(x.mul(halfBend)).sub(x.mul(t).mul(slope.square()));
        return t.square().rsub(1).mul(inner);
    }
}
