package dev.lanewise.cuda.kernel;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.cuda.host.HostKernels;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Compare;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The expression table against the operations' own scalar meaning, in double precision and in 64-bit integers. */
class ExpressionsOnHostTest {
    private static final double[] REALS = {
        Double.NEGATIVE_INFINITY,
        -1e300,
        -800,
        -20.25,
        -3.5,
        -2.5,
        -1,
        -0.75,
        -1e-3,
        -1e-20,
        0,
        1e-20,
        1e-3,
        0.5,
        0.75,
        1,
        1.5,
        2.5,
        3,
        7.25,
        30,
        800,
        1e300,
        Double.POSITIVE_INFINITY,
        Double.NaN
    };
    private static final long[] INTEGERS = {
        Long.MIN_VALUE,
        Long.MIN_VALUE + 1,
        -1000,
        -64,
        -7,
        -2,
        -1,
        0,
        1,
        2,
        3,
        5,
        7,
        63,
        64,
        100,
        1L << 40,
        Long.MAX_VALUE
    };

    private static HostKernels kernels;

    @BeforeAll
    static void open() {
        assumeTrue(HostKernels.isAvailable(), "no C++ compiler: expressions cannot be evaluated on the host");
        kernels = new HostKernels(Path.of("target", "host-kernels"));
    }

    private final List<String> wrong = new ArrayList<>();

    /** {@code eval(which, a, b, p, q)} in type T, one case an expression. */
    private static String evaluator(String type, List<String> expressions) {
        StringBuilder code = new StringBuilder(KernelTemplates.prelude())
                .append("typedef " + type
                        + " T;\nextern \"C\" T eval(int which, T a, T b, T p, T q) {\nswitch (which) {\n");
        for (int i = 0; i < expressions.size(); i++) {
            code.append("case " + i + ": return (T)(" + expressions.get(i) + ");\n");
        }
        return code.append("}\nreturn 0;\n}\n").toString();
    }

    private static boolean agree(double expected, double actual) {
        double tolerance = 1e-12 * Math.max(Math.abs(expected), 1e-300);
        return Double.compare(expected + 0.0, actual + 0.0) == 0 || Math.abs(expected - actual) <= tolerance;
    }

    private void check(String what, double expected, double actual) {
        if (!agree(expected, actual)) {
            wrong.add(what + ": expected " + expected + ", got " + actual);
        }
    }

    private void check(String what, long expected, long actual) {
        if (expected != actual) {
            wrong.add(what + ": expected " + expected + ", got " + actual);
        }
    }

    @Test
    void realFunctionsOfOneOperandMeanWhatTheOperationsMean() throws Throwable {
        List<Unary> ops = List.of(Unary.values()).stream()
                .filter(op -> op.dtypes().contains(DType.F64))
                .toList();
        MethodHandle eval =
                real(ops.stream().map(op -> CudaExpressions.of(op, DType.F64)).toList());
        for (int i = 0; i < ops.size(); i++) {
            for (double x : REALS) {
                check(ops.get(i) + "(" + x + ")", ops.get(i).apply(x), (double) eval.invokeExact(i, x, 0.0, 0.0, 0.0));
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void realFunctionsOfTwoOperandsMeanWhatTheOperationsMean() throws Throwable {
        List<Binary> ops = List.of(Binary.values()).stream()
                .filter(op -> op.dtypes().contains(DType.F64))
                .toList();
        MethodHandle eval = real(ops.stream().map(CudaExpressions::of).toList());
        for (int i = 0; i < ops.size(); i++) {
            for (double a : REALS) {
                for (double b : REALS) {
                    double expected = ops.get(i).apply(a, b);
                    check(ops.get(i) + "(" + a + ", " + b + ")", expected, (double)
                            eval.invokeExact(i, a, b, 0.0, 0.0));
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void realFunctionsWithNumbersMeanWhatTheOperationsMean() throws Throwable {
        UnaryWith.Kind[] ops = UnaryWith.Kind.values();
        MethodHandle eval = real(List.of(ops).stream().map(CudaExpressions::of).toList());
        for (int i = 0; i < ops.length; i++) {
            for (double x : REALS) {
                double expected = new UnaryWith(ops[i], 0.5, 3.0).apply(x);
                check(ops[i] + "(" + x + ", 0.5, 3)", expected, (double) eval.invokeExact(i, x, 0.0, 0.5, 3.0));
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void comparisonsMeanWhatTheOperationsMean() throws Throwable {
        Compare[] ops = Compare.values();
        MethodHandle eval = real(List.of(ops).stream().map(CudaExpressions::of).toList());
        for (int i = 0; i < ops.length; i++) {
            for (double a : REALS) {
                for (double b : REALS) {
                    double expected = ops[i].test(a, b) ? 1 : 0;
                    check(ops[i] + "(" + a + ", " + b + ")", expected, (double) eval.invokeExact(i, a, b, 0.0, 0.0));
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void integerFunctionsMeanWhatTheOperationsMean() throws Throwable {
        List<Unary> unary = List.of(Unary.values()).stream()
                .filter(op -> op.dtypes().contains(DType.I64))
                .toList();
        List<Binary> binary = List.of(Binary.values()).stream()
                .filter(op -> op.dtypes().contains(DType.I64))
                .toList();
        List<String> expressions = new ArrayList<>();
        unary.forEach(op -> expressions.add(CudaExpressions.of(op, DType.I64)));
        binary.forEach(op -> expressions.add(CudaExpressions.of(op)));
        MethodHandle eval = integer(expressions);
        for (int i = 0; i < unary.size(); i++) {
            for (long x : INTEGERS) {
                check(unary.get(i) + "(" + x + ")", unary.get(i).apply(x), (long) eval.invokeExact(i, x, 0L, 0L, 0L));
            }
        }
        for (int i = 0; i < binary.size(); i++) {
            for (long a : INTEGERS) {
                for (long b : INTEGERS) {
                    long actual = (long) eval.invokeExact(unary.size() + i, a, b, 0L, 0L);
                    check(
                            binary.get(i) + "(" + a + ", " + b + ")",
                            binary.get(i).apply(a, b),
                            actual);
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    private static MethodHandle real(List<String> expressions) {
        return eval(
                evaluator("double", expressions),
                FunctionDescriptor.of(JAVA_DOUBLE, JAVA_INT, JAVA_DOUBLE, JAVA_DOUBLE, JAVA_DOUBLE, JAVA_DOUBLE));
    }

    private static MethodHandle integer(List<String> expressions) {
        return eval(
                evaluator("i64", expressions),
                FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    }

    private static MethodHandle eval(String code, FunctionDescriptor descriptor) {
        SymbolLookup library = SymbolLookup.libraryLookup(kernels.library(code), Arena.global());
        return Linker.nativeLinker().downcallHandle(library.find("eval").orElseThrow(), descriptor);
    }
}
