package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.testkit.Elements;
import java.util.Arrays;
import java.util.List;

/** Makes the operands of a recipe: of a spread, in any layout. */
final class Ingredients {
    /** An operand with more elements repeats some: it would not fit into memory of its own. */
    private static final long MOST_ELEMENTS = 1 << 20;

    private final Device device;
    private final Dice dice;
    private final Spread spread;

    Ingredients(Device device, Dice dice, Spread spread) {
        this.device = device;
        this.dice = dice;
        this.spread = spread;
    }

    Tensor[] make(Recipe recipe) {
        Tensor[] operands = recipe.operands().stream().map(this::make).toArray(Tensor[]::new);
        return recipe.derived().apply(operands);
    }

    private Tensor make(Recipe.Operand operand) {
        Shape shape = operand.spec().shape();
        DType dtype = operand.spec().dtype();
        if (shape.elements() > MOST_ELEMENTS) {
            return dense(operand, Shape.of(ones(shape.rank()))).expand(shape);
        }
        return switch (operand.values()) {
            case ANY, INDEX, POSITIVE, SMALL -> layout().make(shape, s -> dense(operand, s));
            case REGULAR, POSITIVE_DEFINITE -> {
                Operands make = new Operands(
                        device, dtype, Layout.CONTIGUOUS, dice.random().nextLong());
                Tensor matrix = operand.values() == Recipe.Values.REGULAR
                        ? make.regular(shape.toArray())
                        : make.positiveDefinite(shape.toArray());
                yield dice.chance(0.5) ? matrix : matrix.transpose().copy().transpose();
            }
        };
    }

    private static long[] ones(int rank) {
        long[] sizes = new long[rank];
        Arrays.fill(sizes, 1);
        return sizes;
    }

    private Layout layout() {
        return dice.chance(0.4) ? Layout.CONTIGUOUS : dice.one(List.of(Layout.values()));
    }

    private Tensor dense(Recipe.Operand operand, Shape shape) {
        DType dtype = operand.spec().dtype();
        Tensor host = Tensor.full(0, dtype, Device.CPU, shape.toArray());
        Elements elements = Elements.of(host);
        for (long i = 0; i < elements.count(); i++) {
            long[] at = elements.index(i);
            if (dtype.isFloating()) {
                elements.set(real(operand.values()), at);
            } else {
                elements.set(whole(operand, dtype), at);
            }
        }
        return host.to(device);
    }

    private double real(Recipe.Values values) {
        return switch (values) {
            case ANY, REGULAR, POSITIVE_DEFINITE -> spread.next(dice.random());
            case POSITIVE -> 0.5 + 1.5 * dice.random().nextDouble();
            case SMALL -> dice.random().nextDouble() - 0.5;
            case INDEX -> dice.below(9);
        };
    }

    private long whole(Recipe.Operand operand, DType dtype) {
        if (operand.values() != Recipe.Values.INDEX) {
            return spread.nextWhole(dice.random(), dtype);
        }
        if (operand.bound() >= 0) {
            return operand.bound() == 0 ? 0 : dice.random().nextLong(operand.bound());
        }
        long bound = -1 - operand.bound();
        return dice.chance(0.5) ? dice.hostile() : dice.random().nextLong(-3, Math.max(bound, 0) + 3);
    }
}
