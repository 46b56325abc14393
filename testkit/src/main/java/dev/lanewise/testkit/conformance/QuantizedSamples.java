package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.op.matrix.BlockFormat;
import dev.lanewise.tensor.op.matrix.IntegerProduct;
import dev.lanewise.tensor.op.matrix.QuantizedProduct;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Operands of products with weights of few bits: any bits, but scales that are ordinary numbers. */
final class QuantizedSamples {
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt WORD = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private QuantizedSamples() {}

    static List<Sample> products(QuantizedProduct op) {
        long unit = op.format().elements();
        List<Sample> samples = new ArrayList<>(List.of(
                product(op, Shape.of(1), 1, unit),
                product(op, Shape.of(3), 7, 2 * unit),
                product(op, Shape.of(2, 9), 53, unit)));
        if (unit == 1) {
            samples.add(product(op, Shape.of(19), 5, 77));
            samples.add(product(op, Shape.of(1), 9, 35));
        }
        if (op.kind() != QuantizedProduct.Kind.UNPACK) {
            samples.add(product(op, Shape.SCALAR, 10, unit));
            samples.add(product(op, Shape.of(0), 3, unit));
        }
        return samples;
    }

    /** Tokens of some sizes, and a weight [n, k]. */
    static Sample product(QuantizedProduct op, Shape tokens, long n, long k) {
        return new Sample(tokens + " tokens, [" + n + ", " + k + "]", make -> {
            DType bytes = make.dtype().isFloating() ? DType.U8 : make.dtype();
            Tensor weight = weight(op.format(), bytes, make.random(), n, k).to(make.device());
            Shape x = tokens.concat(Shape.of(op.kind() == QuantizedProduct.Kind.LINEAR ? k : n));
            return op.kind() == QuantizedProduct.Kind.UNPACK
                    ? new Tensor[] {weight}
                    : new Tensor[] {make.any(x.toArray()), weight};
        });
    }

    /** The same of random sizes. */
    static Recipe recipe(QuantizedProduct op, Dice dice, DType dtype) {
        long n = dice.size();
        long k = dice.between(0, 3) * (long) op.format().elements();
        DType bytes = dtype.isFloating() ? DType.U8 : dtype;
        Recipe.Operand weight =
                new Recipe.Operand(new TensorSpec(bytes, Shape.of(n, op.format().bytes(k))), Recipe.Values.ANY, 0);
        Shape x = dice.shape(0, 2).concat(Shape.of(op.kind() == QuantizedProduct.Kind.LINEAR ? k : n));
        List<Recipe.Operand> operands = op.kind() == QuantizedProduct.Kind.UNPACK
                ? List.of(weight)
                : List.of(Recipe.Operand.any(dtype, x), weight);
        long seed = dice.random().nextLong();
        return new Recipe(op, operands, in -> {
            Tensor[] replaced = in.clone();
            RandomGenerator random =
                    RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
            int last = in.length - 1;
            replaced[last] = weight(op.format(), bytes, random, n, k).to(in[last].device());
            return replaced;
        });
    }

    private static Tensor weight(BlockFormat format, DType type, RandomGenerator random, long n, long k) {
        long rowBytes = format.bytes(k);
        byte[] bytes = new byte[Math.toIntExact(n * rowBytes)];
        random.nextBytes(bytes);
        MemorySegment segment = MemorySegment.ofArray(bytes);
        for (long at = 0; at < bytes.length; at += format.bytes()) {
            scales(format, segment, at, random);
        }
        return Tensor.of(segment, type, n, rowBytes).to(Device.CPU);
    }

    private static void scales(BlockFormat format, MemorySegment block, long at, RandomGenerator random) {
        switch (format) {
            case I8 -> {}
            case F32 -> block.set(WORD, at, Float.floatToIntBits((float) random.nextGaussian()));
            case BF16 -> block.set(HALF, at, (short) (Float.floatToIntBits((float) random.nextGaussian()) >> 16));
            case F16 -> half(block, at, random.nextGaussian());
            case Q8_0 -> half(block, at, 0.02 * random.nextDouble());
            case Q4_0, Q5_0, IQ4_NL -> half(block, at, 0.2 * random.nextDouble());
            case Q4_1, Q5_1 -> {
                half(block, at, 0.2 * random.nextDouble());
                half(block, at + 2, random.nextDouble() - 1);
            }
            case Q4_K, Q5_K -> {
                half(block, at, 0.005 * random.nextDouble());
                half(block, at + 2, 0.02 * random.nextDouble());
            }
            case Q6_K -> half(block, at + 208, 0.001 * random.nextDouble());
            case Q2_K -> {
                half(block, at + 80, 0.05 * random.nextDouble());
                half(block, at + 82, 0.05 * random.nextDouble());
            }
            case Q3_K -> half(block, at + 108, 0.02 * random.nextDouble());
            case IQ4_XS -> half(block, at, 0.001 * random.nextDouble());
            case TQ1_0 -> half(block, at + 52, random.nextDouble());
            case TQ2_0 -> half(block, at + 64, random.nextDouble());
        }
    }

    private static void half(MemorySegment block, long at, double value) {
        block.set(HALF, at, Float.floatToFloat16((float) value));
    }

    static List<Sample> integers(IntegerProduct op) {
        return List.of(
                integers(op, Shape.of(1), 1, 1, false),
                integers(op, Shape.of(3), 7, 33, true),
                integers(op, Shape.of(2, 9), 300, 70, true),
                integers(op, Shape.of(2, 9), 65, 64, false),
                integers(op, Shape.SCALAR, 5, 3, false),
                integers(op, Shape.of(2), 0, 3, true),
                integers(op, Shape.of(0), 5, 3, true));
    }

    static Sample integers(IntegerProduct op, Shape rows, long k, long n, boolean each) {
        return new Sample(rows + " rows, [" + k + ", " + n + "]" + (each ? " by columns" : ""), make -> {
            DType other = make.dtype() == DType.U8 ? DType.I8 : make.dtype();
            long[] column = each ? new long[] {n} : new long[0];
            Tensor[] all = {
                make.any(rows.concat(Shape.of(k)).toArray()),
                make.any(other, k, n),
                make.any(1),
                make.any(other, column),
                make.any(DType.F32, column),
                make.any(DType.F32, n)
            };
            return Arrays.copyOf(all, op.scaled() ? each ? 6 : 5 : 4);
        });
    }

    static Recipe recipe(IntegerProduct op, Dice dice, DType dtype) {
        long k = dice.size();
        long n = dice.size();
        DType other = dice.chance(0.5) ? DType.I8 : DType.U8;
        List<Recipe.Operand> operands = new ArrayList<>(List.of(
                Recipe.Operand.any(dtype, dice.shape(0, 2).concat(Shape.of(k))),
                Recipe.Operand.any(other, Shape.of(k, n)),
                Recipe.Operand.any(dtype, dice.chance(0.5) ? Shape.SCALAR : Shape.of(1, 1)),
                Recipe.Operand.any(other, dice.chance(0.5) ? Shape.SCALAR : Shape.of(n))));
        if (op.scaled()) {
            operands.add(Recipe.Operand.any(DType.F32, dice.chance(0.5) ? Shape.of(1) : Shape.of(n)));
        }
        if (op.scaled() && dice.chance(0.5)) {
            operands.add(Recipe.Operand.any(DType.F32, Shape.of(n)));
        }
        return new Recipe(op, operands.toArray(Recipe.Operand[]::new));
    }
}
