package dev.lanewise.cuda.kernel;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Compare;
import dev.lanewise.tensor.op.elementwise.Ternary;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;
import dev.lanewise.tensor.op.index.Scatter;
import dev.lanewise.tensor.op.reduce.ArgReduce;
import dev.lanewise.tensor.op.reduce.Reduce;
import dev.lanewise.tensor.op.reduce.Scan;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Programs for operations on element types: a template preceded by its definitions. */
public final class KernelTemplates {
    private static final String PRELUDE = read("prelude.cu");
    private static final String ELEMENTWISE = read("elementwise.cu");
    private static final String TRANSPOSE = read("transpose.cu");
    private static final String REDUCE = read("reduce.cu");
    private static final String ARG_REDUCE = read("arg_reduce.cu");
    private static final String ROWS = read("rows.cu");
    private static final String SOFTMAX = ROWS + read("softmax.cu");
    private static final String SOURCE = read("source.cu");
    private static final String RANDOM = read("philox.cu") + read("random.cu");
    private static final String DROPOUT = read("dropout.cu");
    private static final String INDEXING = read("indexing.cu");
    private static final String SCATTER = read("scatter.cu");
    private static final String SCAN = read("scan.cu");
    private static final String LAYER_NORM = ROWS + read("layer_norm.cu");
    private static final String INDEX_ADD = read("index_add.cu");
    private static final String SORT = read("sort.cu");
    private static final String CROSS_ENTROPY = ROWS + read("cross_entropy.cu");
    private static final String UPDATE = read("update.cu");
    private static final String LINALG = read("linalg.cu");

    private static final List<String> ELEMENTWISE_KERNELS = List.of("packed", "strided");

    private KernelTemplates() {}

    /** One operand, the result of its type. */
    public static KernelSource unary(Unary op, DType dtype) {
        return elementwise(1, op.opName(), CudaExpressions.of(op, dtype), dtype, dtype, dtype, dtype);
    }

    /** One operand and numbers, the result of its type. */
    public static KernelSource unaryWith(UnaryWith.Kind op, DType dtype) {
        return elementwise(1, lower(op) + "_scalar", CudaExpressions.of(op), dtype, dtype, dtype, dtype);
    }

    /** Two operands, the result of their type. */
    public static KernelSource binary(Binary op, DType dtype) {
        return elementwise(2, op.opName(), CudaExpressions.of(op), dtype, dtype, dtype, dtype);
    }

    /** Two operands, the result a truth value. */
    public static KernelSource compare(Compare op, DType dtype) {
        return elementwise(2, op.opName(), CudaExpressions.of(op), DType.BOOL, dtype, dtype, dtype);
    }

    /** A condition and two operands, the result of their type. */
    public static KernelSource ternary(Ternary op, DType dtype) {
        return elementwise(3, op.opName(), CudaExpressions.of(op), dtype, DType.BOOL, dtype, dtype);
    }

    /** Converts elements. */
    public static KernelSource cast(DType from, DType to) {
        return elementwise(1, "cast", "a", to, from, from, from);
    }

    /** Copies elements of 1, 2, 4 or 8 bytes unchanged. */
    public static KernelSource copy(int bytes) {
        return elementwise(1, "copy_" + 8 * bytes, "a", word(bytes), word(bytes), word(bytes), word(bytes));
    }

    /** Copies matrices of elements of 1, 2, 4 or 8 bytes that lie transposed. */
    public static KernelSource transpose(int bytes) {
        return program("transpose_" + 8 * bytes, Map.of("T", word(bytes)), TRANSPOSE, List.of("transpose"));
    }

    private static KernelSource elementwise(
            int arity, String name, String expression, DType out, DType a, DType b, DType c) {
        return elementwise(arity, name + suffix(a, out), expression, type(out), type(a), type(b), type(c));
    }

    private static KernelSource elementwise(
            int arity, String name, String expression, String out, String a, String b, String c) {
        Map<String, String> definitions = new LinkedHashMap<>();
        definitions.put("ARITY", Integer.toString(arity));
        definitions.put("OUT", out);
        definitions.put("A", a);
        definitions.put("B", b);
        definitions.put("C", c);
        definitions.put("EXPRESSION", "(" + expression + ")");
        return program(name, definitions, ELEMENTWISE, ELEMENTWISE_KERNELS);
    }

    /** Combines elements along dimensions; {@link Reduce#resultType} is the result's type. */
    public static KernelSource reduce(Reduce.Kind kind, DType dtype) {
        boolean integer = !dtype.isFloating();
        DType out = new Reduce(kind, List.of(), false).resultType(dtype);
        Map<String, String> definitions = new LinkedHashMap<>();
        definitions.put("OUT", type(out));
        definitions.put("IN", type(dtype));
        definitions.put("ACC", isLogical(kind) ? "i64" : accumulator(dtype));
        definitions.put("IDENTITY", identity(kind, integer));
        definitions.put("LIFT(x)", isLogical(kind) ? "(i64)((x) != 0)" : "(ACC)(x)");
        definitions.put(
                "COMBINE(x, y)",
                switch (kind) {
                    case SUM, MEAN -> "(x) + (y)";
                    case PROD -> "(x) * (y)";
                    case AMAX -> "maximum(x, y)";
                    case AMIN -> "minimum(x, y)";
                    case ANY -> "(x) | (y)";
                    case ALL -> "(x) & (y)";
                });
        definitions.put("FINISH(x, n)", kind == Reduce.Kind.MEAN ? "(x) / (ACC)(n)" : "(x)");
        return program(lower(kind) + suffix(dtype, out), definitions, REDUCE, List.of("reduce", "finish_parts"));
    }

    private static boolean isLogical(Reduce.Kind kind) {
        return kind == Reduce.Kind.ANY || kind == Reduce.Kind.ALL;
    }

    private static String identity(Reduce.Kind kind, boolean integer) {
        return switch (kind) {
            case SUM, MEAN, ANY -> "0";
            case PROD, ALL -> "1";
            case AMAX -> integer ? "(-9223372036854775807LL - 1)" : "(ACC)(-1.0 / 0.0)";
            case AMIN -> integer ? "9223372036854775807LL" : "(ACC)(1.0 / 0.0)";
        };
    }

    /** The position of an extreme element along a dimension. */
    public static KernelSource argReduce(ArgReduce.Kind kind, DType dtype) {
        Map<String, String> definitions = new LinkedHashMap<>();
        definitions.put("IN", type(dtype));
        definitions.put(
                "BEFORE(x, y)",
                switch (kind) {
                    case ARGMAX -> "((x) > (y))";
                    case ARGMIN -> "((x) < (y))";
                });
        return program(lower(kind) + suffix(dtype, DType.I64), definitions, ARG_REDUCE, List.of("arg_reduce"));
    }

    /** Softmax or log-softmax along a dimension, and its gradient. */
    public static KernelSource softmax(boolean log, DType dtype) {
        Map<String, String> definitions = withAccumulator(dtype);
        definitions.put("LOG", log ? "1" : "0");
        String name = (log ? "log_softmax" : "softmax") + suffix(dtype, dtype);
        return program(
                name,
                definitions,
                SOFTMAX,
                List.of("softmax", "softmax_across", "softmax_grad", "softmax_grad_across"));
    }

    /** Tensors of one value, and of evenly spaced ones. */
    public static KernelSource source(DType dtype) {
        return program("source" + suffix(dtype, dtype), Map.of("T", type(dtype)), SOURCE, List.of("fill", "range"));
    }

    /** Random numbers, the same ones as on every device; dropout too for floating-point types. */
    public static KernelSource random(DType dtype) {
        Map<String, String> definitions = new LinkedHashMap<>();
        definitions.put("T", type(dtype));
        definitions.put("WIDE", dtype == DType.F64 ? "1" : "0");
        definitions.put(
                "UNIFORM_BITS",
                switch (dtype) {
                    case F16 -> "11";
                    case BF16 -> "8";
                    default -> "24";
                });
        String name = "random" + suffix(dtype, dtype);
        return dtype.isFloating()
                ? program(name, definitions, RANDOM + DROPOUT, List.of("uniform", "normal", "integer", "dropout"))
                : program(name, definitions, RANDOM, List.of("uniform", "normal", "integer"));
    }

    /** Elements and slices by position, moved in pieces of 1, 2, 4, 8 or 16 bytes. */
    public static KernelSource indexing(int bytes) {
        return program("indexing_" + 8 * bytes, Map.of("T", word(bytes)), INDEXING, List.of("index_select", "gather"));
    }

    /** The sum that is the gradient of picking slices. */
    public static KernelSource indexAdd(DType dtype) {
        return program(
                "index_add" + suffix(dtype, dtype),
                withAccumulator(dtype),
                INDEX_ADD,
                List.of("index_add", "index_add_segments"));
    }

    /** Sorting along a dimension. */
    public static KernelSource sort(DType dtype) {
        Map<String, String> definitions = new LinkedHashMap<>();
        definitions.put("T", type(dtype));
        definitions.put("KEY", dtype.bytes() == 8 ? "u64" : "u32");
        return program(
                "sort" + suffix(dtype, dtype), definitions, SORT, List.of("sort_chunks", "merge_runs", "take_sorted"));
    }

    /** Elements combined in at positions. */
    public static KernelSource scatter(Scatter.Kind kind, DType dtype) {
        Map<String, String> definitions = new LinkedHashMap<>();
        definitions.put("T", type(dtype));
        definitions.put(
                "COMBINE(x, y)",
                switch (kind) {
                    case SET -> "(y)";
                    case ADD -> "(x) + (y)";
                    case MUL -> "(x) * (y)";
                    case AMAX -> "maximum(x, y)";
                    case AMIN -> "minimum(x, y)";
                });
        return program("scatter_" + lower(kind) + suffix(dtype, dtype), definitions, SCATTER, List.of("scatter"));
    }

    /** Running sums and products along a dimension; integers give 64 bits. */
    public static KernelSource scan(Scan.Kind kind, DType dtype) {
        DType out = dtype.isFloating() ? dtype : DType.I64;
        Map<String, String> definitions = new LinkedHashMap<>();
        definitions.put("OUT", type(out));
        definitions.put("IN", type(dtype));
        definitions.put("ACC", accumulator(dtype));
        definitions.put(
                "IDENTITY",
                switch (kind) {
                    case CUMSUM -> "0";
                    case CUMPROD -> "1";
                });
        definitions.put(
                "COMBINE(x, y)",
                switch (kind) {
                    case CUMSUM -> "((x) + (y))";
                    case CUMPROD -> "((x) * (y))";
                });
        return program(
                lower(kind) + suffix(dtype, out),
                definitions,
                SCAN,
                List.of("scan_lines", "scan_parts", "scan_totals", "scan_before"));
    }

    /** Layer normalization and its gradients. */
    public static KernelSource layerNorm(DType dtype) {
        return program(
                "layer_norm" + suffix(dtype, dtype),
                withAccumulator(dtype),
                LAYER_NORM,
                List.of("layer_norm", "layer_norm_grad_input", "layer_norm_grad_affine", "layer_norm_grad_finish"));
    }

    /** Cross-entropy after log-softmax, and its gradient. */
    public static KernelSource crossEntropy(DType dtype) {
        return program(
                "cross_entropy" + suffix(dtype, dtype),
                withAccumulator(dtype),
                CROSS_ENTROPY,
                List.of("cross_entropy", "cross_entropy_total", "cross_entropy_weight", "cross_entropy_grad"));
    }

    /** Optimizer steps over all parameters. */
    public static KernelSource update(DType dtype) {
        return program(
                "update" + suffix(dtype, dtype), withAccumulator(dtype), UPDATE, List.of("sgd_step", "adam_step"));
    }

    /** What surrounds the factorizations of small matrices. */
    public static KernelSource linalg(DType dtype) {
        return program(
                "linalg" + suffix(dtype, dtype),
                Map.of("T", type(dtype)),
                LINALG,
                List.of("pack", "unpack", "identities", "point", "determinants", "reflect"));
    }

    private static Map<String, String> withAccumulator(DType dtype) {
        Map<String, String> definitions = new LinkedHashMap<>();
        definitions.put("T", type(dtype));
        definitions.put("ACC", accumulator(dtype));
        return definitions;
    }

    /** The definitions that precede every template. */
    static String prelude() {
        return PRELUDE;
    }

    static KernelSource program(String name, Map<String, String> definitions, String template, List<String> kernels) {
        StringBuilder code = new StringBuilder(PRELUDE);
        definitions.forEach((key, value) ->
                code.append("#define ").append(key).append(' ').append(value).append('\n'));
        return new KernelSource(name, code.append(template).toString(), kernels);
    }

    /** The type's name in the prelude. */
    static String type(DType dtype) {
        return switch (dtype) {
            case F32 -> "float";
            case F64 -> "double";
            case F16 -> "f16";
            case BF16 -> "bf16";
            case I8 -> "i8";
            case U8 -> "u8";
            case I32 -> "int";
            case I64 -> "i64";
            case BOOL -> "boolean";
        };
    }

    /** Bits that are only moved; those of 16 bytes have no arithmetic. */
    private static String word(int bytes) {
        return switch (bytes) {
            case 1 -> "u8";
            case 2 -> "i16";
            case 4 -> "int";
            case 8 -> "i64";
            case 16 -> "word128";
            default -> throw new IllegalArgumentException("no word has " + bytes + " bytes (expected 1, 2, 4, 8, 16)");
        };
    }

    /** What a type is summed in. */
    private static String accumulator(DType dtype) {
        return switch (dtype) {
            case F64 -> "double";
            case F32, F16, BF16 -> "float";
            case I8, U8, I32, I64, BOOL -> "i64";
        };
    }

    static String suffix(DType in, DType out) {
        return "_" + lower(in) + (in == out ? "" : "_" + lower(out));
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    static String read(String name) {
        try (InputStream stream = KernelTemplates.class.getResourceAsStream(name)) {
            if (stream == null) {
                throw new IllegalStateException("the template " + name + " is missing from this build of Lanewise");
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
