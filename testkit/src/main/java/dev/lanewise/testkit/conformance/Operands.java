package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.testkit.Elements;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Makes the operands of one sample: random values of one type on one device in one layout. The same seed gives the same
 * values.
 */
final class Operands {
    private final Device device;
    private final DType dtype;
    private final Layout layout;
    private final RandomGenerator random;

    Operands(Device device, DType dtype, Layout layout, long seed) {
        this.device = device;
        this.dtype = dtype;
        this.layout = layout;
        this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    DType dtype() {
        return dtype;
    }

    Device device() {
        return device;
    }

    /** Values of the sample's type: real ones from -3 to 3, whole ones from -9 to 9 (unsigned: 0 to 9). */
    Tensor any(long... sizes) {
        return any(dtype, sizes);
    }

    /** Values of a given type. */
    Tensor any(DType type, long... sizes) {
        return layout.make(Shape.of(sizes), shape -> dense(type, shape, () -> value(type)));
    }

    /** Values from -0.5 to 0.5, as weights have. */
    Tensor small(long... sizes) {
        return layout.make(Shape.of(sizes), shape -> dense(dtype, shape, () -> random.nextDouble() - 0.5));
    }

    /** Values from 0.5 to 2. */
    Tensor positive(long... sizes) {
        return layout.make(Shape.of(sizes), shape -> dense(dtype, shape, () -> 0.5 + 1.5 * random.nextDouble()));
    }

    /** Positions below a bound, I64. */
    Tensor index(long bound, long... sizes) {
        return layout.make(Shape.of(sizes), shape -> dense(DType.I64, shape, () -> random.nextLong(bound)));
    }

    /** Given values, dense whatever the layout, rounded to the sample's type. */
    Tensor given(Shape shape, double... values) {
        int[] next = {0};
        return dense(dtype, shape, () -> values[next[0]++]);
    }

    /** Matrices {@code [..., m, n]} with a large diagonal: of full rank, well conditioned. */
    Tensor regular(long... sizes) {
        return withDiagonal(any(sizes));
    }

    /** Symmetric positive definite matrices {@code [..., n, n]}. */
    Tensor positiveDefinite(long... sizes) {
        Tensor a = any(sizes);
        return withDiagonal(a.matmul(a.transpose()));
    }

    private static Tensor withDiagonal(Tensor a) {
        long m = a.shape().size(-2);
        long n = a.shape().size(-1);
        Tensor identity = Tensor.eye(Math.max(m, n), a.dtype(), a.device());
        return a.add(identity.narrow(0, 0, m).narrow(1, 0, n).mul(4.0 * n));
    }

    RandomGenerator random() {
        return random;
    }

    private double value(DType type) {
        return switch (type) {
            case F32, F64, F16, BF16 -> 6 * random.nextDouble() - 3;
            case I8, I32, I64 -> random.nextInt(-9, 10);
            case U8 -> random.nextInt(10);
            case BOOL -> random.nextInt(2);
        };
    }

    private Tensor dense(DType type, Shape shape, DoubleSupplier values) {
        Tensor host = Tensor.full(0, type, Device.CPU, shape.toArray());
        // in a row, whose coordinates need no division
        Elements row = Elements.of(host.flatten());
        for (long i = 0; i < row.count(); i++) {
            row.set(values.getAsDouble(), i);
        }
        return host.to(device);
    }

    /** Makes the operands of a sample. */
    interface Recipe extends Function<Operands, Tensor[]> {}
}
