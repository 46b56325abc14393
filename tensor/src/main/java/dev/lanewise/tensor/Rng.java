package dev.lanewise.tensor;

import dev.lanewise.tensor.op.Source.Distribution;
import dev.lanewise.tensor.op.Source.Random;
import dev.lanewise.tensor.spi.RandomDraws;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A stream of random numbers: Philox 4x32-10, counter-based (Salmon et al. 2011, "Parallel random numbers: as easy as 1,
 * 2, 3"). The same seed gives the same numbers on every device and for any number of threads. Safe for use by many
 * threads, though the order of the draws then decides which thread gets which numbers.
 */
public final class Rng {
    private static final Rng GLOBAL = new Rng(0);

    private final AtomicReference<Position> position;

    /**
     * A place in a stream of random numbers, from which it can be continued.
     *
     * @param seed the stream's seed
     * @param counter how many blocks of four 32-bit words come before it
     */
    public record Position(long seed, long counter) {}

    /**
     * A stream that starts at the beginning of a seed's sequence.
     *
     * @param seed any number; the same one gives the same stream
     */
    public Rng(long seed) {
        position = new AtomicReference<>(new Position(seed, 0));
    }

    /** {@return the process-wide stream that methods without one use; its first seed is 0} */
    public static Rng global() {
        return GLOBAL;
    }

    /**
     * Moves to the beginning of another seed's sequence.
     *
     * @param newSeed any number
     */
    public void seed(long newSeed) {
        seek(newSeed, 0);
    }

    /** {@return the seed of the sequence that numbers are drawn from at present} */
    public long seed() {
        return position().seed;
    }

    /** {@return the position: how many blocks of four 32-bit words have been drawn} */
    public long counter() {
        return position().counter;
    }

    /** {@return the seed and the counter at the same moment, even while other threads draw or seek} */
    public Position position() {
        return Objects.requireNonNull(position.get());
    }

    /**
     * Continues from a position that {@link #counter} gave, as after a restart.
     *
     * @param newSeed the seed of the stream
     * @param newCounter how many blocks of four 32-bit words come before it
     */
    public void seek(long newSeed, long newCounter) {
        position.set(new Position(newSeed, newCounter));
    }

    /**
     * Draws blocks of four 32-bit words, for kernels that compute the words themselves.
     *
     * @param blocks how many, 0 or more
     * @return the position of the first
     */
    public long reserve(long blocks) {
        return take(blocks).counter;
    }

    /**
     * Draws blocks of four words; no other thread's {@link #seek} comes between seed and counter.
     *
     * @param blocks how many, 0 or more
     * @return the position of the first
     * @throws TensorException if {@code blocks} is negative
     */
    public Position take(long blocks) {
        if (blocks < 0) {
            throw new TensorException("rng: " + blocks + " blocks (expected 0 or more); check the number");
        }
        Position first = position.getAndUpdate(at -> new Position(at.seed, at.counter + blocks));
        RandomDraws.note(this, first.seed, first.counter, blocks);
        return first;
    }

    /**
     * Uniform numbers on [0, 1) of type {@link DType#F32}, on the CPU.
     *
     * @param sizes the shape; none for a scalar
     * @return a new tensor of that shape
     * @throws TensorException if a size is negative
     */
    public Tensor rand(long... sizes) {
        return rand(DType.F32, sizes);
    }

    /**
     * Uniform numbers on [0, 1), on the CPU.
     *
     * @param dtype a floating-point type
     * @param sizes the shape; none for a scalar
     * @return a new tensor of that type and shape
     * @throws TensorException if the type is not floating-point or a size is negative
     */
    public Tensor rand(DType dtype, long... sizes) {
        return rand(dtype, Device.CPU, sizes);
    }

    /**
     * Uniform numbers on [0, 1), the same on every device.
     *
     * @param dtype a floating-point type
     * @param device where the tensor is made
     * @param sizes the shape; none for a scalar
     * @return a new tensor of that type and shape
     * @throws TensorException if the type is not floating-point or a size is negative
     */
    public Tensor rand(DType dtype, Device device, long... sizes) {
        return draw(Distribution.UNIFORM, 0, 0, new TensorSpec(dtype, Shape.of(sizes)), device);
    }

    /**
     * Standard normal numbers (mean 0, deviation 1) of type {@link DType#F32}, on the CPU.
     *
     * @param sizes the shape; none for a scalar
     * @return a new tensor of that shape
     * @throws TensorException if a size is negative
     */
    public Tensor randn(long... sizes) {
        return randn(DType.F32, sizes);
    }

    /**
     * Standard normal numbers (mean 0, deviation 1), on the CPU.
     *
     * @param dtype a floating-point type
     * @param sizes the shape; none for a scalar
     * @return a new tensor of that type and shape
     * @throws TensorException if the type is not floating-point or a size is negative
     */
    public Tensor randn(DType dtype, long... sizes) {
        return randn(dtype, Device.CPU, sizes);
    }

    /**
     * Standard normal numbers, by the Box-Muller transform.
     *
     * @param dtype a floating-point type
     * @param device where the tensor is made
     * @param sizes the shape; none for a scalar
     * @return a new tensor of that type and shape
     * @throws TensorException if the type is not floating-point or a size is negative
     */
    public Tensor randn(DType dtype, Device device, long... sizes) {
        return draw(Distribution.NORMAL, 0, 0, new TensorSpec(dtype, Shape.of(sizes)), device);
    }

    /**
     * Uniform integers of type {@link DType#I64} from low to below high, on the CPU.
     *
     * @param low the least number that can occur
     * @param high one more than the greatest number that can occur
     * @param sizes the shape; none for a scalar
     * @return a new tensor of that shape
     * @throws TensorException if the range is empty or a size is negative
     */
    public Tensor randint(long low, long high, long... sizes) {
        return draw(Distribution.INTEGER, low, high, new TensorSpec(DType.I64, Shape.of(sizes)), Device.CPU);
    }

    /**
     * The numbers 0 to n - 1 in random order, on the CPU.
     *
     * @param n how many numbers
     * @return {@code [n]} of {@link DType#I64}
     * @throws TensorException if n is negative
     */
    public Tensor randperm(long n) {
        return randint(Long.MIN_VALUE, Long.MAX_VALUE, n).argsort(0, false);
    }

    /** Numbers of a distribution. */
    Tensor draw(Distribution distribution, long a, long b, TensorSpec spec, Device device) {
        Position first = take(distribution.blocks(spec));
        Random random = new Random(distribution, first.seed, first.counter, a, b, spec);
        return Tensor.create(random, device);
    }
}
