package dev.lanewise.onnx.op;

import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.onnx.run.Operator;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Reductions over dimensions. */
final class ReductionOps {
    private ReductionOps() {}

    /** A reduction over the given dimensions, which stay with size 1. */
    private interface Reducer {
        Tensor reduce(Tensor x, int[] dims);
    }

    static @Nullable Operator find(String name) {
        return switch (name) {
            case "ReduceSum" -> reduction(ReductionOps::sum);
            case "ReduceMean" ->
                reduction((x, dims) -> x.dtype().isFloating()
                        ? x.mean(dims, Keep.KEEP)
                        : x.to(DType.F64).mean(dims, Keep.KEEP).to(x.dtype()));
            case "ReduceProd" -> reduction((x, dims) -> x.prod(dims, Keep.KEEP).to(x.dtype()));
            case "ReduceMax" -> reduction((x, dims) -> extreme(x, dims, true));
            case "ReduceMin" -> reduction((x, dims) -> extreme(x, dims, false));
            case "ReduceL1" -> reduction((x, dims) -> sum(x.abs(), dims));
            case "ReduceL2" -> reduction((x, dims) -> real(x, dims, ReductionOps::l2));
            case "ReduceSumSquare" -> reduction((x, dims) -> sum(x.mul(x), dims));
            case "ReduceLogSum" ->
                reduction((x, dims) -> real(x, dims, (y, at) -> sum(y, at).log()));
            case "ReduceLogSumExp" -> reduction((x, dims) -> real(x, dims, ReductionOps::logSumExp));
            case "ArgMax" -> c -> Call.out(arg(c, true));
            case "ArgMin" -> c -> Call.out(arg(c, false));
            case "CumSum" -> c -> c.same(cumulated(c, true));
            case "CumProd" -> c -> c.same(cumulated(c, false));
            default -> null;
        };
    }

    private static Operator reduction(Reducer reducer) {
        return c -> {
            Tensor x = c.x();
            int rank = x.shape().rank();
            long[] axes = c.hasAttribute("axes") ? c.ints("axes") : c.longs(1);
            if ((axes == null || axes.length == 0) && c.flag("noop_with_empty_axes", false)) {
                return c.same(reducer.reduce(x, new int[0]));
            }
            int[] dims = dims(axes, rank);
            Tensor reduced = reducer.reduce(x, dims);
            return c.same(c.flag("keepdims", true) || dims.length == 0 ? reduced : reduced.squeeze(dims));
        };
    }

    private static int[] dims(long @Nullable [] axes, int rank) {
        if (axes == null || axes.length == 0) {
            return Host.range(0, rank);
        }
        int[] dims = new int[axes.length];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = Call.dim(axes[i], rank);
        }
        return dims;
    }

    private static Tensor real(Tensor x, int[] dims, Reducer reducer) {
        return x.dtype().isFloating()
                ? reducer.reduce(x, dims)
                : reducer.reduce(x.to(DType.F64), dims).to(x.dtype());
    }

    private static Tensor sum(Tensor x, int[] dims) {
        return dims.length == 0 ? x : x.sum(dims, Keep.KEEP).to(x.dtype());
    }

    private static Tensor l2(Tensor x, int[] dims) {
        return sum(x.square(), dims).sqrt();
    }

    private static Tensor logSumExp(Tensor x, int[] dims) {
        return dims.length == 0 ? x : isEmpty(x, dims) ? sum(x, dims).log() : x.logSumExp(dims, Keep.KEEP);
    }

    private static boolean isEmpty(Tensor x, int[] dims) {
        for (int dim : dims) {
            if (x.shape().size(dim) == 0) {
                return true;
            }
        }
        return false;
    }

    /** The largest or smallest element; without elements, the smallest or largest value of the type. */
    private static Tensor extreme(Tensor x, int[] dims, boolean most) {
        if (dims.length == 0) {
            return x;
        }
        if (x.dtype() == DType.BOOL) {
            return extreme(x.to(DType.U8), dims, most).to(DType.BOOL);
        }
        if (isEmpty(x, dims)) {
            Shape shape = x.shape();
            for (int dim : dims) {
                shape = shape.with(dim, 1);
            }
            double bound = x.dtype().isFloating() ? Double.POSITIVE_INFINITY : 0;
            long whole = switch (x.dtype()) {
                case I8 -> most ? Byte.MIN_VALUE : Byte.MAX_VALUE;
                case U8 -> most ? 0 : 255;
                case I32 -> most ? Integer.MIN_VALUE : Integer.MAX_VALUE;
                default -> most ? Long.MIN_VALUE : Long.MAX_VALUE;
            };
            Number value = x.dtype().isFloating() ? (Number) (most ? -bound : bound) : (Number) whole;
            return Tensor.full(value, x.dtype(), x.device(), shape.toArray());
        }
        return most ? x.amax(dims, Keep.KEEP) : x.amin(dims, Keep.KEEP);
    }

    private static Tensor arg(Call c, boolean most) {
        Tensor x = c.type(0) == ElementType.UINT64 ? ArithmeticOps.ordered(c.x()) : c.x();
        int axis = c.axis(0, x.shape().rank());
        boolean last = c.flag("select_last_index", false);
        Tensor seen = last ? x.flip(axis) : x;
        Tensor at = most ? seen.argmax(axis, Keep.KEEP) : seen.argmin(axis, Keep.KEEP);
        if (last) {
            at = at.rsub(x.shape().size(axis) - 1);
        }
        return c.flag("keepdims", true) ? at : at.squeeze(axis);
    }

    private static Tensor cumulated(Call c, boolean sum) {
        Tensor x = c.x();
        int axis = Call.dim(c.long1(1), x.shape().rank());
        boolean reverse = c.flag("reverse", false);
        Tensor ordered = reverse ? x.flip(axis) : x;
        Tensor result = (sum ? ordered.cumsum(axis) : ordered.cumprod(axis)).to(x.dtype());
        if (c.flag("exclusive", false) && x.shape().size(axis) > 0) {
            Tensor first = Call.like(sum ? 0 : 1, x).expand(x.shape().with(axis, 1));
            result = Tensor.cat(axis, first, result.narrow(axis, 0, x.shape().size(axis) - 1));
        }
        return reverse ? result.flip(axis) : result;
    }
}
