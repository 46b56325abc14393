package dev.lanewise.onnx.export;

import dev.lanewise.onnx.format.Attribute;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Compare;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;
import java.util.List;

/** Writes elementwise operations. */
final class ElementwiseWriter {
    private final OperationWriter writer;

    ElementwiseWriter(OperationWriter writer) {
        this.writer = writer;
    }

    private GraphBuilder graph() {
        return writer.graph;
    }

    private String add(String op, String... inputs) {
        return graph().add(op, List.of(inputs));
    }

    private String number(double value, OperationWriter.Step s) {
        return graph().scalar(value, writer.dtype(s));
    }

    String unary(Unary op, OperationWriter.Step s) {
        String x = s.x();
        return switch (op) {
            case NEG -> add("Neg", x);
            case ABS -> add("Abs", x);
            case SIGN -> add("Sign", x);
            case SQUARE -> add("Mul", x, x);
            case RELU -> writer.dtype(s) == DType.U8 ? add("Identity", x) : add("Relu", x);
            case NOT -> add(writer.dtype(s) == DType.BOOL ? "Not" : "BitwiseNot", x);
            case EXP -> add("Exp", x);
            // tanh(x / 2) (e^x + 1) keeps its digits near 0
            case EXPM1 ->
                add("Mul", add("Tanh", add("Mul", x, number(0.5, s))), add("Add", add("Exp", x), number(1, s)));
            case LOG -> add("Log", x);
            case LOG1P -> log1p(s);
            case SQRT -> add("Sqrt", x);
            case RSQRT -> add("Reciprocal", add("Sqrt", x));
            case RECIPROCAL -> add("Reciprocal", x);
            case SIN -> add("Sin", x);
            case COS -> add("Cos", x);
            case TAN -> add("Tan", x);
            case ASIN -> add("Asin", x);
            case ACOS -> add("Acos", x);
            case ATAN -> add("Atan", x);
            case SINH -> add("Sinh", x);
            case COSH -> add("Cosh", x);
            case TANH -> add("Tanh", x);
            case SIGMOID -> add("Sigmoid", x);
            case SILU -> add("Mul", x, add("Sigmoid", x));
            case SOFTPLUS -> add("Softplus", x);
            case ERF -> add("Erf", x);
            case GELU -> gelu(s);
            case GELU_TANH -> geluTanh(s);
            case HARDSIGMOID ->
                graph().add("HardSigmoid", x, Attribute.of("alpha", 1.0 / 6), Attribute.of("beta", 0.5));
            case MISH -> writer.opset >= 18 ? add("Mish", x) : add("Mul", x, add("Tanh", add("Softplus", x)));
            case FLOOR -> add("Floor", x);
            case CEIL -> add("Ceil", x);
            case ROUND -> add("Round", x);
            case TRUNC -> add("Where", add("Less", x, number(0, s)), add("Ceil", x), add("Floor", x));
        };
    }

    /** Uses Kahan's quotient where 1 + x loses digits of x. */
    private String log1p(OperationWriter.Step s) {
        String x = s.x();
        String one = number(1, s);
        String sum = add("Add", x, one);
        String log = add("Log", sum);
        String corrected = add("Mul", log, add("Div", x, add("Sub", sum, one)));
        String near = add("Where", add("Equal", sum, one), x, corrected);
        return add("Where", add("Greater", x, one), log, near);
    }

    private String gelu(OperationWriter.Step s) {
        String x = s.x();
        if (writer.opset >= 20) {
            return add("Gelu", x);
        }
        String error = add("Erf", add("Div", x, number(Math.sqrt(2), s)));
        return add("Mul", add("Mul", x, add("Add", error, number(1, s))), number(0.5, s));
    }

    private String geluTanh(OperationWriter.Step s) {
        String x = s.x();
        if (writer.opset >= 20) {
            return graph().add("Gelu", x, Attribute.of("approximate", "tanh"));
        }
        String cube = add("Mul", add("Mul", x, x), x);
        String inner =
                add("Mul", add("Add", x, add("Mul", cube, number(0.044715, s))), number(Math.sqrt(2 / Math.PI), s));
        return add("Mul", add("Mul", x, add("Add", add("Tanh", inner), number(1, s))), number(0.5, s));
    }

    String with(UnaryWith op, OperationWriter.Step s) {
        String x = s.x();
        DType dtype = writer.dtype(s);
        double[] numbers =
                writer.recording.numbers(s.number(), other -> other instanceof UnaryWith with ? with.a() : Double.NaN);
        return switch (op.kind()) {
            case ADD -> add("Add", x, writer.number(op, dtype, numbers));
            case MUL -> add("Mul", x, writer.number(op, dtype, numbers));
            case RSUB -> add("Sub", writer.number(op, dtype, numbers), x);
            case DIV -> add("Div", x, writer.number(op, dtype, numbers));
            case RDIV -> add("Div", writer.number(op, dtype, numbers), x);
            case POW -> add("Pow", x, writer.number(op, dtype, numbers));
            case LEAKY_RELU -> graph().add("LeakyRelu", x, Attribute.of("alpha", op.a()));
            case ELU -> graph().add("Elu", x, Attribute.of("alpha", op.a()));
            case CLAMP, HARDTANH -> clip(op, x, dtype);
        };
    }

    /** Omits bounds that no element of the type reaches. */
    private String clip(UnaryWith op, String x, DType dtype) {
        boolean low = op.a() > Double.NEGATIVE_INFINITY && op.a() >= least(dtype);
        boolean high = op.b() < Double.POSITIVE_INFINITY && op.b() <= most(dtype);
        String from = low ? graph().scalar(op.a(), dtype) : "";
        if (high) {
            return add("Clip", x, from, graph().scalar(op.b(), dtype));
        }
        return low ? add("Clip", x, from) : add("Identity", x);
    }

    private static double least(DType dtype) {
        return switch (dtype) {
            case I8 -> Byte.MIN_VALUE;
            case U8, BOOL -> 0;
            case I32 -> Integer.MIN_VALUE;
            case I64 -> Long.MIN_VALUE;
            case F16, BF16, F32, F64 -> Double.NEGATIVE_INFINITY;
        };
    }

    private static double most(DType dtype) {
        return switch (dtype) {
            case I8 -> Byte.MAX_VALUE;
            case U8 -> 255;
            case BOOL -> 1;
            case I32 -> Integer.MAX_VALUE;
            case I64 -> Long.MAX_VALUE;
            case F16, BF16, F32, F64 -> Double.POSITIVE_INFINITY;
        };
    }

    String binary(Binary op, OperationWriter.Step s) {
        String a = s.in().get(0);
        String b = s.in().get(1);
        boolean truth = writer.dtype(s) == DType.BOOL;
        return switch (op) {
            case ADD -> add("Add", a, b);
            case SUB -> add("Sub", a, b);
            case MUL -> add("Mul", a, b);
            case DIV -> add("Div", a, b);
            case POW -> add("Pow", a, b);
            case MAXIMUM -> add("Max", a, b);
            case MINIMUM -> add("Min", a, b);
            case AND -> add(truth ? "And" : "BitwiseAnd", a, b);
            case OR -> add(truth ? "Or" : "BitwiseOr", a, b);
            case XOR -> add(truth ? "Xor" : "BitwiseXor", a, b);
            case REMAINDER -> remainder(s);
            case FLOOR_DIV -> {
                String quotient = add("Div", add("Sub", a, remainder(s)), b);
                yield writer.dtype(s).isFloating() ? add("Round", quotient) : quotient;
            }
            case ATAN2 -> atan2(s);
            case SHL, SHR, RELU_GRAD, SIGMOID_GRAD, TANH_GRAD, GELU_GRAD, GELU_TANH_GRAD, SILU_GRAD ->
                throw OperationWriter.unsupported(op, "it");
        };
    }

    /** The remainder with the divisor's sign, which the operator supports only for integers. */
    private String remainder(OperationWriter.Step s) {
        String a = s.in().get(0);
        String b = s.in().get(1);
        if (!writer.dtype(s).isFloating()) {
            return add("Mod", a, b);
        }
        String rest = graph().add("Mod", a, b, Attribute.of("fmod", 1L));
        String zero = number(0, s);
        String otherSide = add("Less", add("Mul", add("Sign", rest), add("Sign", b)), zero);
        return add("Where", otherSide, add("Add", rest, b), rest);
    }

    private String atan2(OperationWriter.Step s) {
        String y = s.in().get(0);
        String x = s.in().get(1);
        String zero = number(0, s);
        String angle = add("Atan", add("Div", y, x));
        String half = number(Math.PI, s);
        String left = add("Where", add("Less", y, zero), add("Sub", angle, half), add("Add", angle, half));
        String upright = add("Mul", add("Sign", y), number(Math.PI / 2, s));
        String notRight = add("Where", add("Less", x, zero), left, upright);
        return add("Where", add("Greater", x, zero), angle, notRight);
    }

    String compare(Compare op, OperationWriter.Step s) {
        String a = s.in().get(0);
        String b = s.in().get(1);
        if (op == Compare.EQ) {
            return add("Equal", a, b);
        }
        if (op == Compare.NE) {
            return add("Not", add("Equal", a, b));
        }
        boolean truth = writer.dtype(s) == DType.BOOL;
        String left = truth ? writer.cast(a, DType.I32) : a;
        String right = truth ? writer.cast(b, DType.I32) : b;
        return add(
                switch (op) {
                    case LT -> "Less";
                    case LE -> "LessOrEqual";
                    case GT -> "Greater";
                    case GE -> "GreaterOrEqual";
                    case EQ, NE -> "Equal";
                },
                left,
                right);
    }
}
