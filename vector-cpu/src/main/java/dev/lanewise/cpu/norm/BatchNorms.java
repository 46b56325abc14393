package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.memory.Access.f64;

import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.memory.StridedCopy;
import dev.lanewise.cpu.parallel.Apart;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.norm.BatchNormalization;
import dev.lanewise.tensor.op.norm.BatchNormalizationGrad;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Runs {@link BatchNormalization} and {@link BatchNormalizationGrad}, channel by channel: a channel's elements stay in the second-level
 * cache between the passes over them. Images too small for vectors are first brought into the order [c, n, ...].
 */
public final class BatchNorms {
    private static final long GRAIN = 1 << 15;

    /** Of this many elements the smallest takes what is left of the rest, so that only its own rounding error stays. */
    private static final int BALANCED = 16;

    private static final long SMALL_IMAGE = 8;

    @SuppressWarnings("NonFinalStaticField") // so that C2 does not know it
    private static MethodHandle balance = Apart.of(
            MethodHandles.lookup(),
            BatchNorms.class,
            "balance",
            MethodType.methodType(void.class, long.class, double.class));

    private final MomentKernel kernel;
    private final int bytes;
    private final long images;
    private final long channels;
    private final long pixels;
    private final boolean repacked;
    /** How many runs of neighbouring elements a channel has, how long they are, and how far apart they and the channels lie. */
    private final long runs;

    private final int run;
    private final long runStride;
    private final long channelStride;

    private BatchNorms(Tensor x) {
        bytes = x.dtype().bytes();
        kernel = MomentKernel.ofBytes(bytes);
        images = x.shape().size(0);
        channels = x.shape().size(1);
        pixels = x.shape().elements() / (images * channels);
        repacked = pixels < SMALL_IMAGE && images > 1;
        runs = repacked ? 1 : images;
        run = Math.toIntExact(repacked ? images * pixels : pixels);
        runStride = channels * pixels * bytes;
        channelStride = (long) run * bytes;
    }

    /** Runs the operation on any strided inputs into dense outputs. */
    public static void run(BatchNormalization op, Tensor[] inputs, Tensor[] outputs) {
        BatchNorms norm = new BatchNorms(inputs[0]);
        try (Dense x = norm.operand(inputs[0]);
                Dense weight = Dense.of(inputs[1]);
                Dense bias = Dense.of(inputs[2]);
                Dense y = norm.result(outputs[0])) {
            norm.forward(op.epsilon(), x.address(), weight.address(), bias.address(), y.address(), outputs);
            norm.deliver(y, outputs[0]);
        }
    }

    /** Runs the operation on any strided inputs into dense outputs. */
    public static void run(BatchNormalizationGrad op, Tensor[] inputs, Tensor[] outputs) {
        BatchNorms norm = new BatchNorms(inputs[1]);
        try (Dense g = norm.operand(inputs[0]);
                Dense x = norm.operand(inputs[1]);
                Dense weight = Dense.of(inputs[2]);
                Dense mean = Dense.of(inputs[3]);
                Dense variance = Dense.of(inputs[4]);
                Dense gx = norm.result(outputs[0])) {
            double epsilon = op.forward().epsilon();
            Workers.forRange(norm.channels, norm.grain(), (from, to) -> {
                try (Scratch sums = Scratch.borrow(2 * Double.BYTES)) {
                    for (long c = from; c < to; c++) {
                        long at = c * norm.bytes;
                        double reciprocal = 1 / Math.sqrt(norm.kernel.load(variance.address() + at) + epsilon);
                        norm.backward(
                                c,
                                g.address(),
                                x.address(),
                                gx.address(),
                                norm.kernel.load(mean.address() + at),
                                reciprocal,
                                norm.kernel.load(weight.address() + at),
                                sums.address());
                        norm.kernel.store(
                                Dense.address(outputs[1]) + at, f64(sums.address() + Double.BYTES) * reciprocal);
                        norm.kernel.store(Dense.address(outputs[2]) + at, f64(sums.address()));
                    }
                }
            });
            norm.deliver(gx, outputs[0]);
        }
    }

    private void forward(double epsilon, long x, long weight, long bias, long y, Tensor[] outputs) {
        long means = Dense.address(outputs[1]);
        long variances = Dense.address(outputs[2]);
        double count = (double) runs * run;
        Workers.forRange(channels, grain(), (from, to) -> {
            for (long c = from; c < to; c++) {
                long first = x + c * channelStride;
                double mean = sum(first) / count;
                double squares = 0;
                for (long i = 0; i < runs; i++) {
                    squares += kernel.squares(first + i * runStride, run, mean);
                }
                double variance = squares / count;
                double scale = kernel.load(weight + c * bytes) / Math.sqrt(variance + epsilon);
                double shift = kernel.load(bias + c * bytes);
                for (long i = 0; i < runs; i++) {
                    long at = c * channelStride + i * runStride;
                    kernel.normalize(x + at, y + at, run, mean, scale, shift);
                }
                kernel.store(means + c * bytes, mean);
                kernel.store(variances + c * bytes, variance);
            }
        });
    }

    /** Leaves the sums of g and of g (x - mean) at {@code sums}. */
    private void backward(long c, long g, long x, long gx, double mean, double reciprocal, double weight, long sums) {
        double count = (double) runs * run;
        f64(sums, 0);
        f64(sums + Double.BYTES, 0);
        for (long i = 0; i < runs; i++) {
            long at = c * channelStride + i * runStride;
            kernel.gradSums(g + at, x + at, run, mean, sums);
        }
        double scale = weight * reciprocal;
        double shift = f64(sums) / count * scale;
        double slope = f64(sums + Double.BYTES) / count * scale * reciprocal * reciprocal;
        for (long i = 0; i < runs; i++) {
            long at = c * channelStride + i * runStride;
            kernel.grad(g + at, x + at, gx + at, run, mean, scale, shift, slope);
        }
        double exact = -slope * count * shiftOfMean(x + c * channelStride, mean, count);
        try {
            balance.invokeExact(this, gx + c * channelStride, exact);
        } catch (Throwable e) {
            throw Apart.unchecked(e);
        }
    }

    /**
     * Gives a channel of the gradient the sum that it has before rounding, zero where the mean is the input's, by taking
     * what is left off its first elements, from each its part and then from the smallest what is still left: all change by
     * about their own rounding errors. Otherwise the gradient of a bias in front of the normalization is noise, and an
     * adaptive optimizer scales noise up to full steps. Called {@linkplain Apart apart}.
     */
    void balance(long gx, double exact) {
        double rest = sum(gx) - exact;
        int shared = Math.min(run, BALANCED);
        // both turns in one loop, since C2 writes out every call
        for (int turn = 0; turn < 2 * shared && rest != 0; turn++) {
            int parts = shared - turn;
            int element = parts > 0 ? parts - 1 : -parts;
            rest = takeOff(gx + (long) element * bytes, rest, parts > 0 ? rest / parts : rest);
        }
    }

    /** Takes a part of the rest off an element; returns what is left of the rest. */
    private double takeOff(long at, double rest, double part) {
        double before = kernel.load(at);
        kernel.store(at, before - part);
        return rest + (kernel.load(at) - before);
    }

    /** How far the mean of a channel is from the given one; 0 if only by that one's rounding. */
    private double shiftOfMean(long x, double mean, double count) {
        double exact = sum(x) / count;
        double rounding = bytes == Double.BYTES ? Math.ulp(mean) : Math.ulp((float) mean);
        return Math.abs(exact - mean) <= 2 * rounding ? 0 : exact - mean;
    }

    private double sum(long channel) {
        double sum = 0;
        for (long i = 0; i < runs; i++) {
            sum += kernel.sum(channel + i * runStride, run);
        }
        return sum;
    }

    private long grain() {
        return Math.max(1, GRAIN / Math.max(1, runs * run));
    }

    private Dense operand(Tensor x) {
        if (!repacked) {
            return Dense.of(x);
        }
        long[] sizes = x.shape().toArray();
        long[] strides = x.strides();
        return Dense.of(x, swapped(sizes), swapped(strides));
    }

    private Dense result(Tensor y) {
        return repacked ? Dense.scratch(y.spec().bytes()) : Dense.at(Dense.address(y));
    }

    private void deliver(Dense packed, Tensor y) {
        if (repacked) {
            StridedCopy.run(
                    bytes,
                    new long[] {images, channels, pixels},
                    packed.address(),
                    new long[] {pixels, run, 1},
                    Dense.address(y),
                    new long[] {channels * pixels, pixels, 1});
        }
    }

    private static long[] swapped(long[] values) {
        long first = values[0];
        values[0] = values[1];
        values[1] = first;
        return values;
    }
}
