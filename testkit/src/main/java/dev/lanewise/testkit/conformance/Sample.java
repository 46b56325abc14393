package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Operands that an operation takes: their shapes, and how they are made. */
record Sample(String name, Function<Operands, Tensor[]> operands) {
    /** Operands of the given shapes with any values. */
    static Sample of(Shape... shapes) {
        String name = Arrays.stream(shapes).map(Shape::toString).collect(Collectors.joining(" x "));
        return new Sample(
                name,
                make -> Arrays.stream(shapes)
                        .map(shape -> make.any(shape.toArray()))
                        .toArray(Tensor[]::new));
    }
}
