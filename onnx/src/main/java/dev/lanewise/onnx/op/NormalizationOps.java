package dev.lanewise.onnx.op;

import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.onnx.run.Operator;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Normalizations, softmax and dropout. */
public final class NormalizationOps {
    private NormalizationOps() {}

    static @Nullable Operator find(String name) {
        return switch (name) {
            case "Softmax" -> c -> c.same(along(c, Tensor::softmax));
            case "LogSoftmax" -> c -> c.same(along(c, Tensor::logSoftmax));
            case "Hardmax" -> c -> c.same(along(c, NormalizationOps::hardmax));
            case "BatchNormalization" -> NormalizationOps::batchNorm;
            case "InstanceNormalization" -> c -> c.same(instanceNorm(c));
            case "GroupNormalization" -> c -> c.same(groupNorm(c));
            case "LayerNormalization" -> NormalizationOps::layerNorm;
            case "RMSNormalization" -> c -> c.same(rmsNorm(c));
            case "SimplifiedLayerNormalization" -> c -> c.same(rmsNorm(c));
            case "LRN" -> c -> c.same(lrn(c));
            case "LpNormalization" -> c -> c.same(lpNorm(c));
            case "MeanVarianceNormalization" -> c -> c.same(meanVariance(c));
            default -> null;
        };
    }

    /** Before opset 13, the dimensions from the axis on were treated as one. */
    private static Tensor along(Call c, BiFunction<Tensor, Integer, Tensor> function) {
        Tensor x = c.x();
        int rank = x.shape().rank();
        if (c.opset() >= 13) {
            return function.apply(x, c.axis(-1, rank));
        }
        int axis = c.axis(1, rank);
        if (axis == rank - 1) {
            return function.apply(x, axis);
        }
        long[] sizes = x.shape().toArray();
        Tensor flat = x.reshape(Host.product(sizes, 0, axis), Host.product(sizes, axis, rank));
        return function.apply(flat, 1).reshape(x.shape());
    }

    private static Tensor hardmax(Tensor x, int axis) {
        long size = x.shape().size(axis);
        long[] sizes = new long[x.shape().rank()];
        Arrays.fill(sizes, 1);
        sizes[axis] = size;
        Tensor classes = Tensor.arange(size).reshape(sizes).to(x.device());
        return x.argmax(axis, Keep.KEEP).eq(classes).to(x.dtype());
    }

    static OnnxValue[] dropout(Call c) {
        Tensor x = c.x();
        boolean training = c.has(2) && c.x(2).to(DType.I64).reshape().itemLong() != 0;
        double ratio = c.has(1) ? c.double1(1) : c.f("ratio", 0.5);
        DType maskType = c.opset() >= 10 ? DType.BOOL : x.dtype();
        if (!training || ratio == 0) {
            Tensor mask = c.wants(1)
                    ? Tensor.full(1, DType.U8, x.device()).to(maskType).expand(x.shape())
                    : Host.scalar(true);
            return Call.out(c.value(0), OnnxValue.of(mask));
        }
        Rng rng = new Rng(c.i("seed", System.nanoTime()));
        Tensor kept = Tensor.zeros(x.shape().toArray()).randLike(rng).ge(ratio);
        Tensor scaled = x.mul(kept.to(x.dtype())).mul(1 / (1 - ratio));
        return Call.out(OnnxValue.of(scaled), OnnxValue.of(kept));
    }

    /** A vector of channels as a tensor that broadcasts over a batch. */
    static Tensor channels(Tensor vector, int rank) {
        long[] sizes = new long[Math.max(1, rank - 1)];
        Arrays.fill(sizes, 1);
        sizes[0] = vector.shape().elements();
        return vector.reshape(sizes);
    }

    private static OnnxValue[] batchNorm(Call c) {
        Tensor x = c.x();
        int rank = x.shape().rank();
        double epsilon = c.f("epsilon", 1e-5f);
        Tensor mean = c.x(3);
        Tensor variance = c.x(4);
        boolean training = c.flag("training_mode", false);
        OnnxValue[] results = new OnnxValue[5];
        if (training) {
            int[] dims = new int[rank - 1];
            for (int d = 1; d < dims.length; d++) {
                dims[d] = d + 1;
            }
            Tensor wide = x.to(mean.dtype());
            Tensor batchMean = wide.mean(dims);
            Tensor batchVariance = wide.var(dims, 0, Keep.REMOVE);
            double momentum = c.f("momentum", 0.9f);
            results[1] = OnnxValue.of(mean.mul(momentum).add(batchMean.mul(1 - momentum)));
            results[2] = OnnxValue.of(variance.mul(momentum).add(batchVariance.mul(1 - momentum)));
            mean = batchMean;
            variance = batchVariance;
        } else {
            results[1] = c.value(3);
            results[2] = c.value(4);
        }
        results[3] = results[1];
        results[4] = results[2];
        results[0] = OnnxValue.of(normalized(x, c.x(1), c.x(2), mean, variance, epsilon));
        return results;
    }

    /** Every channel normalized by its mean and variance, computed in their type. */
    public static Tensor normalized(
            Tensor x, Tensor weight, Tensor bias, Tensor mean, Tensor variance, double epsilon) {
        int rank = x.shape().rank();
        DType wide = variance.dtype();
        Tensor scale = weight.to(wide).mul(variance.add(epsilon).rsqrt());
        Tensor offset = bias.to(wide).sub(mean.mul(scale));
        return x.to(wide).mul(channels(scale, rank)).add(channels(offset, rank)).to(x.dtype());
    }

    private static Tensor normalized(Tensor x, int[] dims, double epsilon) {
        Tensor centred = x.sub(x.mean(dims, Keep.KEEP));
        return centred.mul(centred.square().mean(dims, Keep.KEEP).add(epsilon).rsqrt());
    }

    private static Tensor instanceNorm(Call c) {
        Tensor x = c.x();
        int rank = x.shape().rank();
        Tensor y = normalized(x, Host.range(2, rank), c.f("epsilon", 1e-5f));
        return y.mul(channels(c.x(1), rank)).add(channels(c.x(2), rank));
    }

    /** Before opset 21, scale and bias were per group. */
    private static Tensor groupNorm(Call c) {
        Tensor x = c.x();
        int rank = x.shape().rank();
        long groups = c.i("num_groups", 1);
        long n = x.shape().size(0);
        long ch = x.shape().size(1);
        Tensor wide = c.i("stash_type", 1) == 1 && x.dtype().bytes() < 4 ? x.to(DType.F32) : x;
        Tensor grouped = wide.reshape(n, groups, wide.shape().elements() / Math.max(1, n * groups));
        Tensor y = normalized(grouped, new int[] {2}, c.f("epsilon", 1e-5f))
                .reshape(x.shape())
                .to(x.dtype());
        return y.mul(channels(perChannel(c.x(1), groups, ch), rank))
                .add(channels(perChannel(c.x(2), groups, ch), rank));
    }

    private static Tensor perChannel(Tensor scale, long groups, long channels) {
        if (scale.shape().elements() == channels) {
            return scale;
        }
        return scale.reshape(groups, 1).expand(groups, channels / groups).reshape(channels);
    }

    private static OnnxValue[] layerNorm(Call c) {
        Tensor x = c.x();
        int rank = x.shape().rank();
        int axis = c.axis(-1, rank);
        double epsilon = c.f("epsilon", 1e-5f);
        Tensor weight = c.x(1);
        Tensor bias = c.maybe(2);
        Shape inner = x.shape().slice(axis, rank);
        boolean fits = weight.shape().equals(inner)
                && (bias == null || bias.shape().equals(inner))
                && !x.shape().isEmpty();
        int[] dims = Host.range(axis, rank);
        Tensor y;
        if (fits && weight.dtype() == x.dtype()) {
            y = x.layerNorm(rank - axis, weight, bias, epsilon);
        } else {
            Tensor wide = x.dtype().bytes() < 4 ? x.to(DType.F32) : x;
            y = normalized(wide, dims, epsilon).to(weight.dtype()).mul(weight);
            y = bias == null ? y : y.add(bias);
        }
        if (!c.wants(1) && !c.wants(2)) {
            return c.same(y);
        }
        Tensor wide = x.dtype().bytes() < 4 ? x.to(DType.F32) : x;
        Tensor mean = wide.mean(dims, Keep.KEEP);
        Tensor deviation =
                wide.sub(mean).square().mean(dims, Keep.KEEP).add(epsilon).rsqrt();
        DType stash = c.i("stash_type", 1) == 1 ? DType.F32 : x.dtype();
        return Call.out(c.same(y)[0], OnnxValue.of(mean.to(stash)), OnnxValue.of(deviation.to(stash)));
    }

    private static Tensor rmsNorm(Call c) {
        Tensor x = c.x();
        int rank = x.shape().rank();
        int axis = c.axis(-1, rank);
        double epsilon = c.f("epsilon", 1e-5f);
        Tensor weight = c.x(1);
        if (weight.dtype() == x.dtype()
                && weight.shape().equals(x.shape().slice(axis, rank))
                && x.dtype().bytes() >= 4) {
            return x.rmsNorm(rank - axis, weight, epsilon);
        }
        Tensor wide = x.dtype().bytes() < 4 ? x.to(DType.F32) : x;
        Tensor scale = wide.square()
                .mean(Host.range(axis, rank), Keep.KEEP)
                .add(epsilon)
                .rsqrt();
        return wide.mul(scale).to(weight.dtype()).mul(weight);
    }

    private static Tensor lrn(Call c) {
        Tensor x = c.x();
        long size = c.i("size", 1);
        long before = (size - 1) / 2;
        Tensor squares = ShapeOps.padded(x.square(), 1, before, size - 1 - before, "constant", 0);
        Tensor sum = null;
        for (long i = 0; i < size; i++) {
            Tensor part = squares.narrow(1, i, x.shape().size(1));
            sum = sum == null ? part : sum.add(part);
        }
        Tensor total = sum == null ? squares : sum;
        Tensor base = total.mul(c.f("alpha", 1e-4f) / size).add(c.f("bias", 1));
        return x.div(base.pow(c.f("beta", 0.75)));
    }

    private static Tensor lpNorm(Call c) {
        Tensor x = c.x();
        int axis = c.axis(-1, x.shape().rank());
        int[] dims = {axis};
        Tensor norm = c.i("p", 2) == 1
                ? x.abs().sum(dims, Keep.KEEP)
                : x.square().sum(dims, Keep.KEEP).sqrt();
        Tensor zero = norm.eq(0.0);
        return zero.where(x.zerosLike(), x.div(zero.where(norm.onesLike(), norm)));
    }

    private static Tensor meanVariance(Call c) {
        Tensor x = c.x();
        long @Nullable [] axes = c.ints("axes");
        int[] dims = Host.ints(axes == null ? new long[] {0, 2, 3} : axes);
        for (int i = 0; i < dims.length; i++) {
            dims[i] = Call.dim((long) dims[i], x.shape().rank());
        }
        Tensor mean = x.mean(dims, Keep.KEEP);
        Tensor deviation =
                x.square().mean(dims, Keep.KEEP).sub(mean.square()).sqrt().add(1e-9);
        return x.sub(mean).div(deviation);
    }
}
