package dev.lanewise.onnx.op;

import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.onnx.run.Operator;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Operators that pick, place and order elements. */
final class IndexOps {
    private IndexOps() {}

    static @Nullable Operator find(String name) {
        return switch (name) {
            case "Gather" -> c -> c.moved(x -> gather(c, x));
            case "GatherElements" -> c -> c.moved(x -> gatherElements(c, x));
            case "GatherND" -> c -> c.moved(x -> gatherNd(c, x));
            case "ScatterElements" -> c -> c.same(scatterElements(c));
            case "Scatter" -> c -> c.same(scatterElements(c));
            case "ScatterND" -> c -> c.same(scatterNd(c));
            case "TensorScatter" -> c -> c.same(tensorScatter(c));
            case "OneHot" -> c -> Call.typed(c.type(2), oneHot(c));
            case "NonZero" -> c -> Call.out(c.x().nonzero().transpose());
            case "Compress" -> c -> c.moved(x -> compress(c, x));
            case "TopK" -> IndexOps::topK;
            case "Unique" -> IndexOps::unique;
            case "ReverseSequence" -> c -> c.same(reverseSequence(c));
            case "ai.onnx.ml:ArrayFeatureExtractor" -> c -> c.moved(x -> extract(c, x));
            default -> null;
        };
    }

    /** Positions counted from 0; the backend checks that they are in range. */
    static Tensor positions(Tensor index, long size) {
        Tensor wide = index.to(DType.I64);
        return wide.lt(0L).where(wide.add(size), wide);
    }

    private static Tensor gather(Call c, Tensor x) {
        int axis = c.axis(0, x.shape().rank());
        Tensor index = c.x(1);
        if (index.shape().rank() == 0) {
            long position = index.dtype() == DType.I64
                    ? index.itemLong()
                    : index.to(DType.I64).itemLong();
            return x.select(axis, position < 0 ? position + x.shape().size(axis) : position);
        }
        Tensor flat =
                positions(index, x.shape().size(axis)).reshape(index.shape().elements());
        Shape shape = x.shape()
                .slice(0, axis)
                .concat(index.shape())
                .concat(x.shape().slice(axis + 1, x.shape().rank()));
        return x.indexSelect(axis, flat).reshape(shape);
    }

    private static Tensor gatherElements(Call c, Tensor x) {
        int axis = c.axis(0, x.shape().rank());
        Tensor index = positions(c.x(1), x.shape().size(axis));
        Tensor cut = x;
        for (int d = 0; d < x.shape().rank(); d++) {
            if (d != axis && index.shape().size(d) < x.shape().size(d)) {
                cut = cut.narrow(d, 0, index.shape().size(d));
            }
        }
        return cut.gather(axis, index);
    }

    /** Linear positions of index tuples over the leading dimensions of a shape. */
    private static Tensor linear(Tensor index, Shape shape, int from) {
        int width = (int) index.shape().size(-1);
        int last = index.shape().rank() - 1;
        Tensor linear = index.select(last, 0).mul(0L);
        for (int d = 0; d < width; d++) {
            long size = shape.size(from + d);
            linear = linear.mul(size).add(positions(index.select(last, d), size));
        }
        return linear;
    }

    private static Tensor gatherNd(Call c, Tensor x) {
        int batch = (int) c.i("batch_dims", 0);
        Tensor index = c.x(1).to(DType.I64);
        int width = (int) index.shape().size(-1);
        int rank = index.shape().rank();
        long[] sizes = x.shape().toArray();
        long batches = Host.product(sizes, 0, batch);
        long picked = Host.product(sizes, batch, batch + width);
        long rest = Host.product(sizes, batch + width, sizes.length);
        Tensor linear = linear(index, x.shape(), batch);
        Tensor offsets = Tensor.arange(batches).mul(picked).reshape(batches, 1).to(x.device());
        long tuples = linear.shape().elements() / Math.max(1, batches);
        Tensor flat = linear.reshape(batches, tuples).add(offsets).reshape(batches * tuples);
        Shape shape = index.shape().slice(0, rank - 1).concat(x.shape().slice(batch + width, sizes.length));
        return x.reshape(batches * picked, rest).indexSelect(0, flat).reshape(shape);
    }

    private static Tensor scatter(Tensor x, int axis, Tensor index, Tensor source, String reduction) {
        if (reduction.equals("none")) {
            return x.scatter(axis, index, source);
        }
        if (reduction.equals("add")) {
            return x.scatterAdd(axis, index, source);
        }
        // placed one after another, as repeated positions require
        boolean real = x.dtype().isFloating();
        double[] target = Host.doubles(x);
        double[] values = Host.doubles(source);
        long[] at = Host.longs(index);
        long[] strides = x.shape().rowMajorStrides();
        long[] sizes = index.shape().toArray();
        for (int i = 0; i < at.length; i++) {
            long rest = i;
            long position = 0;
            for (int d = sizes.length - 1; d >= 0; d--) {
                position += (d == axis ? at[i] : rest % sizes[d]) * strides[d];
                rest /= sizes[d];
            }
            double old = target[(int) position];
            target[(int) position] = switch (reduction) {
                case "mul" -> old * values[i];
                case "max" -> Math.max(old, values[i]);
                case "min" -> Math.min(old, values[i]);
                default ->
                    throw new TensorException("reduction " + reduction + " (expected none, add, mul, max or min)");
            };
        }
        return real
                ? Host.of(target, x, x.shape().toArray())
                : Host.of(
                        Arrays.stream(target).mapToLong(v -> (long) v).toArray(),
                        x,
                        x.shape().toArray());
    }

    private static Tensor scatterElements(Call c) {
        Tensor x = c.x();
        int axis = c.axis(0, x.shape().rank());
        return scatter(x, axis, positions(c.x(1), x.shape().size(axis)), c.x(2), c.s("reduction", "none"));
    }

    private static Tensor scatterNd(Call c) {
        Tensor x = c.x();
        Tensor index = c.x(1).to(DType.I64);
        int width = (int) index.shape().size(-1);
        long[] sizes = x.shape().toArray();
        long picked = Host.product(sizes, 0, width);
        long rest = Host.product(sizes, width, sizes.length);
        Tensor linear = linear(index, x.shape(), 0);
        long tuples = linear.shape().elements();
        Tensor at = linear.reshape(tuples, 1).expand(tuples, rest);
        Tensor source = c.x(2).reshape(tuples, rest);
        return scatter(x.reshape(picked, rest), 0, at, source, c.s("reduction", "none"))
                .reshape(x.shape());
    }

    /** Writes new keys or values into a cache along its time. */
    private static Tensor tensorScatter(Call c) {
        Tensor cache = c.x();
        Tensor update = c.x(1);
        int axis = c.axis(-2, cache.shape().rank());
        long batches = cache.shape().size(0);
        long size = cache.shape().size(axis);
        long length = update.shape().size(axis);
        long[] writes = c.longs(2);
        boolean circular = c.s("mode", "linear").equals("circular");
        List<Tensor> rows = new ArrayList<>();
        for (int b = 0; b < batches; b++) {
            long start = writes == null ? 0 : writes[b];
            long[] at = new long[Math.toIntExact(length)];
            for (int i = 0; i < at.length; i++) {
                at[i] = circular ? (start + i) % size : start + i;
            }
            Tensor source = update.narrow(0, b, 1);
            long[] shape = new long[cache.shape().rank()];
            Arrays.fill(shape, 1);
            shape[axis] = at.length;
            Tensor index = Host.vector(at, cache.device()).reshape(shape).expand(source.shape());
            rows.add(cache.narrow(0, b, 1).scatter(axis, index, source));
        }
        return ShapeOps.cat(0, rows);
    }

    private static Tensor oneHot(Call c) {
        Tensor index = c.x();
        long depth = (long) c.double1(1);
        Tensor values = c.x(2);
        int axis = c.axis(-1, index.shape().rank() + 1);
        long[] sizes = new long[index.shape().rank() + 1];
        Arrays.fill(sizes, 1);
        sizes[axis] = depth;
        Tensor classes = Tensor.arange(depth).reshape(sizes).to(index.device());
        Tensor hot = positions(index, depth).unsqueeze(axis).eq(classes);
        Tensor off = values.select(0, 0);
        Tensor on = values.select(0, 1);
        if (values.dtype() == DType.BOOL) {
            return hot.and(on).or(hot.not().and(off));
        }
        return hot.where(on, off);
    }

    private static Tensor compress(Call c, Tensor x) {
        boolean[] condition = c.x(1).contiguous().toBooleanArray();
        Tensor from = c.hasAttribute("axis") ? x : x.flatten();
        int axis = c.hasAttribute("axis") ? c.axis(0, x.shape().rank()) : 0;
        long[] kept = new long[condition.length];
        int count = 0;
        for (int i = 0; i < condition.length && i < from.shape().size(axis); i++) {
            if (condition[i]) {
                kept[count++] = i;
            }
        }
        return from.indexSelect(axis, Host.vector(Arrays.copyOf(kept, count), x.device()));
    }

    private static OnnxValue[] topK(Call c) {
        Tensor x = c.x();
        int axis = c.axis(-1, x.shape().rank());
        long k = c.hasAttribute("k") ? c.i("k", 0) : c.long1(1);
        boolean largest = c.flag("largest", true);
        if (c.type(0) == ElementType.UINT64) {
            Tensor ordered = ArithmeticOps.ordered(x);
            Tensor at = ordered.sort(axis, largest).indices().narrow(axis, 0, k);
            return Call.out(new OnnxValue.Numbers(ElementType.UINT64, x.gather(axis, at)), OnnxValue.of(at));
        }
        // a stable sort, so that of equal elements the first come first
        Tensor at = x.sort(axis, largest).indices().narrow(axis, 0, k);
        return Call.out(new OnnxValue.Numbers(c.type(0), x.gather(axis, at)), OnnxValue.of(at));
    }

    private static OnnxValue[] unique(Call c) {
        Tensor x = c.x();
        boolean sorted = c.flag("sorted", true);
        boolean rows = c.hasAttribute("axis");
        int axis = rows ? c.axis(0, x.shape().rank()) : 0;
        Tensor seen = rows ? x : x.flatten();
        int count = (int) seen.shape().size(axis);
        double[] flat =
                Host.doubles(seen.transpose(0, axis).reshape(count, seen.shape().elements() / Math.max(1, count)));
        int width = count == 0 ? 0 : flat.length / count;
        Map<String, Integer> first = new LinkedHashMap<>();
        List<double[]> keys = new ArrayList<>();
        List<Long> firsts = new ArrayList<>();
        long[] inverse = new long[count];
        List<Long> counts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            double[] key = Arrays.copyOfRange(flat, i * width, (i + 1) * width);
            Integer at = first.putIfAbsent(Arrays.toString(key), keys.size());
            if (at == null) {
                at = keys.size();
                keys.add(key);
                firsts.add((long) i);
                counts.add(0L);
            }
            inverse[i] = at;
            counts.set(at, counts.get(at) + 1);
        }
        Integer[] order = new Integer[keys.size()];
        Arrays.setAll(order, i -> i);
        if (sorted) {
            Arrays.sort(order, (a, b) -> Arrays.compare(keys.get(a), keys.get(b)));
        }
        long[] rank = new long[order.length];
        long[] at = new long[order.length];
        long[] times = new long[order.length];
        for (int i = 0; i < order.length; i++) {
            rank[order[i]] = i;
            at[i] = firsts.get(order[i]);
            times[i] = counts.get(order[i]);
        }
        Arrays.setAll(inverse, i -> rank[(int) inverse[i]]);
        Tensor index = Host.vector(at, x.device());
        return Call.out(
                new OnnxValue.Numbers(c.type(0), seen.indexSelect(axis, index)),
                OnnxValue.of(index),
                OnnxValue.of(Host.vector(inverse, x.device())),
                OnnxValue.of(Host.vector(times, x.device())));
    }

    private static Tensor reverseSequence(Call c) {
        Tensor x = c.x();
        int batch = (int) c.i("batch_axis", 1);
        int time = (int) c.i("time_axis", 0);
        return reversed(x, Host.longs(c.x(1)), batch, time);
    }

    /** Each sequence of a batch reversed; what follows its end is left unchanged. */
    static Tensor reversed(Tensor x, long[] lengths, int batch, int time) {
        long times = x.shape().size(time);
        long[] at = new long[Math.toIntExact(times * lengths.length)];
        for (int b = 0; b < lengths.length; b++) {
            for (int t = 0; t < times; t++) {
                int position = batch < time ? b * (int) times + t : t * lengths.length + b;
                at[position] = t < lengths[b] ? lengths[b] - 1 - t : t;
            }
        }
        long[] sizes = new long[x.shape().rank()];
        Arrays.fill(sizes, 1);
        sizes[batch] = lengths.length;
        sizes[time] = times;
        return x.gather(time, Host.vector(at, x.device()).reshape(sizes).expand(x.shape()));
    }

    private static Tensor extract(Call c, Tensor x) {
        int last = x.shape().rank() - 1;
        Tensor index = c.x(1).reshape(c.x(1).shape().elements());
        Tensor picked = x.indexSelect(last, index);
        return x.shape().rank() == 1 ? picked.reshape(1, picked.shape().elements()) : picked;
    }
}
