package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Unary;
import dev.lanewise.tensor.op.UnaryWith;
import java.util.function.UnaryOperator;

/** An elementwise function as a module: {@code Activation.gelu()}. {@link ReLU} has a class of its own. */
public final class Activation extends Module {
    private final String name;
    private final UnaryOperator<Tensor> function;

    private Activation(String name, UnaryOperator<Tensor> function) {
        this.name = name;
        this.function = function;
    }

    /** Any elementwise op. */
    public static Activation of(Unary op) {
        return new Activation(op.opName(), x -> x.apply(op));
    }

    /** {@link Unary#GELU}. */
    public static Activation gelu() {
        return of(Unary.GELU);
    }

    /** {@link Unary#TANH}. */
    public static Activation tanh() {
        return of(Unary.TANH);
    }

    /** {@link Unary#SIGMOID}. */
    public static Activation sigmoid() {
        return of(Unary.SIGMOID);
    }

    /** {@link Unary#SILU}. */
    public static Activation silu() {
        return of(Unary.SILU);
    }

    /** {@link UnaryWith.Kind#LEAKY_RELU}. */
    public static Activation leakyRelu(double slope) {
        return new Activation("leaky_relu(" + slope + ")", x -> x.leakyRelu(slope));
    }

    /** {@link UnaryWith.Kind#ELU}. */
    public static Activation elu(double alpha) {
        return new Activation("elu(" + alpha + ")", x -> x.elu(alpha));
    }

    /** {@code e^x / sum(e^x)} along a dimension. */
    public static Activation softmax(int dim) {
        return new Activation("softmax(" + dim + ")", x -> x.softmax(dim));
    }

    @Override
    protected Tensor compute(Tensor x) {
        return function.apply(x);
    }

    @Override
    protected String attributes() {
        return name;
    }
}
