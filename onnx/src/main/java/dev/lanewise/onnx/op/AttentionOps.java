package dev.lanewise.onnx.op;

import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.format.Elements;
import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.onnx.run.Operator;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Attention and rotary positions. */
final class AttentionOps {
    private static final double NEVER = Double.NEGATIVE_INFINITY;

    private AttentionOps() {}

    static @Nullable Operator find(String name) {
        return switch (name) {
            case "Attention" -> AttentionOps::attention;
            case "RotaryEmbedding" -> c -> c.same(rotary(c));
            case "LinearAttention" -> AttentionOps::linear;
            default -> null;
        };
    }

    private static Tensor heads(Tensor x, long heads) {
        if (x.shape().rank() != 3) {
            return x;
        }
        Shape s = x.shape();
        return x.reshape(s.size(0), s.size(1), heads, s.size(2) / heads).transpose(1, 2);
    }

    private static Tensor repeated(Tensor x, long heads) {
        Shape s = x.shape();
        if (s.size(1) == heads) {
            return x;
        }
        long times = heads / s.size(1);
        return x.unsqueeze(2)
                .expand(s.size(0), s.size(1), times, s.size(2), s.size(3))
                .reshape(s.with(1, heads));
    }

    private static OnnxValue[] attention(Call c) {
        boolean flat = c.x().shape().rank() == 3;
        Tensor q = heads(c.x(), c.i("q_num_heads", 1));
        Tensor k = heads(c.x(1), c.i("kv_num_heads", 1));
        Tensor v = heads(c.x(2), c.i("kv_num_heads", 1));
        Tensor pastK = c.maybe(4);
        Tensor pastV = c.maybe(5);
        Tensor keys = pastK == null ? k : Tensor.cat(2, pastK, k);
        Tensor values = pastV == null ? v : Tensor.cat(2, pastV, v);
        Tensor bias = bias(c, q, keys, pastK);
        long h = q.shape().size(1);
        Tensor wideK = repeated(keys, h);
        Tensor wideV = repeated(values, h);
        double width = q.shape().size(3);
        double scale = c.f("scale", 1 / Math.sqrt(width));
        double cap = c.f("softcap", 0);
        boolean plain = cap == 0
                && !c.wants(3)
                && !c.hasAttribute("softmax_precision")
                && q.dtype().bytes() >= 4
                && width > 0;
        Tensor y;
        Tensor scores = null;
        if (plain) {
            Tensor scaled = c.hasAttribute("scale") ? q.mul(scale * Math.sqrt(width)) : q;
            y = scaled.attention(wideK, wideV, bias, false);
        } else {
            double root = Math.sqrt(scale);
            Tensor product = q.mul(root).matmul(wideK.mul(root).transpose(2, 3));
            scores = product;
            Tensor capped = cap > 0 ? product.div(cap).tanh().mul(cap) : product;
            Tensor biased = bias == null ? capped : capped.add(bias);
            DType precision = c.hasAttribute("softmax_precision")
                    ? Elements.type(c.i("softmax_precision", 1)).carrier()
                    : biased.dtype();
            Tensor weights = weights(biased.to(precision)).to(q.dtype());
            scores = switch ((int) c.i("qk_matmul_output_mode", 0)) {
                case 1 -> capped;
                case 2 -> biased;
                case 3 -> weights;
                default -> product;
            };
            y = weights.matmul(wideV);
        }
        if (flat) {
            Shape s = y.shape();
            y = y.transpose(1, 2).reshape(s.size(0), s.size(2), s.size(1) * s.size(3));
        }
        Tensor shown = scores == null ? y : scores;
        return Call.out(OnnxValue.of(y), OnnxValue.of(keys), OnnxValue.of(values), OnnxValue.of(shown));
    }

    /** A query that sees no key gives every key the weight 0. */
    private static Tensor weights(Tensor scores) {
        Tensor nothing = scores.amax(scores.shape().rank() - 1, Keep.KEEP).eq(NEVER);
        Tensor safe = nothing.where(scores.zerosLike(), scores);
        return nothing.where(scores.zerosLike(), safe.softmax(-1));
    }

    /** What is added to the scores: the mask, the causal one, the window and the padding, or null if there is none. */
    private static @Nullable Tensor bias(Call c, Tensor q, Tensor keys, @Nullable Tensor pastK) {
        long l = q.shape().size(2);
        long s = keys.shape().size(2);
        Tensor bias = null;
        Tensor mask = c.maybe(3);
        if (mask != null) {
            boolean truth = mask.dtype() == DType.BOOL;
            Tensor added = truth ? never(mask.not(), q) : mask.to(q.dtype());
            long lacking = s - added.shape().size(-1);
            bias = lacking > 0 && added.shape().size(-1) != 1
                    ? ShapeOps.padded(added, added.shape().rank() - 1, 0, lacking, "constant", NEVER)
                    : lacking > 0
                            ? ShapeOps.padded(added, added.shape().rank() - 1, 0, lacking, "constant", NEVER)
                            : added;
        }
        long[] valid = c.longs(6);
        long left = c.i("left_window_size", -1);
        long right = c.i("right_window_size", -1);
        boolean causal = c.flag("is_causal", false);
        if (causal || left >= 0 || right >= 0) {
            Tensor rows = Tensor.arange(l).reshape(l, 1).to(q.device());
            Tensor offset;
            if (pastK != null) {
                offset = rows.add(pastK.shape().size(2));
            } else if (valid != null) {
                offset = Host.vector(valid, q.device())
                        .reshape(valid.length, 1, 1, 1)
                        .sub(l)
                        .add(rows);
            } else {
                offset = rows;
            }
            Tensor columns = Tensor.arange(s).reshape(1, s).to(q.device());
            Tensor hidden = causal ? columns.gt(offset) : columns.lt(0L).and(offset.lt(Long.MIN_VALUE));
            hidden = left >= 0 ? hidden.or(columns.lt(offset.sub(left))) : hidden;
            hidden = right >= 0 ? hidden.or(columns.gt(offset.add(right))) : hidden;
            bias = plus(bias, never(hidden, q));
        }
        if (valid != null) {
            Tensor ends = Host.vector(valid, q.device()).reshape(valid.length, 1, 1, 1);
            bias = plus(bias, never(Tensor.arange(s).to(q.device()).ge(ends), q));
        }
        return bias;
    }

    private static Tensor plus(@Nullable Tensor a, Tensor b) {
        return a == null ? b : a.add(b);
    }

    private static Tensor never(Tensor where, Tensor like) {
        return where.where(Call.like(NEVER, like), Call.like(0, like));
    }

    private static Tensor rotary(Call c) {
        Tensor x = c.x();
        boolean flat = x.shape().rank() == 3;
        Shape s = x.shape();
        Tensor heads = flat
                ? x.reshape(s.size(0), s.size(1), c.i("num_heads", 1), s.size(2) / c.i("num_heads", 1))
                : x.transpose(1, 2);
        long width = heads.shape().size(3);
        long rotated = c.i("rotary_embedding_dim", 0) == 0 ? width : c.i("rotary_embedding_dim", 0);
        Tensor turned = heads.narrow(3, 0, rotated);
        Tensor cos = cache(c, 1, heads);
        Tensor sin = cache(c, 2, heads);
        boolean interleaved = c.flag("interleaved", false);
        Tensor a = interleaved ? turned.slice(3, 0, rotated, 2) : turned.narrow(3, 0, rotated / 2);
        Tensor b = interleaved ? turned.slice(3, 1, rotated, 2) : turned.narrow(3, rotated / 2, rotated / 2);
        Tensor real = a.mul(cos).sub(b.mul(sin));
        Tensor imaginary = a.mul(sin).add(b.mul(cos));
        Tensor result =
                interleaved ? Tensor.stack(4, real, imaginary).reshape(turned.shape()) : Tensor.cat(3, real, imaginary);
        if (rotated < width) {
            result = Tensor.cat(3, result, heads.narrow(3, rotated, width - rotated));
        }
        return flat ? result.reshape(s) : result.transpose(1, 2);
    }

    private static Tensor cache(Call c, int input, Tensor heads) {
        Tensor cache = c.x(input);
        Tensor positions = c.maybe(3);
        if (positions != null) {
            Shape shape = positions.shape().concat(Shape.of(cache.shape().size(-1)));
            cache = cache.indexSelect(
                            0, positions.to(DType.I64).reshape(positions.shape().elements()))
                    .reshape(shape);
        }
        Shape s = heads.shape();
        return cache.reshape(cache.shape().size(0), s.size(1), 1, cache.shape().size(-1))
                .to(heads.dtype());
    }

    private static OnnxValue[] linear(Call c) {
        long qHeads = c.i("q_num_heads", 1);
        long kvHeads = c.i("kv_num_heads", 1);
        String rule = c.s("update_rule", "gated_delta");
        boolean gated = rule.contains("gated");
        boolean delta = rule.contains("delta");
        Tensor q = heads(c.x().to(DType.F32), qHeads);
        Tensor k = heads(c.x(1).to(DType.F32), kvHeads);
        Tensor v = heads(c.x(2).to(DType.F32), kvHeads);
        Shape s = k.shape();
        long times = s.size(2);
        double given = c.f("scale", 0);
        double scale = given == 0 ? 1 / Math.sqrt(q.shape().size(3)) : given;
        Tensor past = c.maybe(3);
        Tensor state = past == null
                ? Tensor.full(
                        0,
                        DType.F32,
                        q.device(),
                        s.size(0),
                        kvHeads,
                        s.size(3),
                        v.shape().size(3))
                : past.to(DType.F32);
        Tensor decay = gated ? heads(c.x(4).to(DType.F32), kvHeads) : null;
        Tensor beta = delta ? heads(c.x(5).to(DType.F32), c.x(5).shape().size(2)) : null;
        List<Tensor> outputs = new ArrayList<>();
        for (int t = 0; t < times; t++) {
            Tensor key = k.narrow(2, t, 1);
            Tensor value = v.narrow(2, t, 1);
            if (decay != null) {
                state = state.mul(decay.narrow(2, t, 1).exp().transpose(2, 3));
            }
            if (beta != null) {
                value = beta.narrow(2, t, 1).mul(value.sub(key.matmul(state)));
            }
            state = state.add(key.transpose(2, 3).matmul(value));
            outputs.add(q.narrow(2, t, 1).matmul(repeated(state, qHeads)).mul(scale));
        }
        Tensor y = ShapeOps.cat(2, outputs).transpose(1, 2);
        Shape ys = y.shape();
        Tensor flat = y.reshape(ys.size(0), ys.size(1), ys.size(2) * ys.size(3)).to(c.x().dtype());
        return Call.out(OnnxValue.of(flat), OnnxValue.of(state.to(past == null ? c.x().dtype() : past.dtype())));
    }
}
