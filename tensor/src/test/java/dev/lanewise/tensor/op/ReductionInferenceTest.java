package dev.lanewise.tensor.op;

import dev.lanewise.tensor.op.index.Cat;
import dev.lanewise.tensor.op.index.Gather;
import dev.lanewise.tensor.op.index.IndexAdd;
import dev.lanewise.tensor.op.index.IndexSelect;
import dev.lanewise.tensor.op.index.Pad;
import dev.lanewise.tensor.op.index.Scatter;
import dev.lanewise.tensor.op.reduce.ArgReduce;
import dev.lanewise.tensor.op.reduce.Reduce;
import dev.lanewise.tensor.op.reduce.Scan;
import dev.lanewise.tensor.op.reduce.Sort;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Reductions, scans, sorts and operations by position infer type and shape, or say what is wrong. */
class ReductionInferenceTest {
    static Stream<Inference> inferred() {
        return Stream.of(
                Inference.inferred(new Reduce(Reduce.Kind.SUM, List.of(1), false), "F32[2, 3, 4]", "F32[2, 4]"),
                Inference.inferred(new Reduce(Reduce.Kind.SUM, List.of(0, 2), true), "I32[2, 3, 4]", "I64[1, 3, 1]"),
                Inference.inferred(new Reduce(Reduce.Kind.AMAX, List.of(1), false), "F32[0, 3]", "F32[0]"),
                Inference.inferred(new ArgReduce(ArgReduce.Kind.ARGMAX, 1, true), "F32[2, 3]", "I64[2, 1]"),
                Inference.inferred(new Scan(Scan.Kind.CUMSUM, 0, false), "I32[4, 2]", "I64[4, 2]"),
                Inference.inferred(new Sort(1, true), "F32[4, 2]", "F32[4, 2]; I64[4, 2]"),
                Inference.inferred(new Cat(1), "F32[2, 3]; F32[2, 4]; F32[2, 0]", "F32[2, 7]"),
                Inference.inferred(new Pad(List.of(1L, 0L), List.of(0L, 2L), 0), "F32[2, 3]", "F32[3, 5]"),
                Inference.inferred(new IndexSelect(1), "F32[2, 3]; I64[5]", "F32[2, 5]"),
                Inference.inferred(new IndexAdd(0, 6), "F32[4, 3]; I64[4]", "F32[6, 3]"),
                Inference.inferred(new Gather(1), "F32[2, 3]; I64[2, 5]", "F32[2, 5]"),
                Inference.inferred(new Scatter(Scatter.Kind.ADD, 1), "F32[2, 3]; I64[2, 5]; F32[2, 5]", "F32[2, 3]"));
    }

    static Stream<Inference> refused() {
        return Stream.of(
                Inference.refused(
                        new Reduce(Reduce.Kind.SUM, List.of(3), false),
                        "F32[2, 3]",
                        "sum: no dimension 3 in shape [2, 3] (expected -2 to 1); check the dimension"),
                Inference.refused(
                        new Reduce(Reduce.Kind.MEAN, List.of(0), false),
                        "I64[2]",
                        "mean: does not take I64[2] (expected one of F32, F64, F16, BF16); cast with to(DType.F32)"),
                Inference.refused(
                        new Reduce(Reduce.Kind.AMAX, List.of(0), false),
                        "F32[0, 3]",
                        "amax: dimension 0 of F32[0, 3] is empty; an empty set has no largest or smallest element"),
                Inference.refused(
                        new ArgReduce(ArgReduce.Kind.ARGMAX, 2, false),
                        "F32[2, 3]",
                        "argmax: no dimension 2 in shape [2, 3] (expected -2 to 1); check the dimension"),
                Inference.refused(
                        new ArgReduce(ArgReduce.Kind.ARGMIN, 0, false),
                        "F32[0]",
                        "argmin: dimension 0 of F32[0] is empty; an empty set has no extreme element"),
                Inference.refused(
                        new Scan(Scan.Kind.CUMSUM, 2, false),
                        "F32[4, 2]",
                        "cumsum: no dimension 2 in shape [4, 2] (expected -2 to 1); check the dimension"),
                Inference.refused(
                        new Sort(0, true),
                        "F32[]",
                        "sort: no dimension 0 in shape [] (a scalar has none); unsqueeze it"),
                Inference.refused(
                        new Cat(1),
                        "F32[2, 3]; F32[3, 3]",
                        "cat: sizes differ outside dimension 1: F32[2, 3] and F32[3, 3]; all other dimensions must agree"),
                Inference.refused(
                        new Cat(0),
                        "F32[2]; F64[2]",
                        "cat: mixed types: F32[2] x F64[2] (F32 and F64); cast one with to(DType.F32) or to(DType.F64)"),
                Inference.refused(
                        new Cat(2),
                        "F32[2, 2]",
                        "cat: no dimension 2 in shape [2, 2] (expected -2 to 1); check the dimension"),
                Inference.refused(
                        new Pad(List.of(1L), List.of(0L), 0),
                        "F32[2, 3]",
                        "pad: padding for 1 dimensions of F32[2, 3]; give one number before and one after for each dimension"),
                Inference.refused(
                        new IndexSelect(1),
                        "F32[2, 3]; F32[5]",
                        "index_select: does not take F32[5] (expected one of I64); cast with to(DType.I64)"),
                Inference.refused(
                        new IndexSelect(2),
                        "F32[2, 3]; I64[5]",
                        "index_select: no dimension 2 in shape [2, 3] (expected -2 to 1); check the dimension"),
                Inference.refused(
                        new IndexAdd(0, 6),
                        "F32[4, 3]; I64[5]",
                        "index_add: slices F32[4, 3] don't hold positions I64[5] at dimension 0; give slices of the shape that index_select gives"),
                Inference.refused(
                        new Gather(1),
                        "F32[2, 3]; I64[3, 5]",
                        "gather: positions I64[3, 5] don't fit F32[2, 3] outside dimension 1; they need the same rank and no larger sizes"),
                Inference.refused(
                        new Gather(1),
                        "F32[2, 3]; I64[5]",
                        "gather: positions I64[5] don't fit F32[2, 3] outside dimension 1; they need the same rank and no larger sizes"),
                Inference.refused(
                        new Scatter(Scatter.Kind.ADD, 1),
                        "F32[2, 3]; I64[2, 5]; F32[2, 4]",
                        "scatter_add: positions I64[2, 5] and elements F32[2, 4] differ in shape; narrow or expand one of them"));
    }

    @ParameterizedTest
    @MethodSource("inferred")
    void typeAndShapeAreInferred(Inference each) {
        each.check();
    }

    @ParameterizedTest
    @MethodSource("refused")
    void operandsThatDoNotFitAreNamed(Inference each) {
        each.check();
    }
}
