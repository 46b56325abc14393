package dev.lanewise.nn.optim;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.optim.Optimizer.Trained;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Several tensors as one long vector. */
final class Vectors {
    private Vectors() {}

    /** The inner product. */
    static double dot(List<Tensor> x, List<Tensor> y) {
        double sum = 0;
        for (int i = 0; i < x.size(); i++) {
            sum += wide(x.get(i)).mul(wide(y.get(i))).sum().item();
        }
        return sum;
    }

    /** The greatest magnitude, 0 for a vector without elements, NaN if one is NaN. */
    static double largest(List<Tensor> x) {
        double largest = 0;
        for (Tensor part : x) {
            largest = Math.max(
                    largest, part.shape().isEmpty() ? 0 : part.abs().amax().item());
        }
        return largest;
    }

    /** The sum of magnitudes. */
    static double sumOfMagnitudes(List<Tensor> x) {
        return sum(x, part -> wide(part).abs().sum().item());
    }

    private static double sum(List<Tensor> x, ToDoubleFunction<Tensor> of) {
        return x.stream().mapToDouble(of).sum();
    }

    /** {@code x + factor y}. */
    static List<Tensor> add(List<Tensor> x, List<Tensor> y, double factor) {
        List<Tensor> sum = new ArrayList<>();
        for (int i = 0; i < x.size(); i++) {
            sum.add(x.get(i).add(y.get(i).mul(factor)));
        }
        return sum;
    }

    /** {@code factor x}. */
    static List<Tensor> mul(List<Tensor> x, double factor) {
        return x.stream().map(part -> part.mul(factor)).toList();
    }

    /** Moves parameters along a direction. */
    static void move(List<Trained> parameters, List<Tensor> direction, double step) {
        Autograd.noGrad(() -> {
            for (int i = 0; i < direction.size(); i++) {
                Tensor value = parameters.get(i).value();
                Tensor moved = StateType.wide(value).add(direction.get(i).mul(step));
                value.assign(moved.to(value.dtype()));
            }
        });
    }

    /** Gives parameters other values. */
    static void assign(List<Trained> parameters, List<Tensor> values) {
        Autograd.noGrad(() -> {
            for (int i = 0; i < values.size(); i++) {
                parameters.get(i).value().assign(values.get(i));
            }
        });
    }

    /** Sums of 16-bit numbers need a wider type. */
    private static Tensor wide(Tensor x) {
        return x.dtype().bytes() == Short.BYTES ? x.to(DType.F32) : x;
    }
}
