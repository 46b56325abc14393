package dev.lanewise.tensor.op;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Compare;
import dev.lanewise.tensor.op.elementwise.Ternary;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Elementwise operations, casts, copies, sources and updates infer type and shape, or say what is wrong. */
class ElementwiseInferenceTest {
    static Stream<Inference> inferred() {
        return Stream.of(
                Inference.inferred(Unary.EXP, "F32[2, 3]", "F32[2, 3]"),
                Inference.inferred(Unary.NEG, "I64[]", "I64[]"),
                Inference.inferred(new UnaryWith(UnaryWith.Kind.ADD, 2), "BF16[0, 4]", "BF16[0, 4]"),
                Inference.inferred(Binary.ADD, "F32[2, 1]; F32[3]", "F32[2, 3]"),
                Inference.inferred(Binary.AND, "BOOL[4]; BOOL[1]", "BOOL[4]"),
                Inference.inferred(Compare.LT, "I32[2, 1]; I32[1, 5]", "BOOL[2, 5]"),
                Inference.inferred(Ternary.WHERE, "BOOL[3, 1]; F16[4]; F16[]", "F16[3, 4]"),
                Inference.inferred(new Cast(DType.I8), "F64[2, 2]", "I8[2, 2]"),
                Inference.inferred(Copy.COPY, "BOOL[2]", "BOOL[2]"),
                Inference.inferred(new Source.Fill(1, Inference.spec("F16[2, 3]")), "", "F16[2, 3]"),
                Inference.inferred(new Source.Range(0, 1, Inference.spec("I64[5]")), "", "I64[5]"),
                Inference.inferred(
                        new Source.Random(Source.Distribution.UNIFORM, 1, 0, 0, 0, Inference.spec("F32[7]")),
                        "",
                        "F32[7]"),
                Inference.inferred(
                        new Update.SgdStep(0.1, 0.9, 0, 0, false, true),
                        "F32[2, 3]; F32[2, 3]; F32[2, 3]",
                        "F32[2, 3]; F32[2, 3]"),
                Inference.inferred(
                        new Update.AdamStep(0.1, 0.9, 0.999, 1e-8, 0, false, 1),
                        "F32[2]; F32[2]; F32[2]; F32[2]; F64[]; F64[]; F64[]; F64[]",
                        "F32[2]; F32[2]; F32[2]; F64[]; F64[]; F64[]"));
    }

    static Stream<Inference> refused() {
        return Stream.of(
                Inference.refused(
                        Unary.EXP,
                        "I32[2]",
                        "exp: does not take I32[2] (expected one of F32, F64, F16, BF16); cast with to(DType.F32)"),
                Inference.refused(
                        Unary.NOT,
                        "F32[2]",
                        "not: does not take F32[2] (expected one of I8, U8, I32, I64, BOOL); cast with to(DType.I8)"),
                Inference.refused(
                        Unary.ABS,
                        "F32[2]; F32[2]",
                        "abs: got 2 operands [F32[2], F32[2]] (expected 1); check the call"),
                Inference.refused(
                        new UnaryWith(UnaryWith.Kind.ADD, 1.5),
                        "I64[2]",
                        "add_scalar: the number 1.5 is not a whole number for I64[2]; cast the tensor with to(DType.F32)"),
                Inference.refused(
                        new UnaryWith(UnaryWith.Kind.CLAMP, 300, 400),
                        "U8[2]",
                        "clamp: the number 300.0 or 400.0 is outside the range of U8[2]; cast the tensor with to(DType.F64)"),
                Inference.refused(
                        new UnaryWith(UnaryWith.Kind.DIV, 2),
                        "I64[2]",
                        "div_scalar: does not take I64[2] (expected one of F32, F64, F16, BF16); cast with to(DType.F32)"),
                Inference.refused(
                        Binary.ADD,
                        "F32[2, 3]; F32[2]",
                        "add: shapes don't broadcast: [2, 3] and [2] (3 != 2 in dimension -1); reshape or expand one of them?"),
                Inference.refused(
                        Binary.ADD,
                        "F32[2]; F64[2]",
                        "add: mixed types: F32[2] x F64[2] (F32 and F64); cast one with to(DType.F32) or to(DType.F64)"),
                Inference.refused(
                        Binary.DIV,
                        "I64[2]; I64[2]",
                        "div: does not take I64[2] (expected one of F32, F64, F16, BF16); cast with to(DType.F32)"),
                Inference.refused(
                        Compare.EQ,
                        "I32[2]; I64[2]",
                        "eq: mixed types: I32[2] x I64[2] (I32 and I64); cast one with to(DType.I32) or to(DType.I64)"),
                Inference.refused(
                        Ternary.WHERE,
                        "U8[3]; F32[3]; F32[3]",
                        "where: does not take U8[3] (expected one of BOOL); cast with to(DType.BOOL)"),
                Inference.refused(
                        Ternary.WHERE,
                        "BOOL[3]; F32[3]; I64[3]",
                        "where: mixed types: F32[3] x I64[3] (F32 and I64); cast one with to(DType.F32) or to(DType.I64)"),
                Inference.refused(
                        new Source.Fill(1, Inference.spec("F16[2]")),
                        "F32[1]",
                        "full: got 1 operands [F32[1]] (expected 0); check the call"),
                Inference.refused(
                        new Update.SgdStep(0.1, 0, 0, 0, false, true),
                        "F32[2]; F32[3]",
                        "sgd_step: operand 1 is F32[3] for a parameter F32[2]; gradient and state have the parameter's type and shape"),
                Inference.refused(
                        new Update.AdamStep(0.1, 0.9, 0.999, 1e-8, 0, false, 1),
                        "F32[2]; F32[2]",
                        "adam_step: got 2 operands; give 4 per parameter: the parameter, its gradient, its state"));
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
