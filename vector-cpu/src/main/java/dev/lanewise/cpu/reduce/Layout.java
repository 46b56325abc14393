package dev.lanewise.cpu.reduce;

import dev.lanewise.cpu.plan.OperandLayout;
import dev.lanewise.tensor.op.reduce.Reduce;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The dimensions of a reduction as the memory sees them: sorted by descending stride, neighbours joined where they are
 * one run. The order in which elements combine is free, so transposed operands need no copy.
 */
record Layout(List<Axis> kept, List<Axis> reduced, @Nullable Axis last) {
    /** A joined dimension; strides in elements, {@code output} is 0 and without meaning where it is reduced. */
    record Axis(long size, long input, long output, boolean reduced) {}

    static Layout of(Reduce op, OperandLayout x) {
        List<Axis> axes = new ArrayList<>();
        long stride = 1;
        for (int d = x.shape().rank() - 1; d >= 0; d--) {
            long size = x.shape().size(d);
            boolean reduced = op.dims().contains(d);
            if (size != 1) {
                axes.add(0, new Axis(size, x.stride(d), reduced ? 0 : stride, reduced));
            }
            stride *= reduced ? 1 : size;
        }
        axes.sort(Comparator.comparingLong((Axis axis) -> axis.input == 0 ? Long.MIN_VALUE : -axis.input));
        List<Axis> joined = join(axes);
        return new Layout(
                joined.stream().filter(axis -> !axis.reduced).toList(),
                joined.stream().filter(Axis::reduced).toList(),
                joined.isEmpty() ? null : joined.get(joined.size() - 1));
    }

    private static List<Axis> join(List<Axis> axes) {
        List<Axis> joined = new ArrayList<>();
        for (Axis axis : axes) {
            Axis before = joined.isEmpty() ? null : joined.get(joined.size() - 1);
            if (before != null
                    && before.reduced == axis.reduced
                    && before.input == axis.input * axis.size
                    && before.output == axis.output * axis.size) {
                joined.set(joined.size() - 1, new Axis(before.size * axis.size, axis.input, axis.output, axis.reduced));
            } else {
                joined.add(axis);
            }
        }
        return joined;
    }

    /** Whether elements that combine lie side by side, with at most one more reduced dimension outside. */
    boolean isRows() {
        return last == null || last.reduced && last.input == 1 && reduced.size() <= 2;
    }

    /** Whether elements that stay lie side by side, with at most one reduced dimension outside. */
    boolean isColumns() {
        return last != null && !last.reduced && last.input == 1 && reduced.size() <= 1;
    }

    static long elements(List<Axis> axes) {
        long elements = 1;
        for (Axis axis : axes) {
            elements *= axis.size;
        }
        return elements;
    }
}
