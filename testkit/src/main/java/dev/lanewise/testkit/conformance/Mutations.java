package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.op.Op;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Changes to a valid case: absurd attributes, other types, sizes and numbers of operands. */
final class Mutations {
    private final Dice dice;

    Mutations(Dice dice) {
        this.dice = dice;
    }

    /** The recipe with one or two changes. */
    Recipe apply(Recipe recipe) {
        Recipe changed = recipe;
        for (int i = dice.between(1, 2); i > 0; i--) {
            changed = switch (dice.below(3)) {
                case 0 -> changed.with(attribute(changed.op()));
                case 1 -> changed.with(operand(changed.operands()));
                default -> changed.with(operands(changed.operands()));
            };
        }
        return changed;
    }

    private Op attribute(Op op) {
        return op instanceof Record attributes ? (Op) changed(attributes) : op;
    }

    /** A record with one component replaced by a hostile one. */
    private Object changed(Record attributes) {
        RecordComponent[] components = attributes.getClass().getRecordComponents();
        Object[] values = new Object[components.length];
        Class<?>[] types = new Class<?>[components.length];
        int victim = dice.below(components.length);
        try {
            for (int i = 0; i < values.length; i++) {
                types[i] = components[i].getType();
                Object value = components[i].getAccessor().invoke(attributes);
                values[i] = i == victim ? hostile(value) : value;
            }
            return attributes.getClass().getConstructor(types).newInstance(values);
        } catch (InvocationTargetException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("no canonical constructor of " + attributes, e);
        }
    }

    private Object hostile(Object value) {
        return switch (value) {
            case Integer number -> Math.clamp(dice.hostile(), Integer.MIN_VALUE, Integer.MAX_VALUE);
            case Long number -> dice.hostile();
            case Double number -> dice.hostileReal();
            case Boolean truth -> !truth;
            case Enum<?> constant ->
                dice.one(List.of(constant.getDeclaringClass().getEnumConstants()));
            case List<?> list -> hostile(list);
            case Shape shape -> shape(new TensorSpec(DType.F64, shape));
            case Record nested -> changed(nested);
            default -> value;
        };
    }

    /** A list with one element changed, dropped, doubled or added. */
    private List<?> hostile(List<?> list) {
        List<Object> changed = new ArrayList<>(list);
        if (changed.isEmpty()) {
            return changed;
        }
        int victim = dice.below(changed.size());
        switch (dice.below(4)) {
            case 0 -> changed.remove(victim);
            case 1 -> changed.add(victim, changed.get(victim));
            default -> changed.set(victim, hostile(changed.get(victim)));
        }
        return changed;
    }

    /** One operand of another type or shape, or one with arbitrary positions. */
    private List<Recipe.Operand> operand(List<Recipe.Operand> operands) {
        if (operands.isEmpty()) {
            return operands;
        }
        List<Recipe.Operand> changed = new ArrayList<>(operands);
        int victim = dice.below(changed.size());
        Recipe.Operand operand = changed.get(victim);
        if (operand.values() == Recipe.Values.INDEX && dice.chance(0.7)) {
            // further than the bound, which makes some positions wrong
            changed.set(victim, new Recipe.Operand(operand.spec(), operand.values(), -1 - operand.bound()));
        } else {
            changed.set(
                    victim,
                    dice.chance(0.3)
                            ? operand.with(dice.one(Arrays.asList(DType.values())))
                            : operand.with(shape(operand.spec())));
        }
        return changed;
    }

    private Shape shape(TensorSpec spec) {
        Shape shape = spec.shape();
        int rank = shape.rank();
        int kind = dice.below(6);
        if (rank == 0 || kind == 0) {
            return shape.insert(dice.below(rank + 1), dice.chance(0.5) ? 1 : dice.size());
        }
        int dim = dice.below(rank);
        return switch (kind) {
            case 1 -> shape.without(dim);
            case 2 -> shape.with(dim, 0);
            case 3 -> shape.with(dim, shape.size(dim) + 1);
            case 4 -> huge(spec, dim);
            default -> shape.with(dim, 1);
        };
    }

    /**
     * The largest size that the other ones allow: with more bytes than there are addresses, so that no operation begins
     * to work on them. Of single bytes there are no such many.
     */
    private Shape huge(TensorSpec spec, int dim) {
        Shape one = spec.shape().with(dim, 1);
        if (one.isEmpty() || spec.dtype().bytes() == 1) {
            return one;
        }
        long least = Long.MAX_VALUE / spec.dtype().bytes() + 1;
        return one.with(dim, Math.max(least, Long.MAX_VALUE / one.elements() - dice.below(3)));
    }

    /** One operand too few or too many, or two exchanged. */
    private List<Recipe.Operand> operands(List<Recipe.Operand> operands) {
        List<Recipe.Operand> changed = new ArrayList<>(operands);
        if (changed.isEmpty()) {
            return changed;
        }
        int victim = dice.below(changed.size());
        switch (dice.below(3)) {
            case 0 -> changed.remove(victim);
            case 1 -> changed.add(victim, changed.get(victim));
            default -> changed.add(changed.remove(victim));
        }
        return changed;
    }
}
