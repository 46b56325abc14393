package dev.lanewise.autograd;

import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** Derivatives of functions of one tensor, by one walk or more. */
final class Derivatives {
    private Derivatives() {}

    /**
     * By differentiating twice: the gradient is linear in the upstream gradient u, and the derivative of its product with v for
     * u is the derivative along v.
     */
    static Tensor along(UnaryOperator<Tensor> f, Tensor x, Tensor direction) {
        if (!direction.spec().equals(x.spec())) {
            throw new TensorException(
                    "jvp: direction " + direction.spec() + " at " + x.spec() + "; they must agree in type and shape");
        }
        return scoped("jvp", () -> {
            Tensor at = Autograd.watch(x);
            Tensor y = f.apply(at);
            Tensor upstream = Autograd.watch(y.zerosLike());
            if (!Autograd.isTracked(y)) {
                return y.zerosLike();
            }
            Gradients gradients = Autograd.gradients(
                    new Tensor[] {y}, new Tensor[] {upstream}, new Tensor[] {at}, Graph.DIFFERENTIATE);
            if (!gradients.has(at) || !Autograd.isTracked(gradients.of(at))) {
                return y.zerosLike();
            }
            Tensor product = gradients.of(at).mul(direction).sum();
            Gradients second = Autograd.gradients(
                    new Tensor[] {product}, new Tensor[] {product.onesLike()}, new Tensor[] {upstream}, Graph.RELEASE);
            return second.has(upstream) ? second.of(upstream) : y.zerosLike();
        });
    }

    static Tensor jacobian(UnaryOperator<Tensor> f, Tensor x) {
        return scoped("jacobian", () -> {
            Tensor at = Autograd.watch(x);
            return rows(f.apply(at), at);
        });
    }

    static Tensor hessian(UnaryOperator<Tensor> f, Tensor x) {
        return scoped("hessian", () -> {
            Tensor at = Autograd.watch(x);
            Tensor y = f.apply(at);
            if (y.shape().elements() != 1) {
                throw new TensorException("hessian: the function gives " + y.spec()
                        + " (expected one element); use jacobian, or reduce it");
            }
            if (!Autograd.isTracked(y)) {
                return zeros(at, x.shape());
            }
            Gradients first = Autograd.gradients(
                    new Tensor[] {y}, new Tensor[] {y.onesLike()}, new Tensor[] {at}, Graph.DIFFERENTIATE);
            return first.has(at) ? rows(first.of(at), at) : zeros(at, x.shape());
        });
    }

    /** The gradients of all elements of y, {@code [y..., x...]}. */
    private static Tensor rows(Tensor y, Tensor at) {
        int count = Math.toIntExact(y.shape().elements());
        if (!Autograd.isTracked(y) || count == 0) {
            return zeros(at, y.shape());
        }
        Tensor flat = y.flatten();
        Tensor[] rows = new Tensor[count];
        for (int i = 0; i < count; i++) {
            Tensor element = flat.select(0, i);
            Gradients row = Autograd.gradients(
                    new Tensor[] {element}, new Tensor[] {element.onesLike()}, new Tensor[] {at}, Graph.RETAIN);
            rows[i] = row.has(at) ? row.of(at) : Autograd.detach(at).zerosLike();
        }
        return Tensor.stack(0, rows).reshape(y.shape().concat(at.shape()));
    }

    private static Tensor zeros(Tensor at, Shape rows) {
        return Tensor.full(0, at.dtype(), at.device(), rows.concat(at.shape()).toArray());
    }

    /** Records also inside {@link Autograd#noGrad}, where all derivatives would be 0. */
    private static Tensor scoped(String name, Supplier<Tensor> body) {
        try (Scope scope = Scope.open(name)) {
            return scope.keep(Autograd.detach(Recording.with(true, body)));
        }
    }
}
