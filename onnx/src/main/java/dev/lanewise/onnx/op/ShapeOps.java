package dev.lanewise.onnx.op;

import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.onnx.run.Operator;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Operators that change shapes, and cut and join tensors. */
public final class ShapeOps {
    private ShapeOps() {}

    static @Nullable Operator find(String name) {
        return switch (name) {
            case "Shape" -> c -> Call.out(shape(c));
            case "Size" -> c -> Call.out(Host.scalar(shapeOf(c.value(0)).elements()));
            case "Reshape" -> c -> c.moved(x -> reshape(c, x));
            case "Flatten" -> c -> c.moved(x -> flatten(c, x));
            case "Squeeze" -> c -> c.moved(x -> squeeze(c, x));
            case "Unsqueeze" -> c -> c.moved(x -> unsqueeze(c, x));
            case "Transpose" -> c -> c.moved(x -> transpose(c, x));
            case "Expand" -> c -> c.moved(x -> expand(c, x));
            case "Tile" -> c -> c.moved(x -> tile(c, x));
            case "Concat" -> ShapeOps::concat;
            case "Split" -> c -> split(c);
            case "Slice" -> c -> c.moved(x -> slice(c, x));
            case "Pad" -> c -> c.same(pad(c));
            case "DepthToSpace" -> c -> c.same(depthToSpace(c));
            case "SpaceToDepth" -> c -> c.same(spaceToDepth(c));
            case "CenterCropPad" -> c -> c.same(centerCropPad(c));
            default -> null;
        };
    }

    public static Shape shapeOf(OnnxValue value) {
        return switch (value) {
            case OnnxValue.Numbers numbers -> numbers.tensor().shape();
            case OnnxValue.Texts texts -> texts.shape();
            default -> throw new IllegalArgumentException("a tensor is needed, not " + value.describe());
        };
    }

    private static Tensor shape(Call c) {
        Shape shape = shapeOf(c.value(0));
        int rank = shape.rank();
        int start = (int) bounded(c.i("start", 0), rank);
        int end = (int) bounded(c.i("end", rank), rank);
        long[] sizes = start < end ? Arrays.copyOfRange(shape.toArray(), start, end) : new long[0];
        return Tensor.of(sizes, sizes.length);
    }

    private static long bounded(long at, long size) {
        return Math.clamp(at < 0 ? at + size : at, 0L, size);
    }

    private static Tensor reshape(Call c, Tensor x) {
        long[] sizes = c.hasAttribute("shape") ? c.ints("shape") : Host.longs(c.x(1));
        return reshape(x, sizes == null ? new long[0] : sizes, c.flag("allowzero", false));
    }

    /** The tensor with other sizes: 0 keeps the size of the same dimension unless zeros are allowed, -1 is inferred. */
    public static Tensor reshape(Tensor x, long[] sizes, boolean allowZero) {
        long[] target = sizes.clone();
        int open = -1;
        long known = 1;
        for (int d = 0; d < target.length; d++) {
            if (target[d] == 0 && !allowZero) {
                target[d] = x.shape().size(d);
            }
            if (target[d] == -1) {
                open = d;
            } else {
                known = Math.multiplyExact(known, target[d]);
            }
        }
        if (open >= 0) {
            target[open] = known == 0 ? 0 : x.shape().elements() / known;
        }
        return x.reshape(Shape.of(target));
    }

    private static Tensor flatten(Call c, Tensor x) {
        long[] sizes = x.shape().toArray();
        long axis = c.i("axis", 1);
        int at = Math.toIntExact(axis < 0 ? axis + sizes.length : axis);
        return x.reshape(Host.product(sizes, 0, at), Host.product(sizes, at, sizes.length));
    }

    private static long @Nullable [] axes(Call c) {
        return c.hasAttribute("axes") ? c.ints("axes") : c.longs(1);
    }

    private static Tensor squeeze(Call c, Tensor x) {
        long[] axes = axes(c);
        List<Long> sizes = new ArrayList<>();
        boolean[] gone = new boolean[x.shape().rank()];
        for (int d = 0; d < gone.length && axes == null; d++) {
            gone[d] = x.shape().size(d) == 1;
        }
        for (long axis : axes == null ? new long[0] : axes) {
            int dim = Call.dim(axis, gone.length);
            Call.check(
                    x.shape().size(dim) == 1,
                    "can't squeeze dimension " + dim + " of " + x.shape() + " (expected size 1)");
            gone[dim] = true;
        }
        for (int d = 0; d < gone.length; d++) {
            if (!gone[d]) {
                sizes.add(x.shape().size(d));
            }
        }
        return x.reshape(Shape.of(sizes));
    }

    private static Tensor unsqueeze(Call c, Tensor x) {
        long[] axes = axes(c);
        if (axes == null) {
            throw new IllegalArgumentException("axes are missing");
        }
        int rank = x.shape().rank() + axes.length;
        boolean[] added = new boolean[rank];
        for (long axis : axes) {
            int dim = Call.dim(axis, rank);
            Call.check(!added[dim], "axis " + axis + " is there twice (expected once)");
            added[dim] = true;
        }
        long[] sizes = new long[rank];
        int from = 0;
        for (int d = 0; d < rank; d++) {
            sizes[d] = added[d] ? 1 : x.shape().size(from++);
        }
        return x.reshape(Shape.of(sizes));
    }

    private static Tensor transpose(Call c, Tensor x) {
        long[] perm = c.ints("perm");
        int rank = x.shape().rank();
        int[] dims = new int[rank];
        for (int d = 0; d < rank; d++) {
            dims[d] = perm == null || perm.length == 0 ? rank - 1 - d : Call.dim(perm[d], rank);
        }
        return x.permute(dims);
    }

    private static Tensor expand(Call c, Tensor x) {
        return expand(x, Host.longs(c.x(1)));
    }

    public static Tensor expand(Tensor x, long[] sizes) {
        return x.expand(Shape.broadcast("expand", x.shape(), Shape.of(sizes)));
    }

    private static Tensor tile(Call c, Tensor x) {
        long[] times = Host.longs(c.x(1));
        if (c.inputs() == 3) { // opset 1: tiles and an axis
            long[] all = new long[x.shape().rank()];
            Arrays.fill(all, 1);
            all[Call.dim(c.long1(2), all.length)] = times[0];
            times = all;
        }
        return x.repeat(times);
    }

    private static OnnxValue[] concat(Call c) {
        if (c.isTexts(0)) {
            return Call.out(TextOps.concat(c));
        }
        List<Tensor> parts = new ArrayList<>();
        for (int i = 0; i < c.inputs(); i++) {
            c.sameType(0, i);
            parts.add(c.x(i));
        }
        return c.same(cat(c.axis(1, parts.getFirst().shape().rank()), parts));
    }

    static Tensor cat(int axis, List<Tensor> parts) {
        return parts.size() == 1 ? parts.getFirst() : Tensor.cat(axis, parts.toArray(Tensor[]::new));
    }

    private static OnnxValue[] split(Call c) {
        int rank = shapeOf(c.value(0)).rank();
        int axis = c.axis(0, rank);
        long[] sizes = c.hasAttribute("split") ? c.ints("split") : c.longs(1);
        OnnxValue[] parts;
        if (sizes == null) {
            long total = shapeOf(c.value(0)).size(axis);
            int count = (int) c.i("num_outputs", c.outputs());
            sizes = chunks(total, Math.ceilDiv(total, count), count);
        }
        parts = new OnnxValue[sizes.length];
        long start = 0;
        for (int i = 0; i < parts.length; i++) {
            long from = start;
            long size = sizes[i];
            parts[i] = Host.moved(c.value(0), x -> x.narrow(axis, from, size));
            start += size;
        }
        return parts;
    }

    static long[] chunks(long total, long size, int count) {
        long[] sizes = new long[count];
        long left = total;
        for (int i = 0; i < count; i++) {
            sizes[i] = Math.min(size, left);
            left -= sizes[i];
        }
        return sizes;
    }

    private static Tensor slice(Call c, Tensor x) {
        boolean old = c.hasAttribute("starts");
        long[] starts = old ? c.ints("starts") : c.longs(1);
        long[] ends = old ? c.ints("ends") : c.longs(2);
        long[] axes = old ? c.ints("axes") : c.longs(3);
        long[] steps = old ? null : c.longs(4);
        if (starts == null || ends == null) {
            throw new IllegalArgumentException("starts or ends are missing");
        }
        Tensor result = x;
        for (int i = 0; i < starts.length; i++) {
            int axis = Call.dim(axes == null ? i : axes[i], x.shape().rank());
            result = slice(result, axis, starts[i], ends[i], steps == null ? 1 : steps[i]);
        }
        return result;
    }

    private static Tensor slice(Tensor x, int axis, long start, long end, long step) {
        long size = x.shape().size(axis);
        Call.check(step != 0, "a step of 0 (expected another)");
        if (step > 0) {
            long from = bounded(start, size);
            long to = Math.max(from, bounded(end, size));
            return step == 1 ? x.narrow(axis, from, to - from) : x.slice(axis, from, to, step);
        }
        long from = Math.clamp(start < 0 ? start + size : start, -1L, size - 1);
        long to = Math.clamp(end < 0 ? end + size : end, -1L, size - 1);
        long count = from > to ? Math.ceilDiv(from - to, -Math.max(step, -Long.MAX_VALUE)) : 0;
        long[] positions = new long[Math.toIntExact(count)];
        for (int i = 0; i < positions.length; i++) {
            positions[i] = from + i * step;
        }
        return x.indexSelect(axis, Host.vector(positions, x.device()));
    }

    private static Tensor pad(Call c) {
        Tensor x = c.x();
        int rank = x.shape().rank();
        long[] pads =
                c.hasAttribute("pads") ? c.ints("pads") : c.hasAttribute("paddings") ? c.ints("paddings") : c.longs(1);
        long[] axes = c.longs(3);
        if (pads == null) {
            throw new IllegalArgumentException("pads are missing");
        }
        int count = pads.length / 2;
        String mode = c.s("mode", "constant");
        double value = c.has(2) ? c.double1(2) : c.f("value", 0);
        Tensor result = x;
        for (int i = 0; i < count; i++) {
            int axis = Call.dim(axes == null ? i : axes[i], rank);
            result = padded(result, axis, pads[i], pads[i + count], mode, value);
        }
        return result;
    }

    static Tensor padded(Tensor x, int axis, long before, long after, String mode, double value) {
        if (before == 0 && after == 0) {
            return x;
        }
        long size = x.shape().size(axis);
        long start = Math.max(0, -before);
        Tensor kept =
                before < 0 || after < 0 ? x.narrow(axis, start, Math.max(0, size - start - Math.max(0, -after))) : x;
        long left = Math.max(0, before);
        long right = Math.max(0, after);
        if (mode.equals("constant")) {
            if (left == 0 && right == 0) {
                return kept;
            }
            Tensor constant = Call.like(value, x);
            return Tensor.cat(
                    axis,
                    constant.expand(kept.shape().with(axis, left)),
                    kept,
                    constant.expand(kept.shape().with(axis, right)));
        }
        long inner = kept.shape().size(axis);
        long[] positions = new long[Math.toIntExact(left + inner + right)];
        for (int i = 0; i < positions.length; i++) {
            positions[i] = source(i - left, inner, mode);
        }
        return kept.indexSelect(axis, Host.vector(positions, x.device()));
    }

    private static long source(long at, long size, String mode) {
        return switch (mode) {
            case "edge" -> Math.clamp(at, 0, size - 1);
            case "wrap" -> Math.floorMod(at, size);
            case "reflect" -> {
                long period = Math.max(1, 2 * (size - 1));
                long in = Math.floorMod(at, period);
                yield in < size ? in : period - in;
            }
            default -> throw new IllegalArgumentException("mode " + mode + " of padding");
        };
    }

    private static Tensor depthToSpace(Call c) {
        Tensor x = c.x();
        long b = c.i("blocksize", 1);
        Shape s = x.shape();
        long n = s.size(0);
        long h = s.size(2);
        long w = s.size(3);
        long depth = s.size(1) / (b * b);
        Tensor moved = c.s("mode", "DCR").equals("DCR")
                ? x.reshape(n, b, b, depth, h, w).permute(0, 3, 4, 1, 5, 2)
                : x.reshape(n, depth, b, b, h, w).permute(0, 1, 4, 2, 5, 3);
        return moved.reshape(n, depth, h * b, w * b);
    }

    private static Tensor spaceToDepth(Call c) {
        Tensor x = c.x();
        long b = c.i("blocksize", 1);
        Shape s = x.shape();
        long n = s.size(0);
        long depth = s.size(1);
        long h = s.size(2) / b;
        long w = s.size(3) / b;
        Tensor split = x.reshape(n, depth, h, b, w, b);
        Tensor moved =
                c.s("mode", "DCR").equals("DCR") ? split.permute(0, 3, 5, 1, 2, 4) : split.permute(0, 1, 3, 5, 2, 4);
        return moved.reshape(n, depth * b * b, h, w);
    }

    private static Tensor centerCropPad(Call c) {
        Tensor x = c.x();
        long[] target = Host.longs(c.x(1));
        long[] axes = c.ints("axes");
        Tensor result = x;
        for (int i = 0; i < target.length; i++) {
            int axis = Call.dim(axes == null ? i : axes[i], x.shape().rank());
            long size = x.shape().size(axis);
            long more = target[i] - size;
            if (more < 0) {
                result = result.narrow(axis, -more / 2, target[i]);
            } else {
                result = padded(result, axis, more / 2, more - more / 2, "constant", 0);
            }
        }
        return x.dtype() == DType.BOOL ? result.to(DType.BOOL) : result;
    }
}
