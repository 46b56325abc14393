package dev.lanewise.tensor;

import dev.lanewise.tensor.internal.Dispatch;
import dev.lanewise.tensor.internal.Einsum;
import dev.lanewise.tensor.internal.JavaArrays;
import dev.lanewise.tensor.internal.StridedTensor;
import dev.lanewise.tensor.internal.WholeNumbers;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.Source.Distribution;
import dev.lanewise.tensor.op.index.Cat;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.Backends;
import dev.lanewise.tensor.spi.Storage;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An n-dimensional array of one element type on one device.
 *
 * <p>Operations return new tensors; views ({@code reshape}, {@code permute}, {@code slice} …) share the memory of what
 * they view. Types and devices are never mixed silently: {@link #to(DType)} and {@link #to(Device)} convert. Shapes of
 * elementwise operations broadcast as in NumPy. Dimensions may be named from the end: -1 is the last.
 *
 * <pre>{@code
 * Tensor a = Tensor.of(new float[][] {{1, 2}, {3, 4}});
 * Tensor b = a.matmul(a).add(1).relu();
 * System.out.println(b); // tensor([[ 8., 11.],
 *                        //         [16., 23.]])
 * a.matmul(Tensor.zeros(3, 2)); // matmul: inner sizes differ: [2, 2] x [3, 2] (2 != 3); ...
 * }</pre>
 *
 * <p>Results belong to the thread's innermost {@link Scope}; see there. A tensor may be used by many threads as long as
 * none updates it.
 */
public sealed interface Tensor
        extends AccessMethods,
                ElementwiseMethods,
                FunctionMethods,
                ReductionMethods,
                StatisticsMethods,
                OrderMethods,
                ViewMethods,
                IndexingMethods,
                SelectionMethods,
                MatrixMethods,
                NeuralMethods,
                NormalizationMethods,
                ImageMethods,
                RandomMethods
        permits StridedTensor {

    /** Where the memory is. */
    Device device();

    /** The element type. */
    DType dtype();

    /** The sizes. */
    Shape shape();

    /** Type and shape. */
    TensorSpec spec();

    /** For each dimension the distance of neighbouring elements in the buffer, in elements. */
    long[] strides();

    /** The distance of neighbouring elements of one dimension, in elements. */
    long stride(int dim);

    /** Whether the elements are dense and in row-major order. */
    boolean isContiguous();

    // ---- creation

    /** A tensor of the operation's result. */
    static Tensor create(Source op, Device device) {
        return Dispatch.create(op, device);
    }

    /** A scalar of type {@link DType#F32}. */
    static Tensor scalar(double value) {
        return full(value, DType.F32, Device.CPU);
    }

    /** A vector of one element of type {@link DType#F32}. */
    static Tensor of(float value) {
        return of(new float[] {value});
    }

    /** A vector of type {@link DType#F32}. */
    static Tensor of(float... values) {
        return of(values, values.length);
    }

    /** A tensor of type {@link DType#F32} from its elements in row-major order. */
    static Tensor of(float[] values, long... sizes) {
        return copyOf(JavaArrays.dense(values, Shape.of(sizes)));
    }

    /** A vector of one element of type {@link DType#F64}. */
    static Tensor of(double value) {
        return of(new double[] {value});
    }

    /** A vector of type {@link DType#F64}. */
    static Tensor of(double... values) {
        return of(values, values.length);
    }

    /** A tensor of type {@link DType#F64} from its elements in row-major order. */
    static Tensor of(double[] values, long... sizes) {
        return copyOf(JavaArrays.dense(values, Shape.of(sizes)));
    }

    /** A vector of one element of type {@link DType#I32}. */
    static Tensor of(int value) {
        return of(new int[] {value});
    }

    /** A vector of type {@link DType#I32}. */
    static Tensor of(int... values) {
        return of(values, values.length);
    }

    /** A tensor of type {@link DType#I32} from its elements in row-major order. */
    static Tensor of(int[] values, long... sizes) {
        return copyOf(JavaArrays.dense(values, Shape.of(sizes)));
    }

    /** A vector of one element of type {@link DType#I64}. */
    static Tensor of(long value) {
        return of(new long[] {value});
    }

    /** A vector of type {@link DType#I64}. */
    static Tensor of(long... values) {
        return of(values, values.length);
    }

    /** A tensor of type {@link DType#I64} from its elements in row-major order. */
    static Tensor of(long[] values, long... sizes) {
        return copyOf(JavaArrays.dense(values, Shape.of(sizes)));
    }

    /** A vector of type {@link DType#I8}. */
    static Tensor of(byte... values) {
        return of(values, values.length);
    }

    /** A tensor of type {@link DType#I8} from its elements in row-major order. */
    static Tensor of(byte[] values, long... sizes) {
        return copyOf(JavaArrays.dense(values, Shape.of(sizes)));
    }

    /** A vector of one element of type {@link DType#BOOL}. */
    static Tensor of(boolean value) {
        return of(new boolean[] {value});
    }

    /** A vector of type {@link DType#BOOL}. */
    static Tensor of(boolean... values) {
        return of(values, values.length);
    }

    /** A tensor of type {@link DType#BOOL} from its elements in row-major order. */
    static Tensor of(boolean[] values, long... sizes) {
        return copyOf(JavaArrays.dense(values, Shape.of(sizes)));
    }

    /**
     * A copy of a rectangular Java array of any rank: {@code float} gives {@link DType#F32}, {@code double} F64,
     * {@code byte} I8, {@code int} I32, {@code long} I64, {@code boolean} BOOL.
     *
     * @throws TensorException for anything else, or rows of different lengths
     */
    static Tensor of(Object nestedArray) {
        return copyOf(JavaArrays.flatten(nestedArray));
    }

    /**
     * A copy of memory that holds elements in row-major order and native byte order. Of {@link DType#BOOL} a byte that is
     * not 0 is true.
     *
     * @throws TensorException if the segment's size is not the tensor's
     */
    static Tensor of(MemorySegment memory, DType dtype, long... sizes) {
        TensorSpec spec = new TensorSpec(dtype, Shape.of(sizes));
        if (memory.byteSize() != spec.bytes()) {
            throw new TensorException("of: a segment of " + memory.byteSize() + " bytes for " + spec + " (expected "
                    + spec.bytes() + "); check segment or shape");
        }
        return copyOf(new JavaArrays.Dense(spec, memory));
    }

    /** Zeros of type {@link DType#F32} on the CPU. */
    static Tensor zeros(long... sizes) {
        return zeros(DType.F32, sizes);
    }

    /** Zeros on the CPU. */
    static Tensor zeros(DType dtype, long... sizes) {
        return zeros(dtype, Device.CPU, sizes);
    }

    /** Zeros. */
    static Tensor zeros(DType dtype, Device device, long... sizes) {
        return full(0, dtype, device, sizes);
    }

    /** Ones of type {@link DType#F32} on the CPU. */
    static Tensor ones(long... sizes) {
        return ones(DType.F32, sizes);
    }

    /** Ones on the CPU. */
    static Tensor ones(DType dtype, long... sizes) {
        return ones(dtype, Device.CPU, sizes);
    }

    /** Ones. */
    static Tensor ones(DType dtype, Device device, long... sizes) {
        return full(1, dtype, device, sizes);
    }

    /**
     * Every element the same; a scalar without sizes. Of integers a fraction is cut towards 0.
     *
     * @throws TensorException if an integer type does not hold the value: it is NaN or outside the type's range
     */
    static Tensor full(Number value, DType dtype, Device device, long... sizes) {
        if (dtype.isInteger()) {
            checkHolds(value, dtype);
        }
        return create(new Source.Fill(value, new TensorSpec(dtype, Shape.of(sizes))), device);
    }

    private static void checkHolds(Number value, DType dtype) {
        if (value instanceof Double || value instanceof Float) {
            double v = value.doubleValue();
            WholeNumbers.element("full", dtype, v < 0 ? Math.ceil(v) : Math.floor(v));
        } else {
            WholeNumbers.element("full", dtype, value.longValue());
        }
    }

    /** Zeros of this tensor's type, shape and device. */
    default Tensor zerosLike() {
        return create(new Source.Fill(0, spec()), device());
    }

    /** Ones of this tensor's type, shape and device. */
    default Tensor onesLike() {
        return create(new Source.Fill(1, spec()), device());
    }

    /** The numbers 0 to n - 1, {@code [n]} of type {@link DType#I64} on the CPU. */
    static Tensor arange(long n) {
        return arange(n, DType.I64, Device.CPU);
    }

    /** The numbers 0 to n - 1, {@code [n]}. */
    static Tensor arange(long n, DType dtype, Device device) {
        return create(new Source.Range(0, 1, new TensorSpec(dtype, Shape.of(n))), device);
    }

    /** The numbers from start to below end in steps; {@code [ceil((end - start) / step)]}. */
    static Tensor arange(double start, double end, double step, DType dtype, Device device) {
        double n = Math.ceil((end - start) / step);
        if (step == 0 || !(n >= 0) || n >= Long.MAX_VALUE) {
            throw new TensorException("arange: from " + start + " to " + end + " in steps of " + step
                    + " (expected finite numbers and a step towards the end); change its sign?");
        }
        if (dtype.isInteger() && n > 0) {
            checkHolds(start, dtype);
            checkHolds(start + (n - 1) * step, dtype);
        }
        return create(new Source.Range(start, step, new TensorSpec(dtype, Shape.of((long) n))), device);
    }

    /**
     * The integers from start to below end in steps, exact also beyond 2<sup>53</sup>; {@code [ceil((end - start) / step)]}.
     *
     * @throws TensorException if the step doesn't lead to the end, or the type does not hold the numbers
     */
    static Tensor arange(long start, long end, long step, DType dtype, Device device) {
        if (dtype != DType.I64
                || WholeNumbers.isExact(start) && WholeNumbers.isExact(end) && WholeNumbers.isExact(step)) {
            return arange((double) start, (double) end, (double) step, dtype, device);
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
        return arange(n.longValue(), DType.I64, device).mul(step).add(start);
    }

    /** {@code n} equally spaced numbers from start to end inclusive, of type {@link DType#F32} on the CPU. */
    static Tensor linspace(double start, double end, long n) {
        double step = n > 1 ? (end - start) / (n - 1) : 0;
        return create(new Source.Range(start, step, new TensorSpec(DType.F32, Shape.of(n))), Device.CPU);
    }

    /** The identity matrix {@code [n, n]} of type {@link DType#F32} on the CPU. */
    static Tensor eye(long n) {
        return eye(n, DType.F32, Device.CPU);
    }

    /** The identity matrix {@code [n, n]}. */
    static Tensor eye(long n, DType dtype, Device device) {
        // a matrix that cannot be is refused before its index takes memory
        TensorSpec matrix = new TensorSpec(dtype, Shape.of(n, n));
        Tensor index = arange(matrix.shape().size(0), DType.I64, device);
        return index.unsqueeze(1).eq(index).to(dtype);
    }

    /** Uniform numbers on [0, 1) from the {@linkplain Rng#global global stream}, F32 on the CPU. */
    static Tensor rand(long... sizes) {
        return rand(DType.F32, sizes);
    }

    /** Uniform numbers on [0, 1) from the {@linkplain Rng#global global stream}, on the CPU. */
    static Tensor rand(DType dtype, long... sizes) {
        return rand(dtype, Device.CPU, sizes);
    }

    /** Uniform numbers on [0, 1) from the {@linkplain Rng#global global stream}. */
    static Tensor rand(DType dtype, Device device, long... sizes) {
        return Rng.global().draw(Distribution.UNIFORM, 0, 0, new TensorSpec(dtype, Shape.of(sizes)), device);
    }

    /** Standard normal numbers from the {@linkplain Rng#global global stream}, F32 on the CPU. */
    static Tensor randn(long... sizes) {
        return randn(DType.F32, sizes);
    }

    /** Standard normal numbers from the {@linkplain Rng#global global stream}, on the CPU. */
    static Tensor randn(DType dtype, long... sizes) {
        return randn(dtype, Device.CPU, sizes);
    }

    /** Standard normal numbers from the {@linkplain Rng#global global stream}. */
    static Tensor randn(DType dtype, Device device, long... sizes) {
        return Rng.global().draw(Distribution.NORMAL, 0, 0, new TensorSpec(dtype, Shape.of(sizes)), device);
    }

    /** Integers from low to below high from the {@linkplain Rng#global global stream}, I64 on the CPU. */
    static Tensor randint(long low, long high, long... sizes) {
        return Rng.global().randint(low, high, sizes);
    }

    /** The numbers 0 to n - 1 in random order from the {@linkplain Rng#global global stream}, I64 on the CPU. */
    static Tensor randperm(long n) {
        return Rng.global().randperm(n);
    }

    /** Standard normal numbers of this tensor's type, shape and device. */
    default Tensor randnLike(Rng rng) {
        return rng.draw(Distribution.NORMAL, 0, 0, spec(), device());
    }

    /** Uniform numbers on [0, 1) of this tensor's type, shape and device. */
    default Tensor randLike(Rng rng) {
        return rng.draw(Distribution.UNIFORM, 0, 0, spec(), device());
    }

    // ---- joining

    /** Tensors behind each other along a dimension. */
    static Tensor cat(int dim, Tensor... tensors) {
        if (tensors.length == 0) {
            throw new TensorException("cat: got no tensors (expected one or more); check the list");
        }
        return Tensor.apply(new Cat(tensors[0].shape().dim(dim, "cat")), tensors);
    }

    /** Tensors of one shape side by side along a new dimension. */
    static Tensor stack(int dim, Tensor... tensors) {
        return cat(dim, Arrays.stream(tensors).map(t -> t.unsqueeze(dim)).toArray(Tensor[]::new));
    }

    /**
     * The coordinates of a grid: for vectors of n, m, … elements as many tensors {@code [n, m, …]}, each constant along
     * all dimensions but its own ({@code ij} indexing).
     */
    static List<Tensor> meshgrid(Tensor... vectors) {
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

    /**
     * A sum of products by Einstein's convention: each operand's dimensions are named by a letter, equal letters run
     * together, and those that the result does not name are summed over.
     *
     * <pre>{@code
     * Tensor.einsum("bij,bjk->bik", a, b); // a batch of matrix products
     * Tensor.einsum("ii->i", a);           // the diagonal
     * }</pre>
     *
     * @param equation one or two operands; {@code ...} stands for any further dimensions, which broadcast; without
     *     {@code ->} the result names the letters that occur once, in alphabetical order
     * @throws TensorException if the equation and the operands don't fit
     */
    static Tensor einsum(String equation, Tensor... operands) {
        return Einsum.run(equation, operands);
    }

    // ---- running operations

    /** Runs an operation with one operand, this, and one result. */
    default Tensor apply(Op op) {
        return Dispatch.run(op, this);
    }

    /** Runs an operation with one result. */
    static Tensor apply(Op op, Tensor... operands) {
        return Dispatch.run(op, operands);
    }

    /** Runs an operation. */
    static Tensor[] applyAll(Op op, Tensor... operands) {
        return Dispatch.runAll(op, operands);
    }

    private static Tensor copyOf(JavaArrays.Dense dense) {
        Backend backend = Backends.of(Device.CPU);
        Tensor tensor = Dispatch.empty(dense.spec(), backend);
        if (!tensor.shape().isEmpty()) {
            backend.copyIn(JavaArrays.truth(dense), Storage.buffer(tensor), 0);
        }
        return tensor;
    }
}
