package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.conv.AveragePooling2d;
import dev.lanewise.tensor.op.conv.AveragePooling2dGrad;
import dev.lanewise.tensor.op.conv.Convolution2d;
import dev.lanewise.tensor.op.conv.Convolution2dInputGrad;
import dev.lanewise.tensor.op.conv.Convolution2dRelu;
import dev.lanewise.tensor.op.conv.Convolution2dWeightGrad;
import dev.lanewise.tensor.op.conv.MaxPooling2d;
import dev.lanewise.tensor.op.conv.MaxPooling2dGrad;
import dev.lanewise.tensor.op.conv.PoolingWindow;
import java.util.ArrayList;
import java.util.List;

/** Random convolutions and poolings. */
final class ImageRecipes {
    private final Dice dice;
    private final DType dtype;

    ImageRecipes(Dice dice, DType dtype) {
        this.dice = dice;
        this.dtype = dtype;
    }

    private Recipe.Operand any(Shape shape) {
        return Recipe.Operand.any(dtype, shape);
    }

    /** A convolution with the shapes of its input, its weight and its result. */
    private record Convolution(Convolution2d op, Shape x, Shape weight, Shape y) {}

    private Convolution convolution() {
        boolean wide = dice.chance(0.05);
        int groups = wide || dice.chance(0.7) ? 1 : dice.between(2, 3);
        long in = wide ? dice.between(15, 18) : dice.between(1, 4);
        long out = wide ? dice.between(15, 18) : dice.between(1, 4);
        boolean threes = wide || dice.chance(0.4);
        int r = threes ? 3 : dice.between(1, 4);
        int s = threes ? 3 : dice.between(1, 4);
        boolean plain = wide || dice.chance(0.4);
        Convolution2d op = new Convolution2d(
                plain ? 1 : dice.between(1, 3),
                plain ? 1 : dice.between(1, 3),
                dice.below(3),
                dice.below(3),
                plain ? 1 : dice.between(1, 2),
                plain ? 1 : dice.between(1, 2),
                groups);
        long h = Math.max(1, op.dilationH() * (r - 1L) + 1 - 2L * op.paddingH()) + dice.below(9);
        long w = Math.max(1, op.dilationW() * (s - 1L) + 1 - 2L * op.paddingW()) + dice.below(9);
        long n = dice.chance(0.03) ? 0 : dice.between(1, 2);
        return new Convolution(
                op,
                Shape.of(n, in * groups, h, w),
                Shape.of(out * groups, in, r, s),
                Shape.of(n, out * groups, op.outputH(h, r), op.outputW(w, s)));
    }

    Recipe conv() {
        Convolution conv = convolution();
        return conv(conv, conv.op);
    }

    Recipe convRelu() {
        Convolution conv = convolution();
        return conv(conv, new Convolution2dRelu(conv.op));
    }

    private Recipe conv(Convolution conv, Op op) {
        List<Recipe.Operand> operands =
                new ArrayList<>(List.of(any(conv.x), any(conv.weight).as(Recipe.Values.SMALL)));
        if (dice.chance(0.5)) {
            operands.add(any(Shape.of(conv.weight.size(0))).as(Recipe.Values.SMALL));
        }
        return new Recipe(op, operands.toArray(Recipe.Operand[]::new));
    }

    Recipe convInputGrad() {
        Convolution conv = convolution();
        return new Recipe(
                new Convolution2dInputGrad(conv.op, conv.x.size(2), conv.x.size(3)),
                any(conv.y),
                any(conv.weight).as(Recipe.Values.SMALL));
    }

    Recipe convWeightGrad() {
        Convolution conv = convolution();
        return new Recipe(
                new Convolution2dWeightGrad(conv.op, conv.weight.size(2), conv.weight.size(3)),
                any(conv.y).as(Recipe.Values.SMALL),
                any(conv.x));
    }

    private PoolingWindow pool() {
        int kernelH = dice.between(1, 4);
        int kernelW = dice.between(1, 4);
        return new PoolingWindow(
                kernelH,
                kernelW,
                dice.between(1, 4),
                dice.between(1, 4),
                dice.below(kernelH / 2 + 1),
                dice.below(kernelW / 2 + 1),
                dice.chance(0.4));
    }

    private Shape images(PoolingWindow pool) {
        return Shape.of(
                dice.chance(0.03) ? 0 : dice.between(1, 3),
                dice.between(1, 4),
                Math.max(1, pool.kernelH() - 2L * pool.paddingH()) + dice.below(9),
                Math.max(1, pool.kernelW() - 2L * pool.paddingW()) + dice.below(20));
    }

    private static Shape pooled(PoolingWindow pool, Shape x) {
        return Shape.of(x.size(0), x.size(1), pool.outputH(x.size(2)), pool.outputW(x.size(3)));
    }

    Recipe maxPool() {
        PoolingWindow pool = pool();
        return new Recipe(new MaxPooling2d(pool), any(images(pool)));
    }

    Recipe averagePool() {
        PoolingWindow pool = pool();
        return new Recipe(new AveragePooling2d(pool, dice.chance(0.5)), any(images(pool)));
    }

    Recipe maxPoolGrad() {
        PoolingWindow pool = pool();
        Shape x = images(pool);
        Shape y = pooled(pool, x);
        return new Recipe(
                new MaxPooling2dGrad(pool, x.size(2), x.size(3)),
                any(y),
                Recipe.Operand.index(x.size(2) * x.size(3), y));
    }

    Recipe averagePoolGrad() {
        PoolingWindow pool = pool();
        Shape x = images(pool);
        return new Recipe(
                new AveragePooling2dGrad(new AveragePooling2d(pool, dice.chance(0.5)), x.size(2), x.size(3)),
                any(pooled(pool, x)));
    }
}
