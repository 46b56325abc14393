package dev.lanewise.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.StridedTensor;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.spi.HostBuffer;
import dev.lanewise.tensor.spi.HostMemory;
import dev.lanewise.tensor.spi.Storage;
import dev.lanewise.testkit.Elements;
import dev.lanewise.testkit.ReferenceBackend;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;

/** Compares a kernel with the scalar oracle, or a fused one with its decomposition in double precision. */
public final class OpCheck {
    private static final ReferenceBackend REFERENCE = new ReferenceBackend();

    private OpCheck() {}

    /** How the elements of an operand lie in memory. */
    public enum Layout {
        /** In row-major order. */
        DENSE,
        /** With the dimensions in reverse order. */
        TRANSPOSED,
        /** Every second element of the last dimension, behind an offset. */
        STRIDED,
        /** The last dimension repeated with stride 0. */
        REPEATED
    }

    /** A tensor with undefined elements. */
    public static Tensor empty(TensorSpec spec, Layout layout) {
        Shape shape = spec.shape();
        int rank = shape.rank();
        long[] strides = shape.rowMajorStrides();
        long elements = shape.elements();
        long offset = 0;
        switch (layout) {
            case DENSE -> {}
            case TRANSPOSED -> {
                long stride = 1;
                for (int d = 0; d < rank; d++) {
                    strides[d] = stride;
                    stride *= Math.max(1, shape.size(d));
                }
            }
            case STRIDED -> {
                offset = 3;
                elements = 2 * elements + offset;
                strides = Arrays.stream(strides).map(s -> 2 * s).toArray();
            }
            case REPEATED -> {
                if (rank > 0) {
                    strides[rank - 1] = 0;
                }
            }
        }
        HostBuffer buffer = HostMemory.allocate(elements * spec.dtype().bytes());
        buffer.retain();
        return new StridedTensor(buffer, spec, strides, offset, null);
    }

    /** Random elements: normal numbers, small integers, or truth values. */
    public static Tensor random(Random random, DType dtype, Layout layout, long... sizes) {
        Tensor tensor = empty(new TensorSpec(dtype, Shape.of(sizes)), layout);
        Elements elements = Elements.of(tensor);
        for (long i = 0; i < elements.count(); i++) {
            if (dtype.isFloating()) {
                elements.set(random.nextGaussian(), elements.index(i));
            } else {
                elements.set((long) random.nextInt(dtype == DType.BOOL ? 2 : 7), elements.index(i));
            }
        }
        return tensor;
    }

    /** Random positions below a bound. */
    public static Tensor positions(Random random, Layout layout, long bound, long... sizes) {
        Tensor tensor = empty(new TensorSpec(DType.I64, Shape.of(sizes)), layout);
        Elements elements = Elements.of(tensor);
        for (long i = 0; i < elements.count(); i++) {
            elements.set(random.nextLong(bound), elements.index(i));
        }
        return tensor;
    }

    /** A dense F32 tensor of the given numbers. */
    public static Tensor tensor(Shape shape, double... values) {
        return tensor(DType.F32, shape, values);
    }

    /** A dense tensor of the given numbers. */
    public static Tensor tensor(DType dtype, Shape shape, double... values) {
        Tensor tensor = empty(new TensorSpec(dtype, shape), Layout.DENSE);
        Elements elements = Elements.of(tensor);
        for (int i = 0; i < values.length; i++) {
            elements.set(values[i], elements.index(i));
        }
        return tensor;
    }

    /** New dense tensors for an operation's results, each byte set so that forgotten elements show. */
    public static Tensor[] results(Op op, Tensor... inputs) {
        TensorSpec[] specs = op.infer(Arrays.stream(inputs).map(Tensor::spec).toArray(TensorSpec[]::new));
        return Arrays.stream(specs)
                .map(spec -> {
                    Tensor result = empty(spec, Layout.DENSE);
                    memory(result).fill((byte) 0x7F);
                    return result;
                })
                .toArray(Tensor[]::new);
    }

    /** The memory of a tensor. */
    public static MemorySegment memory(Tensor tensor) {
        return ((HostBuffer) Storage.buffer(tensor)).segment();
    }

    /** Runs a kernel with one thread, two and five, and checks that they give the same bits. */
    public static Tensor[] run(Op op, BiConsumer<Tensor[], Tensor[]> kernel, Tensor... inputs) {
        int threads = Workers.threads();
        try {
            List<Tensor[]> runs = IntStream.of(1, 2, 5)
                    .mapToObj(count -> {
                        Workers.setThreads(count);
                        Tensor[] outputs = results(op, inputs);
                        kernel.accept(inputs, outputs);
                        return outputs;
                    })
                    .toList();
            for (Tensor[] other : runs.subList(1, 3)) {
                for (int i = 0; i < other.length; i++) {
                    assertThat(memory(runs.get(0)[i]).mismatch(memory(other[i])))
                            .as("%s: result %d for several threads", op, i)
                            .isEqualTo(-1);
                }
            }
            return runs.get(0);
        } finally {
            Workers.setThreads(threads);
        }
    }

    /** Checks a kernel against the oracle; the tolerance is relative to the largest result or 1. */
    public static void check(Op op, BiConsumer<Tensor[], Tensor[]> kernel, double tolerance, Tensor... inputs) {
        Tensor[] actual = run(op, kernel, inputs);
        Tensor[] expected = expected(op, inputs);
        for (int i = 0; i < actual.length; i++) {
            close(op + " of " + describe(inputs) + ": result " + i, actual[i], expected[i], tolerance);
        }
    }

    private static String describe(Tensor... inputs) {
        return Arrays.stream(inputs)
                .map(t -> t.spec() + " strides " + Arrays.toString(t.strides()))
                .toList()
                .toString();
    }

    private static Tensor[] expected(Op op, Tensor... inputs) {
        if (op instanceof Op.Fused fused) {
            return fused.decompose(Arrays.stream(inputs)
                    .map(t -> t.dtype() == DType.F32 ? widened(t) : t)
                    .toArray(Tensor[]::new));
        }
        Tensor[] outputs = results(op, inputs);
        REFERENCE.execute(op, inputs, outputs);
        return outputs;
    }

    private static Tensor widened(Tensor tensor) {
        Tensor wide = empty(tensor.spec().with(DType.F64), Layout.DENSE);
        Elements from = Elements.of(tensor);
        Elements to = Elements.of(wide);
        for (long i = 0; i < from.count(); i++) {
            to.set(from.real(from.index(i)), to.index(i));
        }
        return wide;
    }

    /** Checks that elements agree; NaN only with NaN, infinities only with themselves. */
    public static void close(String what, Tensor actual, Tensor expected, double tolerance) {
        Elements a = Elements.of(actual);
        Elements e = Elements.of(expected);
        assertThat(actual.shape()).as(what).isEqualTo(expected.shape());
        boolean floating = actual.dtype().isFloating();
        for (long i = 0; i < a.count(); i++) {
            long[] at = a.index(i);
            long[] other = e.index(i);
            boolean agree = floating ? agree(a.real(at), e.real(other), tolerance) : a.integer(at) == e.integer(other);
            // an assertion for every element would take longer than the kernels
            if (!agree) {
                String found = floating
                        ? a.real(at) + ", expected " + e.real(other)
                        : a.integer(at) + ", expected " + e.integer(other);
                fail("%s, element %d: %s".formatted(what, i, found));
            }
        }
    }

    private static boolean agree(double x, double y, double tolerance) {
        return x == y || Double.isNaN(x) && Double.isNaN(y) || Math.abs(x - y) <= tolerance * Math.max(1, Math.abs(y));
    }
}
