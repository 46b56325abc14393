package dev.lanewise.onnx.op;

import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.format.Attribute;
import dev.lanewise.onnx.format.Elements;
import dev.lanewise.onnx.format.StoredTensor;
import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.onnx.run.Operator;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Operators that make tensors, and that change their types. */
final class CreationOps {
    private CreationOps() {}

    static @Nullable Operator find(String name) {
        return switch (name) {
            case "Constant" -> c -> Call.out(constant(c));
            case "ConstantOfShape" -> c -> Call.out(constantOfShape(c));
            case "Range" -> c -> c.same(range(c));
            case "EyeLike" ->
                c -> Call.typed(Elements.type(c.i("dtype", c.type(0).number())), eyeLike(c));
            case "Trilu" -> c -> c.same(trilu(c));
            case "Cast" -> c -> Call.out(Casts.cast(c.value(0), Elements.type(c.i("to", 1)), saturate(c)));
            case "CastLike" -> c -> Call.out(Casts.cast(c.value(0), typeOf(c.value(1)), saturate(c)));
            case "BitCast" -> c -> Call.out(Casts.bits(c.numbers(0), Elements.type(c.i("to", 1))));
            case "RandomUniform" -> c -> random(c, Shape.of(sizes(c)), Elements.type(c.i("dtype", 1)), true);
            case "RandomNormal" -> c -> random(c, Shape.of(sizes(c)), Elements.type(c.i("dtype", 1)), false);
            case "RandomUniformLike" -> c -> random(c, c.x().shape(), like(c), true);
            case "RandomNormalLike" -> c -> random(c, c.x().shape(), like(c), false);
            case "Bernoulli" ->
                c -> {
                    Tensor drawn = rand(c, c.x().shape()).lt(c.x().to(DType.F32));
                    return Call.typed(like(c), drawn.to(like(c).carrier()));
                };
            default -> null;
        };
    }

    private static boolean saturate(Call c) {
        return c.flag("saturate", true);
    }

    private static ElementType like(Call c) {
        return Elements.type(c.i("dtype", c.type(0).number()));
    }

    static ElementType typeOf(OnnxValue value) {
        return value instanceof OnnxValue.Numbers numbers ? numbers.type() : ElementType.STRING;
    }

    private static long[] sizes(Call c) {
        long[] shape = c.ints("shape");
        return shape == null ? new long[0] : shape;
    }

    private static Rng rng(Call c) {
        return new Rng(c.hasAttribute("seed") ? Double.doubleToLongBits(c.f("seed", 0)) : System.nanoTime());
    }

    private static Tensor rand(Call c, Shape shape) {
        return Tensor.zeros(shape.toArray()).randLike(rng(c));
    }

    private static OnnxValue[] random(Call c, Shape shape, ElementType type, boolean uniform) {
        if (uniform) {
            double low = c.f("low", 0);
            return Call.typed(type, rand(c, shape).mul(c.f("high", 1) - low).add(low));
        }
        Tensor normal = Tensor.zeros(shape.toArray()).randnLike(rng(c));
        return Call.typed(type, normal.mul(c.f("scale", 1)).add(c.f("mean", 0)));
    }

    private static OnnxValue constant(Call c) {
        for (Attribute attribute : c.node().attributes().values()) {
            StoredTensor tensor = attribute.tensor();
            switch (attribute.name()) {
                case "value", "sparse_value" -> {
                    if (tensor != null) {
                        return tensor.toValue();
                    }
                }
                case "value_float" -> {
                    return OnnxValue.of(Host.scalar(attribute.real()));
                }
                case "value_floats" -> {
                    return OnnxValue.of(Tensor.of(attribute.reals(), attribute.reals().length));
                }
                case "value_int" -> {
                    return OnnxValue.of(Host.scalar(attribute.whole()));
                }
                case "value_ints" -> {
                    return OnnxValue.of(Tensor.of(attribute.wholes(), attribute.wholes().length));
                }
                case "value_string" -> {
                    return new OnnxValue.Texts(Shape.SCALAR, java.util.List.of(attribute.text()));
                }
                case "value_strings" -> {
                    return new OnnxValue.Texts(Shape.of(attribute.texts().size()), attribute.texts());
                }
                default -> {}
            }
        }
        throw new IllegalArgumentException("no value");
    }

    private static OnnxValue constantOfShape(Call c) {
        Attribute value = c.attribute("value");
        StoredTensor stored = value == null ? null : value.tensor();
        OnnxValue filling = stored == null ? OnnxValue.of(Host.scalar(0f)) : stored.toValue();
        Shape shape = Shape.of(Host.longs(c.x()));
        return Host.moved(filling, x -> x.reshape().expand(shape).contiguous());
    }

    private static Tensor range(Call c) {
        Tensor start = c.x();
        if (start.dtype().isFloating()) {
            double from = c.double1(0);
            double step = c.double1(2);
            long count = Math.max(0, (long) Math.ceil((c.double1(1) - from) / step));
            double[] values = new double[Math.toIntExact(count)];
            Arrays.setAll(values, i -> from + i * step);
            return Host.of(values, start, count);
        }
        long from = c.long1(0);
        long step = c.long1(2);
        Call.check(step != 0, "a step of 0 (expected another)");
        long to = c.long1(1);
        long count =
                step > 0 ? Math.ceilDiv(Math.max(0, to - from), step) : Math.ceilDiv(Math.max(0, from - to), -step);
        long[] values = new long[Math.toIntExact(count)];
        Arrays.setAll(values, i -> from + i * step);
        return Host.of(values, start, count);
    }

    private static Tensor eyeLike(Call c) {
        Shape shape = c.x().shape();
        long k = c.i("k", 0);
        Tensor rows = Tensor.arange(shape.size(0)).reshape(shape.size(0), 1);
        Tensor columns = Tensor.arange(shape.size(1)).reshape(1, shape.size(1));
        ElementType type = Elements.type(c.i("dtype", c.type(0).number()));
        return columns.sub(rows).eq(k).to(type.carrier()).to(c.x().device());
    }

    private static Tensor trilu(Call c) {
        Tensor x = c.x();
        long k = c.has(1) ? c.long1(1) : 0;
        long h = x.shape().size(-2);
        long w = x.shape().size(-1);
        Tensor distance = Tensor.arange(w)
                .reshape(1, w)
                .sub(Tensor.arange(h).reshape(h, 1))
                .to(x.device());
        Tensor kept = c.flag("upper", true) ? distance.ge(k) : distance.le(k);
        return x.dtype() == DType.BOOL ? x.and(kept) : kept.where(x, Call.like(0, x));
    }
}
