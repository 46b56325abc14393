package dev.lanewise.testkit.conformance;

import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

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
import dev.lanewise.tensor.op.conv.MaxPooling2d;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Compare;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;
import dev.lanewise.tensor.op.matrix.LinearProduct;
import dev.lanewise.tensor.spi.Backends;
import dev.lanewise.tensor.spi.Storage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;

/** Compares every operation, type and layout with the oracle. */
final class OracleChecks {
    private final Device device;
    private final BiPredicate<Op, DType> included;

    OracleChecks(Device device, BiPredicate<Op, DType> included) {
        this.device = device;
        this.included = included;
    }

    /** Whether an operation on a type is tried in a layout. */
    interface Layouts {
        boolean include(Op op, DType dtype, Layout layout);
    }

    /** A container per operation, in it a test for each type and layout. */
    Stream<DynamicNode> ordinary(Layouts some) {
        return OpCatalogue.ops().stream()
                .map(op -> dynamicContainer(
                        name(op),
                        dtypes(op).stream()
                                .filter(dtype -> included.test(op, dtype))
                                .flatMap(dtype -> layouts(op)
                                        .filter(layout -> some.include(op, dtype, layout))
                                        .map(layout -> dynamicTest(
                                                dtype + " " + layout, () -> ordinary(op, dtype, layout))))));
    }

    /** An operation with its attributes. */
    static String name(Op op) {
        return op instanceof Enum<?> ? op.opName() : op.opName() + " " + op;
    }

    static Set<DType> dtypes(Op op) {
        return op instanceof Source source ? EnumSet.of(source.spec().dtype()) : op.dtypes();
    }

    private static Stream<Layout> layouts(Op op) {
        return op instanceof Source ? Stream.of(Layout.CONTIGUOUS) : Arrays.stream(Layout.values());
    }

    private void ordinary(Op op, DType dtype, Layout layout) {
        for (Sample sample : Samples.of(op, dtype)) {
            try (var ignored = Scope.open(op.opName())) {
                Operands make =
                        new Operands(device, dtype, layout, sample.name().hashCode());
                Tensor[] operands = sample.operands().apply(make);
                if (declined(op, dtype, operands)) {
                    continue;
                }
                compare(op, operands, false);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(name(op) + " of " + sample.name() + ": " + e.getMessage(), e);
            }
        }
    }

    /** A decomposition rounds to a narrow type after each of its operations: it is compared in the wide ones. */
    private boolean declined(Op op, DType dtype, Tensor[] operands) {
        return op instanceof Op.Fused fused
                && (dtype == DType.F16 || dtype == DType.BF16)
                && !Backends.of(device).supports(fused, operands);
    }

    private void compare(Op op, Tensor[] operands, boolean extreme) {
        if (op instanceof Update update) {
            compareUpdate(update, operands);
            return;
        }
        Tensor[] want = Expectation.of(op, operands);
        Expectation.check(op, operands, run(op, device, operands), want, extreme);
    }

    static Tensor[] run(Op op, Device device, Tensor[] operands) {
        return op instanceof Source source
                ? new Tensor[] {Tensor.create(source, device)}
                : Tensor.applyAll(op, operands);
    }

    /** Parameters and state change in place, so each side gets copies of its own; gradients keep their layout. */
    private void compareUpdate(Update update, Tensor[] operands) {
        Tensor[] in = copies(update, operands, device);
        Storage.update(update, changed(update, in), in);
        Tensor[] expected = copies(update, operands, Device.CPU);
        Expectation.execute(update, expected, changed(update, expected));
        Expectation.check(update, operands, changed(update, in), changed(update, expected), false);
    }

    private static Tensor[] copies(Update update, Tensor[] operands, Device device) {
        Tensor[] copies = new Tensor[operands.length];
        for (int i = 0; i < copies.length; i++) {
            boolean gradient = i % update.operands() == 1;
            copies[i] = gradient ? operands[i].to(device) : operands[i].copy().to(device);
        }
        return copies;
    }

    static Tensor[] changed(Update update, Tensor[] operands) {
        List<Tensor> changed = new ArrayList<>();
        for (int i = 0; i < operands.length; i++) {
            if (i % update.operands() != 1) {
                changed.add(operands[i]);
            }
        }
        return changed.toArray(Tensor[]::new);
    }

    /**
     * A test for each elementwise operation and type with infinities, NaN, denormals and the largest numbers, and with NaN for
     * linear products and convolutions with a ReLU and for the largest elements of windows.
     */
    Stream<DynamicNode> extremes() {
        return OpCatalogue.ops().stream()
                .filter(OracleChecks::takesExtremes)
                .map(op -> dynamicContainer(
                        name(op),
                        dtypes(op).stream()
                                .filter(dtype -> included.test(op, dtype))
                                .map(dtype -> dynamicTest(dtype.toString(), () -> extremes(op, dtype)))));
    }

    private static boolean takesExtremes(Op op) {
        // what a gradient formula gives at infinity depends on how it is written
        return op instanceof Unary
                || op instanceof UnaryWith
                || op instanceof Cast
                || op instanceof Compare
                || op instanceof LinearProduct
                || op instanceof Convolution2dRelu
                || op instanceof MaxPooling2d
                || op instanceof Binary && !op.opName().endsWith("_grad");
    }

    private void extremes(Op op, DType dtype) {
        try (var ignored = Scope.open(op.opName())) {
            Operands make = new Operands(device, dtype, Layout.CONTIGUOUS, 0);
            if (op instanceof LinearProduct) {
                // NaN stays NaN, also in the activation that a library computes with the product
                Tensor rows = make.given(Shape.of(3, 2), Double.NaN, 1, -1, 2, -3, 1);
                Tensor weight = make.given(Shape.of(2, 2), 1, 2, -1, 1);
                compare(op, new Tensor[] {rows, weight, make.given(Shape.of(2), 0.5, -1)}, true);
                compare(op, new Tensor[] {rows, weight}, true);
                return;
            }
            if (op instanceof Convolution2dRelu relu) {
                convolutionWithNaN(relu, make);
                return;
            }
            if (op instanceof MaxPooling2d) {
                windowsWithNaN(op, make);
                return;
            }
            double[] values = extremes(dtype);
            Tensor x = make.given(Shape.of(values.length), values);
            boolean two = op instanceof Binary || op instanceof Compare;
            compare(op, two ? new Tensor[] {x.unsqueeze(1), x} : new Tensor[] {x}, true);
        }
    }

    /** NaN stays NaN in a ReLU that a library computes with the convolution: of an image, and of a channel's bias. */
    private void convolutionWithNaN(Convolution2dRelu op, Operands make) {
        long channels = 8L * op.conv().groups();
        Tensor images = wholeNumbers(make, Shape.of(2, channels, 9, 9));
        Tensor x = images.mul(make.given(Shape.of(2, 1, 1, 1), Double.NaN, 1));
        Tensor weight = wholeNumbers(make, Shape.of(channels, 8, 3, 3));
        double[] biases = new double[Math.toIntExact(channels)];
        biases[1] = Double.NaN;
        biases[2] = -3;
        Tensor bias = make.given(Shape.of(channels), biases);
        compare(op, new Tensor[] {x, weight}, true);
        compare(op, new Tensor[] {images, weight, bias}, true);
        compare(op, new Tensor[] {x, weight, bias}, true);
    }

    /** Of several NaN in a window the last one counts, of equal numbers the first; in planes of whole packs too. */
    private void windowsWithNaN(Op op, Operands make) {
        for (long width : new long[] {11, 16}) {
            Tensor x = wholeNumbers(make, Shape.of(2, 3, 10, width));
            double[] factors = new double[Math.toIntExact(x.shape().elements())];
            Arrays.setAll(factors, i -> i * i % 5 == 1 ? Double.NaN : 1);
            compare(op, new Tensor[] {x}, true);
            compare(op, new Tensor[] {x.mul(make.given(x.shape(), factors))}, true);
        }
    }

    /** From -2 to 2, whose sums of products are exact in every type. */
    private static Tensor wholeNumbers(Operands make, Shape shape) {
        return make.given(
                shape,
                LongStream.range(0, shape.elements())
                        .mapToDouble(i -> i * 7 % 5 - 2)
                        .toArray());
    }

    private static double[] extremes(DType dtype) {
        return switch (dtype) {
            case F32, F64, F16, BF16 ->
                new double[] {
                    0.0,
                    -0.0,
                    1e-38,
                    -1e-38,
                    1e-45,
                    88,
                    -88,
                    89.5,
                    -104,
                    1e30,
                    -1e30,
                    Double.POSITIVE_INFINITY,
                    Double.NEGATIVE_INFINITY,
                    Double.NaN,
                    3.4e38,
                    -3.4e38,
                    0.5,
                    -0.5,
                    1e-7,
                    20,
                    -20,
                    300.75,
                    1.5,
                    -2.5
                };
            case I8 -> new double[] {Byte.MIN_VALUE, Byte.MIN_VALUE + 1, -2, -1, 0, 1, 2, 7, 100, Byte.MAX_VALUE};
            case U8 -> new double[] {0, 1, 2, 7, 127, 128, 200, 255};
            case I32 ->
                new double[] {
                    Integer.MIN_VALUE, Integer.MIN_VALUE + 1, -70000, -2, -1, 0, 1, 2, 33, 70000, Integer.MAX_VALUE
                };
            case I64 ->
                new double[] {Long.MIN_VALUE, -0x1p53, -3e9, -2, -1, 0, 1, 2, 63, 64, 3e9, 0x1p53, Long.MAX_VALUE};
            case BOOL -> new double[] {0, 1};
        };
    }
}
