package dev.lanewise.testkit.conformance;

import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lanewise.autograd.GradCheck;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Cast;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.Update;
import dev.lanewise.tensor.op.conv.Convolution2dRelu;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;
import dev.lanewise.tensor.op.matrix.Linalg;
import dev.lanewise.tensor.op.reduce.Reduce;
import dev.lanewise.tensor.op.reduce.Scan;
import dev.lanewise.tensor.op.sequence.Attention;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.DoubleBinaryOperator;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;

/** First and second derivatives of every operation against finite differences, in {@link DType#F64}. */
final class GradientChecks {
    /** Finite differences cost a run of the operation per direction: small samples only. */
    private static final long MOST_ELEMENTS = 1500;

    private static final int FIRST = 5;
    private static final int LAST = 7;

    /** Beyond what a step of a difference changes a sum by. */
    private static final double NEAR_ZERO = 0.01;

    private final Device device;
    private final BiPredicate<Op, DType> included;

    GradientChecks(Device device, BiPredicate<Op, DType> included) {
        this.device = device;
        this.included = included;
    }

    /** A container per operation with tests of both derivatives. */
    Stream<DynamicNode> all() {
        return OpCatalogue.ops().stream()
                .filter(GradientChecks::isDifferentiable)
                .filter(op -> included.test(op, DType.F64))
                .map(op -> dynamicContainer(
                        OracleChecks.name(op),
                        Stream.of(
                                dynamicTest("first", () -> check(op, false)),
                                dynamicTest("second", () -> check(op, true)))));
    }

    static boolean isDifferentiable(Op op) {
        boolean floats = op.dtypes().contains(DType.F64) || op.dtypes().equals(Set.of(DType.BOOL));
        boolean narrows = op instanceof Cast cast && cast.to() != DType.F64;
        return floats && !narrows && !(op instanceof Source) && !(op instanceof Update);
    }

    private void check(Op op, boolean second) {
        for (Sample sample : samples(op)) {
            try (var ignored = Scope.open(op.opName())) {
                Operands make = new Operands(
                        device, DType.F64, Layout.CONTIGUOUS, sample.name().hashCode());
                Tensor[] operands = sample.operands().apply(make);
                if (!isSuitable(op, operands) || !hasRealResult(op, operands)) {
                    continue;
                }
                if (second) {
                    GradCheck.second(xs -> run(op, xs), operands);
                } else {
                    GradCheck.first(xs -> run(op, xs), operands);
                }
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(OracleChecks.name(op) + " of " + sample.name() + ": " + e.getMessage(), e);
            }
        }
    }

    /**
     * The gradient of a decomposition of symmetric matrices is one along symmetric directions; and there are no differences
     * of minus infinity, the logarithm of the sum of a query that sees nothing.
     */
    private static Tensor[] run(Op op, Tensor[] operands) {
        if (op instanceof Attention) {
            Tensor[] results = Tensor.applyAll(op, operands);
            results[1] = results[1].maskedFill(results[1].eq(Double.NEGATIVE_INFINITY), 0);
            return results;
        }
        return op == Linalg.CHOLESKY
                ? Tensor.applyAll(op, operands[0].add(operands[0].transpose()).mul(0.5))
                : Tensor.applyAll(op, operands);
    }

    private static boolean isSuitable(Op op, Tensor[] operands) {
        long elements =
                Arrays.stream(operands).mapToLong(x -> x.shape().elements()).sum();
        // products of very many factors have derivatives beyond the reach of differences
        long most = op instanceof Reduce || op instanceof Scan ? MOST_ELEMENTS / 10 : MOST_ELEMENTS;
        return elements > 0 && elements <= most;
    }

    private static boolean hasRealResult(Op op, Tensor[] operands) {
        return Arrays.stream(Expectation.empty(op, operands)).anyMatch(y -> y.dtype() == DType.F64)
                && Arrays.stream(operands).anyMatch(x -> x.dtype() == DType.F64);
    }

    private static List<Sample> samples(Op op) {
        if (op instanceof Unary unary && unary.dtypes().contains(DType.F64)) {
            return smooth((x, y) -> unary.apply(x), 1);
        }
        if (op instanceof UnaryWith unary) {
            return smooth((x, y) -> unary.apply(x), 1);
        }
        if (op instanceof Binary binary && binary.dtypes().contains(DType.F64)) {
            return smooth(binary::apply, 2);
        }
        if (op instanceof Convolution2dRelu relu) {
            return Samples.of(op, DType.F64).stream()
                    .map(sample -> new Sample(sample.name(), make -> awayFromZero(relu, sample, make)))
                    .toList();
        }
        return some(Samples.of(op, DType.F64));
    }

    /**
     * Rules of derivatives see the ranks and the sizes of 0 and 1 of the first and the last samples. Those in between, of
     * sizes around a vector's, are made for kernels, which the oracle is compared with: of them every fourth.
     */
    private static List<Sample> some(List<Sample> samples) {
        int last = samples.size() - LAST;
        return IntStream.range(0, samples.size())
                .filter(i -> i < FIRST || i >= last || i % 4 == 0)
                .mapToObj(samples::get)
                .toList();
    }

    /** Operands of which no sum is so near to 0 that a difference crosses it. */
    private static Tensor[] awayFromZero(Convolution2dRelu op, Sample sample, Operands make) {
        Tensor[] operands;
        do {
            operands = sample.operands().apply(make);
        } while (isSuitable(op, operands)
                && Tensor.apply(op.conv(), operands).abs().amin().item() < NEAR_ZERO);
        return operands;
    }

    /** Operands away from kinks, jumps and poles, which the function's own differences show. */
    private static List<Sample> smooth(DoubleBinaryOperator function, int operands) {
        Shape shape = Shape.of(4, 5);
        return List.of(new Sample("smooth points", make -> {
            double[] x = new double[20];
            double[] y = new double[20];
            for (int i = 0; i < x.length; i++) {
                do {
                    x[i] = uniform(make.random());
                    y[i] = uniform(make.random());
                } while (!isSmooth(function, x[i], y[i]));
            }
            Tensor a = make.given(shape, x);
            return operands == 1 ? new Tensor[] {a} : new Tensor[] {a, make.given(shape, y)};
        }));
    }

    private static double uniform(RandomGenerator random) {
        return 6 * random.nextDouble() - 3;
    }

    private static boolean isSmooth(DoubleBinaryOperator f, double x, double y) {
        return isSmooth(f.applyAsDouble(x, y), f.applyAsDouble(x - 0.01, y), f.applyAsDouble(x + 0.01, y))
                && isSmooth(f.applyAsDouble(x, y), f.applyAsDouble(x, y - 0.01), f.applyAsDouble(x, y + 0.01));
    }

    /** Neighbouring differences of a smooth function that is not steep are almost the same. */
    private static boolean isSmooth(double here, double before, double after) {
        double change = Math.abs((after - here) - (here - before));
        return Math.abs(here) < 30 && Math.abs(after - before) < 0.5 && change < 1e-3;
    }
}
