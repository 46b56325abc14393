package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.Backends;
import dev.lanewise.tensor.spi.Storage;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** How tensors are made of numbers, ranges and memory; documented at {@link Tensor}. */
public final class Creation {
    private Creation() {}

    /** A tensor of a number. */
    public static Tensor full(Number value, Device device, TensorSpec spec) {
        Number element = WholeNumbers.primitive("full", spec.dtype(), value);
        if (spec.dtype().isInteger()) {
            checkHolds("full", element, spec.dtype());
        }
        return Tensor.create(new Source.Fill(element, spec), device);
    }

    private static void checkHolds(String op, Number value, DType dtype) {
        if (value instanceof Double || value instanceof Float) {
            double v = value.doubleValue();
            WholeNumbers.element(op, dtype, v < 0 ? Math.ceil(v) : Math.floor(v));
        } else {
            WholeNumbers.element(op, dtype, value.longValue());
        }
    }

    /** Numbers from 0 to n - 1. */
    public static Tensor range(long n, DType dtype, Device device) {
        Source.Range range = new Source.Range(0, 1, new TensorSpec(dtype, Shape.of(n)));
        if (dtype.isInteger() && n > 0) {
            checkHolds("arange", n - 1, dtype);
        }
        return Tensor.create(range, device);
    }

    /** Numbers from start to below end. */
    public static Tensor range(double start, double end, double step, DType dtype, Device device) {
        double n = Math.ceil((end - start) / step);
        if (step == 0 || !(n >= 0) || n >= Long.MAX_VALUE) {
            throw new TensorException("arange: from " + start + " to " + end + " in steps of " + step
                    + " (expected finite numbers and a step towards the end); change its sign?");
        }
        if (dtype.isInteger() && n > 0) {
            checkHolds("arange", start, dtype);
            checkHolds("arange", start + (n - 1) * step, dtype);
        }
        return Tensor.create(new Source.Range(start, step, new TensorSpec(dtype, Shape.of((long) n))), device);
    }

    /** Integers from start to below end. */
    public static Tensor range(long start, long end, long step, DType dtype, Device device) {
        if (dtype != DType.I64
                || WholeNumbers.isExact(start) && WholeNumbers.isExact(end) && WholeNumbers.isExact(step)) {
            return range((double) start, (double) end, (double) step, dtype, device);
        }
        BigInteger length = BigInteger.valueOf(end).subtract(BigInteger.valueOf(start));
        BigInteger[] steps = step == 0 ? new BigInteger[2] : length.divideAndRemainder(BigInteger.valueOf(step));
        if (step == 0 || steps[0].signum() < 0 || length.signum() * Long.signum(step) < 0) {
            throw new TensorException("arange: from " + start + " to " + end + " in steps of " + step
                    + " (expected a step towards the end); change its sign?");
        }
        BigInteger n = steps[1].signum() == 0 ? steps[0] : steps[0].add(BigInteger.ONE);
        if (n.bitLength() > 63) {
            throw new TensorException("arange: " + n + " numbers (expected fewer than 2^63); take larger steps");
        }
        return Tensor.arange(n.longValue(), DType.I64, device).mul(step).add(start);
    }

    /** The identity matrix. */
    public static Tensor identity(long n, DType dtype, Device device) {
        // a matrix that is too large is refused before its index takes memory
        TensorSpec matrix = new TensorSpec(dtype, Shape.of(n, n));
        Tensor index = Tensor.arange(matrix.shape().size(0), DType.I64, device);
        return index.unsqueeze(1).eq(index).to(dtype);
    }

    /** The coordinates of a grid. */
    public static List<Tensor> grid(Tensor... vectors) {
        Shape grid = Shape.of(
                Arrays.stream(vectors).mapToLong(v -> v.shape().elements()).toArray());
        List<Tensor> coordinates = new ArrayList<>();
        for (int d = 0; d < vectors.length; d++) {
            long[] own = new long[vectors.length];
            Arrays.fill(own, 1);
            own[d] = grid.size(d);
            coordinates.add(vectors[d].reshape(own).expand(grid));
        }
        return coordinates;
    }

    /** A copy of memory of the tensor's size. */
    public static Tensor copyOf(MemorySegment memory, TensorSpec spec) {
        if (memory.byteSize() != spec.bytes()) {
            throw new TensorException("of: a segment of " + memory.byteSize() + " bytes for " + spec + " (expected "
                    + spec.bytes() + "); check segment or shape");
        }
        return copyOf(new JavaArrays.Dense(spec, memory));
    }

    /** A copy of dense elements. */
    public static Tensor copyOf(JavaArrays.Dense dense) {
        Backend backend = Backends.of(Device.CPU);
        Tensor tensor = Dispatch.empty(dense.spec(), backend);
        if (!tensor.shape().isEmpty()) {
            backend.copyIn(JavaArrays.truth(dense), Storage.buffer(tensor), 0);
        }
        return tensor;
    }
}
