package dev.lanewise.nn.train;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.autograd.Graph;
import dev.lanewise.nn.Conv1d;
import dev.lanewise.nn.Conv2d;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.Window;
import dev.lanewise.tensor.op.conv.Convolution2d;
import dev.lanewise.tensor.op.conv.Convolution2dWeightGrad;
import dev.lanewise.tensor.spi.Windows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The gradients of a layer's parameters for each sample, of its inputs and the gradients with respect to its results. */
final class SampleRules {
    private SampleRules() {}

    /**
     * Computes the gradients of the parameters that are not frozen.
     *
     * @param layer a layer that treats each sample by itself
     * @param x its input {@code [n, ...]}, a constant
     * @param g the gradient with respect to its result {@code [n, ...]}
     * @return gradients {@code [n, ...]}
     */
    static Map<Parameter, Tensor> gradients(Layer layer, Tensor x, Tensor g) {
        Map<Parameter, Tensor> found = new LinkedHashMap<>();
        switch (layer) {
            case Linear linear -> {
                if (x.shape().rank() == 1) {
                    oneByOne(linear, x, g, found);
                } else {
                    put(found, linear.weight(), product(perPlace(g), perPlace(x)));
                    put(found, linear.bias(), perPlace(g).sum(1));
                }
            }
            case Conv1d conv -> {
                put(found, conv.weight(), convolution(x, g, conv.window(), conv.groups(), conv.weight()));
                put(found, conv.bias(), g.sum(2));
            }
            case Conv2d conv -> {
                put(found, conv.weight(), convolution(x, g, conv.window(), conv.groups(), conv.weight()));
                put(found, conv.bias(), g.sum(2, 3));
            }
            case Embedding embedding -> put(found, embedding.weight(), rows(embedding, x, g));
            default -> oneByOne(layer, x, g, found);
        }
        return found;
    }

    private static void put(Map<Parameter, Tensor> found, @Nullable Parameter p, Tensor gradient) {
        if (p != null && !p.isFrozen()) {
            found.put(p, gradient);
        }
    }

    /** {@code [n, ..., d]} as {@code [n, places, d]}. */
    private static Tensor perPlace(Tensor t) {
        int rank = t.shape().rank();
        return rank == 2 ? t.unsqueeze(1) : t.flatten(1, rank - 2);
    }

    /** The products {@code [n, out, in]} of {@code [n, places, out]} and {@code [n, places, in]}, summed over the places. */
    private static Tensor product(Tensor g, Tensor x) {
        return g.shape().size(1) == 1
                ? g.transpose(1, 2).mul(x)
                : g.transpose(1, 2).matmul(x);
    }

    /** The samples as groups of one image's channels: then each has a weight of its own, and a gradient of it. */
    private static Tensor convolution(Tensor x, Tensor g, Window window, int groups, Parameter weight) {
        Shape shape = weight.leaf().shape();
        long n = x.shape().size(0);
        Shape weights = shape.with(0, n * shape.size(0));
        Convolution2d one =
                Windows.convolution2d("gradients of samples", window, weights, Math.toIntExact(n * groups), false);
        long rows = shape.rank() == 3 ? 1 : shape.size(2);
        return Tensor.apply(new Convolution2dWeightGrad(one, rows, shape.size(-1)), asOne(g), asOne(x))
                .reshape(Shape.of(n).concat(shape).toArray());
    }

    /** {@code [n, c, (h,) w]} as one image {@code [1, n c, h, w]}; a signal has one row. */
    private static Tensor asOne(Tensor samples) {
        Tensor channels = samples.flatten(0, 1).unsqueeze(0);
        return samples.shape().rank() == 3 ? channels.unsqueeze(2) : channels;
    }

    /** The rows that each sample looked up in a table of its own. */
    private static Tensor rows(Embedding embedding, Tensor numbers, Tensor g) {
        Shape shape = embedding.weight().leaf().shape();
        long n = numbers.shape().size(0);
        long[] sizes = numbers.shape().toArray();
        Arrays.fill(sizes, 1);
        sizes[0] = n;
        Tensor first = Tensor.arange(n).to(numbers.device()).mul(shape.size(0)).reshape(sizes);
        Tensor upstream = embedding.padding() == Embedding.NO_PADDING
                ? g
                : g.maskedFill(numbers.eq(embedding.padding()).unsqueeze(-1), 0);
        Tensor tables = Autograd.watch(Tensor.full(0, g.dtype(), g.device(), n * shape.size(0), shape.size(1)));
        Tensor looked = tables.embedding(numbers.to(DType.I64).add(first));
        return Autograd.gradients(new Tensor[] {looked}, new Tensor[] {upstream}, new Tensor[] {tables}, Graph.RELEASE)
                .of(tables)
                .reshape(n, shape.size(0), shape.size(1));
    }

    private static void oneByOne(Layer layer, Tensor x, Tensor g, Map<Parameter, Tensor> found) {
        List<Parameter> parameters = layer.namedParameters().values().stream()
                .filter(p -> !p.isFrozen())
                .toList();
        if (parameters.isEmpty()) {
            return;
        }
        Map<Parameter, List<Tensor>> all = new LinkedHashMap<>();
        parameters.forEach(p -> all.put(p, new ArrayList<>()));
        for (long i = 0; i < x.shape().size(0); i++) {
            Tensor y = layer.forward(x.narrow(0, i, 1));
            Gradients gradients = Autograd.gradients(new Tensor[] {y}, new Tensor[] {g.narrow(0, i, 1)}, Graph.RELEASE);
            all.forEach((p, single) -> single.add(SampleGradients.of(gradients, p)));
        }
        all.forEach((p, single) -> found.put(p, SampleGradients.stack(single)));
    }
}
