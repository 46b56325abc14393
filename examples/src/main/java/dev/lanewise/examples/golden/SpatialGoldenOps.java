package dev.lanewise.examples.golden;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.spatial.AvgPool3d;
import dev.lanewise.nn.spatial.Conv3d;
import dev.lanewise.nn.spatial.ConvTranspose1d;
import dev.lanewise.nn.spatial.ConvTranspose3d;
import dev.lanewise.nn.spatial.Fold;
import dev.lanewise.nn.spatial.LocalResponseNorm;
import dev.lanewise.nn.spatial.MaxPool3d;
import dev.lanewise.nn.spatial.PixelShuffle;
import dev.lanewise.nn.spatial.PixelUnshuffle;
import dev.lanewise.nn.spatial.ReflectionPad;
import dev.lanewise.nn.spatial.ReplicationPad;
import dev.lanewise.nn.spatial.Softmax2d;
import dev.lanewise.nn.spatial.Unfold;
import dev.lanewise.nn.spatial.ZeroPad;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.Window;
import dev.lanewise.testkit.golden.Attributes;
import dev.lanewise.testkit.golden.GoldenOp;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Adapters from reference cases to layers of signals, images and volumes. */
final class SpatialGoldenOps {
    private final Map<String, GoldenOp> ops = new HashMap<>();

    private SpatialGoldenOps() {}

    static Map<String, GoldenOp> ops() {
        SpatialGoldenOps all = new SpatialGoldenOps();
        all.convolutions();
        all.others();
        return all.ops;
    }

    private void convolutions() {
        weighted(
                "conv3d",
                (w, a) -> new Conv3d(
                        w.size(1) * a.integer("groups"), w.size(0), window(a, w), a.dim("groups"), true, new Rng(0)));
        weighted(
                "conv_transpose3d",
                (w, a) -> new ConvTranspose3d(
                        w.size(0), w.size(1) * a.integer("groups"), window(a, w), a.dim("groups"), true, new Rng(0)));
        weighted(
                "conv_transpose1d",
                (w, a) -> new ConvTranspose1d(
                        w.size(0), w.size(1) * a.integer("groups"), window(a, w), a.dim("groups"), true, new Rng(0)));
    }

    private void others() {
        layer("max_pool3d", a -> new MaxPool3d(pooling(a)));
        layer("avg_pool3d", a -> new AvgPool3d(pooling(a), a.flag("count_include_pad")));
        layer("pixel_shuffle", a -> new PixelShuffle(a.dim("factor")));
        layer("pixel_unshuffle", a -> new PixelUnshuffle(a.dim("factor")));
        layer("unfold", a -> new Unfold(columns(a)));
        layer("fold", a -> new Fold(a.integers("size")[0], a.integers("size")[1], columns(a)));
        layer(
                "local_response_norm",
                a -> new LocalResponseNorm(a.dim("size"), a.number("alpha"), a.number("beta"), a.number("k")));
        layer("softmax2d", a -> new Softmax2d());
        layer("zero_pad", a -> new ZeroPad(a.integers("pad")));
        layer("reflection_pad", a -> new ReflectionPad(a.integers("pad")));
        layer("replication_pad", a -> new ReplicationPad(a.integers("pad")));
    }

    private static Window window(Attributes a, Shape weight) {
        int[] kernel = Arrays.stream(weight.slice(2, weight.rank()).toArray())
                .mapToInt(Math::toIntExact)
                .toArray();
        Window window = Window.of(kernel)
                .stride(a.dims("stride"))
                .padding(a.dims("padding"))
                .dilation(a.dims("dilation"));
        return a.has("output_padding") ? window.outputPadding(a.dims("output_padding")) : window;
    }

    private static Window pooling(Attributes a) {
        Window window = Window.of(a.dims("kernel")).stride(a.dims("stride")).padding(a.dims("padding"));
        Window dilated = a.has("dilation") ? window.dilation(a.dims("dilation")) : window;
        return a.flag("ceil_mode") ? dilated.ceil() : dilated;
    }

    private static Window columns(Attributes a) {
        return Window.of(a.dims("kernel"))
                .stride(a.dims("stride"))
                .padding(a.dims("padding"))
                .dilation(a.dims("dilation"));
    }

    private void layer(String name, Function<Attributes, Layer> layer) {
        ops.put(name, (in, a) -> List.of(layer.apply(a).forward(NnGoldenOps.input(in, "x"))));
    }

    /** A layer whose sizes follow from its weight's. */
    private void weighted(String name, BiFunction<Shape, Attributes, Layer> make) {
        ops.put(name, (in, a) -> {
            Tensor x = NnGoldenOps.input(in, "x");
            Layer layer = make.apply(NnGoldenOps.input(in, "weight").shape(), a);
            layer.to(x.device());
            Map<String, Tensor> parameters = new LinkedHashMap<>(in);
            parameters.remove("x");
            return layer.functionalCall(parameters, () -> List.of(layer.forward(x)));
        });
    }
}
