package dev.lanewise.tensor;

import dev.lanewise.tensor.internal.Creation;
import dev.lanewise.tensor.internal.Dispatch;
import dev.lanewise.tensor.internal.Einsum;
import dev.lanewise.tensor.internal.JavaArrays;
import dev.lanewise.tensor.internal.StridedTensor;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.Source.Distribution;
import dev.lanewise.tensor.op.index.Cat;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

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
                ComparisonMethods,
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
                ConvolutionMethods,
                PoolingMethods,
                ImageMethods,
                RandomMethods
        permits StridedTensor {

    /** {@return the device that the memory is on, where operations run} */
    Device device();

    /** {@return the type that all elements have} */
    DType dtype();

    /** {@return the size of every dimension, outermost first; none for a scalar} */
    Shape shape();

    /** {@return element type and shape together, as messages show them: {@code F32[2, 3]}} */
    TensorSpec spec();

    /**
     * For each dimension the distance of neighbouring elements in the buffer, in elements.
     *
     * @return the strides, in a new array
     */
    long[] strides();

    /**
     * {@return the distance of neighbouring elements of one dimension, in elements}
     *
     * @param dim the dimension; negative numbers count from the end
     */
    long stride(int dim);

    /** {@return whether the elements are dense and in row-major order} */
    boolean isContiguous();

    // ---- creation

    /**
     * Makes a tensor whose elements an operation without operands gives.
     *
     * @param op what the elements are
     * @param device where the tensor is made
     * @return the new tensor
     * @throws TensorException if there is no backend for the device
     */
    static Tensor create(Source op, Device device) {
        return Dispatch.create(op, device);
    }

    /**
     * {@return a tensor without dimensions that holds one number, of type {@link DType#F32} on the CPU}
     *
     * @param value the element, rounded to F32
     */
    static Tensor scalar(double value) {
        return full(value, DType.F32, Device.CPU);
    }

    /**
     * {@return a vector of one element of type {@link DType#F32}}
     *
     * @param value the element
     */
    static Tensor of(float value) {
        return of(new float[] {value});
    }

    /**
     * {@return a vector {@code [n]} of type {@link DType#F32} on the CPU that holds a copy of the n numbers}
     *
     * @param values the elements
     */
    static Tensor of(float... values) {
        return of(values, values.length);
    }

    /**
     * {@return a tensor of type {@link DType#F32} from its elements in row-major order}
     *
     * @param values the elements in row-major order
     * @param sizes the shape; none for a scalar
     * @throws TensorException if the sizes do not have as many elements
     */
    static Tensor of(float[] values, long... sizes) {
        return Creation.copyOf(JavaArrays.dense(values, Shape.of(sizes)));
    }

    /**
     * {@return a vector of one element of type {@link DType#F64}}
     *
     * @param value the element
     */
    static Tensor of(double value) {
        return of(new double[] {value});
    }

    /**
     * {@return a vector {@code [n]} of type {@link DType#F64} on the CPU that holds a copy of the n numbers}
     *
     * @param values the elements
     */
    static Tensor of(double... values) {
        return of(values, values.length);
    }

    /**
     * {@return a tensor of type {@link DType#F64} from its elements in row-major order}
     *
     * @param values the elements in row-major order
     * @param sizes the shape; none for a scalar
     * @throws TensorException if the sizes do not have as many elements
     */
    static Tensor of(double[] values, long... sizes) {
        return Creation.copyOf(JavaArrays.dense(values, Shape.of(sizes)));
    }

    /**
     * {@return a vector of one element of type {@link DType#I8}}
     *
     * @param value the element
     */
    static Tensor of(byte value) {
        return of(new byte[] {value});
    }

    /**
     * {@return a vector of one element of type {@link DType#I32}}
     *
     * @param value the element
     */
    static Tensor of(int value) {
        return of(new int[] {value});
    }

    /**
     * {@return a vector {@code [n]} of type {@link DType#I32} on the CPU that holds a copy of the n numbers}
     *
     * @param values the elements
     */
    static Tensor of(int... values) {
        return of(values, values.length);
    }

    /**
     * {@return a tensor of type {@link DType#I32} from its elements in row-major order}
     *
     * @param values the elements in row-major order
     * @param sizes the shape; none for a scalar
     * @throws TensorException if the sizes do not have as many elements
     */
    static Tensor of(int[] values, long... sizes) {
        return Creation.copyOf(JavaArrays.dense(values, Shape.of(sizes)));
    }

    /**
     * {@return a vector of one element of type {@link DType#I64}}
     *
     * @param value the element
     */
    static Tensor of(long value) {
        return of(new long[] {value});
    }

    /**
     * {@return a vector {@code [n]} of type {@link DType#I64} on the CPU that holds a copy of the n numbers}
     *
     * @param values the elements
     */
    static Tensor of(long... values) {
        return of(values, values.length);
    }

    /**
     * {@return a tensor of type {@link DType#I64} from its elements in row-major order}
     *
     * @param values the elements in row-major order
     * @param sizes the shape; none for a scalar
     * @throws TensorException if the sizes do not have as many elements
     */
    static Tensor of(long[] values, long... sizes) {
        return Creation.copyOf(JavaArrays.dense(values, Shape.of(sizes)));
    }

    /**
     * {@return a vector {@code [n]} of type {@link DType#I8} on the CPU that holds a copy of the n numbers}
     *
     * @param values the elements
     */
    static Tensor of(byte... values) {
        return of(values, values.length);
    }

    /**
     * {@return a tensor of type {@link DType#I8} from its elements in row-major order}
     *
     * @param values the elements in row-major order
     * @param sizes the shape; none for a scalar
     * @throws TensorException if the sizes do not have as many elements
     */
    static Tensor of(byte[] values, long... sizes) {
        return Creation.copyOf(JavaArrays.dense(values, Shape.of(sizes)));
    }

    /**
     * {@return a vector of one element of type {@link DType#BOOL}}
     *
     * @param value the element
     */
    static Tensor of(boolean value) {
        return of(new boolean[] {value});
    }

    /**
     * {@return a vector {@code [n]} of type {@link DType#BOOL} on the CPU that holds a copy of the n truth values}
     *
     * @param values the elements
     */
    static Tensor of(boolean... values) {
        return of(values, values.length);
    }

    /**
     * {@return a tensor of type {@link DType#BOOL} from its elements in row-major order}
     *
     * @param values the elements in row-major order
     * @param sizes the shape; none for a scalar
     * @throws TensorException if the sizes do not have as many elements
     */
    static Tensor of(boolean[] values, long... sizes) {
        return Creation.copyOf(JavaArrays.dense(values, Shape.of(sizes)));
    }

    /**
     * {@return a copy of a rectangular Java array of any rank: {@code float} gives {@link DType#F32}, {@code double} F64,
     * {@code byte} I8, {@code int} I32, {@code long} I64, {@code boolean} BOOL}
     *
     * @param nestedArray an array of a primitive type, or of arrays of one length, to any depth
     * @throws TensorException for anything else, or rows of different lengths
     */
    static Tensor of(Object nestedArray) {
        Objects.requireNonNull(nestedArray, "nestedArray");
        return Creation.copyOf(JavaArrays.flatten(nestedArray));
    }

    /**
     * {@return a copy of memory that holds elements in row-major order and native byte order} Of {@link DType#BOOL} a byte
     * that is not 0 is true. The memory is read before the method returns; it may be freed then.
     *
     * @param memory the elements, of the size that type and shape have, on or off the heap; its address need not be
     *     aligned
     * @param dtype the element type
     * @param sizes the shape; none for a scalar
     * @throws TensorException if the segment's size is not the tensor's
     * @throws IllegalStateException if the segment's arena has been closed
     * @throws WrongThreadException if another thread's confined arena owns it
     */
    static Tensor of(MemorySegment memory, DType dtype, long... sizes) {
        return Creation.copyOf(memory, new TensorSpec(dtype, Shape.of(sizes)));
    }

    /**
     * {@return a tensor of the given shape whose elements are 0, of type {@link DType#F32} on the CPU}
     *
     * @param sizes the shape; none for a scalar
     * @throws TensorException if a size is negative
     */
    static Tensor zeros(long... sizes) {
        return zeros(DType.F32, sizes);
    }

    /**
     * {@return a tensor of zeros on the CPU}
     *
     * @param dtype the element type
     * @param sizes the shape; none for a scalar
     * @throws TensorException if a size is negative
     */
    static Tensor zeros(DType dtype, long... sizes) {
        return zeros(dtype, Device.CPU, sizes);
    }

    /**
     * {@return a tensor of the given shape, type and device whose elements are all 0}
     *
     * @param dtype the element type
     * @param device where the tensor is made
     * @param sizes the shape; none for a scalar
     * @throws TensorException if a size is negative, or there is no such device
     */
    static Tensor zeros(DType dtype, Device device, long... sizes) {
        return full(0, dtype, device, sizes);
    }

    /**
     * {@return a tensor of the given shape whose elements are 1, of type {@link DType#F32} on the CPU}
     *
     * @param sizes the shape; none for a scalar
     * @throws TensorException if a size is negative
     */
    static Tensor ones(long... sizes) {
        return ones(DType.F32, sizes);
    }

    /**
     * {@return a tensor of ones on the CPU}
     *
     * @param dtype the element type
     * @param sizes the shape; none for a scalar
     * @throws TensorException if a size is negative
     */
    static Tensor ones(DType dtype, long... sizes) {
        return ones(dtype, Device.CPU, sizes);
    }

    /**
     * {@return a tensor of the given shape, type and device whose elements are all 1}
     *
     * @param dtype the element type
     * @param device where the tensor is made
     * @param sizes the shape; none for a scalar
     * @throws TensorException if a size is negative, or there is no such device
     */
    static Tensor ones(DType dtype, Device device, long... sizes) {
        return full(1, dtype, device, sizes);
    }

    /**
     * {@return a tensor whose elements are all one number} For integer types a fraction is cut towards 0.
     *
     * @param value the element
     * @param dtype the element type
     * @param device where the tensor is made
     * @param sizes the shape; none for a scalar
     * @throws TensorException if an integer type does not hold the value: it is NaN or outside the type's range
     */
    static Tensor full(Number value, DType dtype, Device device, long... sizes) {
        return Creation.full(value, device, new TensorSpec(dtype, Shape.of(sizes)));
    }

    /** {@return zeros of this tensor's type, shape and device} */
    default Tensor zerosLike() {
        return create(new Source.Fill(0, spec()), device());
    }

    /** {@return ones of this tensor's type, shape and device} */
    default Tensor onesLike() {
        return create(new Source.Fill(1, spec()), device());
    }

    /**
     * {@return the numbers 0 to n - 1, {@code [n]} of type {@link DType#I64} on the CPU}
     *
     * @param n how many numbers
     * @throws TensorException if the step does not lead to the end, or an integer type does not hold the numbers
     */
    static Tensor arange(long n) {
        return arange(n, DType.I64, Device.CPU);
    }

    /**
     * {@return the numbers 0 to n - 1, {@code [n]}}
     *
     * @param n how many numbers
     * @param dtype the element type
     * @param device where the tensor is made
     * @throws TensorException if n is negative, or an integer type does not hold n - 1
     */
    static Tensor arange(long n, DType dtype, Device device) {
        return Creation.range(n, dtype, device);
    }

    /**
     * {@return the numbers from start to below end in steps; {@code [ceil((end - start) / step)]}}
     *
     * @param start the first number
     * @param end the number before which to stop
     * @param step the distance of two numbers; negative to count down
     * @param dtype the element type
     * @param device where the tensor is made
     * @throws TensorException if the step does not lead to the end, or an integer type does not hold the numbers
     */
    static Tensor arange(double start, double end, double step, DType dtype, Device device) {
        return Creation.range(start, end, step, dtype, device);
    }

    /**
     * {@return the integers from start to below end in steps, exact even beyond 2<sup>53</sup>; {@code [ceil((end -
     * start)
     * / step)]}}
     *
     * @param start the first number
     * @param end the number before which to stop
     * @param step the distance of two numbers; negative to count down
     * @param dtype the element type
     * @param device where the tensor is made
     * @throws TensorException if the step doesn't lead to the end, or the type does not hold the numbers
     */
    static Tensor arange(long start, long end, long step, DType dtype, Device device) {
        return Creation.range(start, end, step, dtype, device);
    }

    /**
     * {@return {@code n} equally spaced numbers from start to end inclusive, of type {@link DType#F32} on the CPU}
     *
     * @param start the first number
     * @param end the last number
     * @param n how many numbers
     * @throws TensorException if n is negative
     */
    static Tensor linspace(double start, double end, long n) {
        double step = n > 1 ? (end - start) / (n - 1) : 0;
        return create(new Source.Range(start, step, new TensorSpec(DType.F32, Shape.of(n))), Device.CPU);
    }

    /**
     * {@return the identity matrix {@code [n, n]} of type {@link DType#F32} on the CPU}
     *
     * @param n the number of rows and of columns
     * @throws TensorException if n is negative, or there is no such device
     */
    static Tensor eye(long n) {
        return eye(n, DType.F32, Device.CPU);
    }

    /**
     * {@return the identity matrix {@code [n, n]}: ones on the diagonal, zeros elsewhere}
     *
     * @param n the number of rows and of columns
     * @param dtype the element type
     * @param device where the tensor is made
     * @throws TensorException if n is negative, or there is no such device
     */
    static Tensor eye(long n, DType dtype, Device device) {
        return Creation.identity(n, dtype, device);
    }

    /**
     * {@return uniform numbers on [0, 1) from the {@linkplain Rng#global global stream}, F32 on the CPU}
     *
     * @param sizes the shape; none for a scalar
     * @throws TensorException if a size is negative
     */
    static Tensor rand(long... sizes) {
        return rand(DType.F32, sizes);
    }

    /**
     * {@return uniform numbers on [0, 1) from the {@linkplain Rng#global global stream}, on the CPU}
     *
     * @param dtype the element type
     * @param sizes the shape; none for a scalar
     * @throws TensorException if a size is negative, or the type is not floating-point
     */
    static Tensor rand(DType dtype, long... sizes) {
        return rand(dtype, Device.CPU, sizes);
    }

    /**
     * {@return uniform numbers on [0, 1) from the {@linkplain Rng#global global stream}}
     *
     * @param dtype the element type
     * @param device where the tensor is made
     * @param sizes the shape; none for a scalar
     * @throws TensorException if a size is negative, there is no such device, or the type is not floating-point
     */
    static Tensor rand(DType dtype, Device device, long... sizes) {
        return Rng.global().draw(Distribution.UNIFORM, 0, 0, new TensorSpec(dtype, Shape.of(sizes)), device);
    }

    /**
     * {@return standard normal numbers from the {@linkplain Rng#global global stream}, F32 on the CPU}
     *
     * @param sizes the shape; none for a scalar
     * @throws TensorException if a size is negative
     */
    static Tensor randn(long... sizes) {
        return randn(DType.F32, sizes);
    }

    /**
     * {@return standard normal numbers from the {@linkplain Rng#global global stream}, on the CPU}
     *
     * @param dtype the element type
     * @param sizes the shape; none for a scalar
     * @throws TensorException if a size is negative, or the type is not floating-point
     */
    static Tensor randn(DType dtype, long... sizes) {
        return randn(dtype, Device.CPU, sizes);
    }

    /**
     * {@return standard normal numbers from the {@linkplain Rng#global global stream}}
     *
     * @param dtype the element type
     * @param device where the tensor is made
     * @param sizes the shape; none for a scalar
     * @throws TensorException if a size is negative, there is no such device, or the type is not floating-point
     */
    static Tensor randn(DType dtype, Device device, long... sizes) {
        return Rng.global().draw(Distribution.NORMAL, 0, 0, new TensorSpec(dtype, Shape.of(sizes)), device);
    }

    /**
     * {@return integers from low to below high from the {@linkplain Rng#global global stream}, I64 on the CPU}
     *
     * @param low the least number that can occur
     * @param high one more than the greatest number that can occur
     * @param sizes the shape; none for a scalar
     * @throws TensorException if the range is empty, or a size is negative
     */
    static Tensor randint(long low, long high, long... sizes) {
        return Rng.global().randint(low, high, sizes);
    }

    /**
     * {@return the numbers 0 to n - 1 in random order from the {@linkplain Rng#global global stream}, I64 on the CPU}
     *
     * @param n how many numbers
     * @throws TensorException if n is negative
     */
    static Tensor randperm(long n) {
        return Rng.global().randperm(n);
    }

    /**
     * {@return standard normal numbers of this tensor's type, shape and device, from the {@linkplain Rng#global global
     * stream}}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor randnLike() {
        return randnLike(Rng.global());
    }

    /**
     * {@return uniform numbers on [0, 1) of this tensor's type, shape and device, from the {@linkplain Rng#global global
     * stream}}
     *
     * @throws TensorException if the type is not floating-point
     */
    default Tensor randLike() {
        return randLike(Rng.global());
    }

    /**
     * {@return standard normal numbers of this tensor's type, shape and device}
     *
     * @param rng the source of random numbers
     */
    default Tensor randnLike(Rng rng) {
        return rng.draw(Distribution.NORMAL, 0, 0, spec(), device());
    }

    /**
     * {@return uniform numbers on [0, 1) of this tensor's type, shape and device}
     *
     * @param rng the source of random numbers
     */
    default Tensor randLike(Rng rng) {
        return rng.draw(Distribution.UNIFORM, 0, 0, spec(), device());
    }

    // ---- joining

    /**
     * {@return the tensors joined along a dimension, one after the other}
     *
     * @param dim the dimension along which they are joined; negative numbers count from the end
     * @param tensors one or more, of one type and equal in all other dimensions
     * @throws TensorException if there is no tensor or dimension, or types, devices or other sizes differ
     */
    static Tensor cat(int dim, Tensor... tensors) {
        if (tensors.length == 0) {
            throw new TensorException("cat: got no tensors (expected one or more); check the list");
        }
        return Tensor.apply(new Cat(tensors[0].shape().dim(dim, "cat")), tensors);
    }

    /**
     * {@return the tensors side by side along a new dimension, whose size is their number}
     *
     * @param dim the place of the new dimension in the result
     * @param tensors one or more, of one type and shape
     * @throws TensorException if there is no tensor or dimension, or types, devices or shapes differ
     */
    static Tensor stack(int dim, Tensor... tensors) {
        Objects.requireNonNull(tensors, "tensors");
        return cat(dim, Arrays.stream(tensors).map(t -> t.unsqueeze(dim)).toArray(Tensor[]::new));
    }

    /**
     * {@return the coordinates of a grid: for vectors of n, m, … elements as many tensors {@code [n, m, …]}, each constant
     * along all dimensions but its own ({@code ij} indexing)}
     *
     * @param vectors the coordinates along each dimension of the grid
     * @throws TensorException if these are not vectors of one type
     */
    static List<Tensor> meshgrid(Tensor... vectors) {
        Objects.requireNonNull(vectors, "vectors");
        return Creation.grid(vectors);
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
     * @param operands one or two tensors, as many as the equation names
     * @return the sum of products, with the dimensions that the equation names
     * @throws TensorException if the equation and the operands don't fit
     */
    static Tensor einsum(String equation, Tensor... operands) {
        return Einsum.run(equation, operands);
    }

    // ---- running operations

    /**
     * Runs an operation with one operand, this, and one result.
     *
     * @param op the operation's record
     * @return the result
     * @throws TensorException if the operands don't suit the operation
     */
    default Tensor apply(Op op) {
        return Dispatch.run(op, this);
    }

    /**
     * Runs an operation with one result.
     *
     * @param op the operation's record
     * @param operands as many as the operation has
     * @return the result
     * @throws TensorException if the operands don't suit the operation
     */
    static Tensor apply(Op op, Tensor... operands) {
        return Dispatch.run(op, operands);
    }

    /**
     * Runs an operation that may have several results; methods such as {@link #svd} return them by name.
     *
     * @param op the operation's record
     * @param operands as many as the operation has
     * @return the results, in the order in which the operation's record names them
     * @throws TensorException if the operands don't suit the operation
     */
    static Tensor[] applyAll(Op op, Tensor... operands) {
        return Dispatch.runAll(op, operands);
    }
}
