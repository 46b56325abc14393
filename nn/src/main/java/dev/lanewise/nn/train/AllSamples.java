package dev.lanewise.nn.train;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.autograd.Graph;
import dev.lanewise.nn.Activation;
import dev.lanewise.nn.AdaptiveAvgPool2d;
import dev.lanewise.nn.AvgPool1d;
import dev.lanewise.nn.AvgPool2d;
import dev.lanewise.nn.BatchNorm;
import dev.lanewise.nn.Conv1d;
import dev.lanewise.nn.Conv2d;
import dev.lanewise.nn.ConvTranspose2d;
import dev.lanewise.nn.Dropout;
import dev.lanewise.nn.Flatten;
import dev.lanewise.nn.GroupNorm;
import dev.lanewise.nn.Identity;
import dev.lanewise.nn.InstanceNorm;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.LayerNorm;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.MaxPool1d;
import dev.lanewise.nn.MaxPool2d;
import dev.lanewise.nn.PReLU;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Residual;
import dev.lanewise.nn.RmsNorm;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.dropout.Dropout2d;
import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.nn.spatial.AvgPool3d;
import dev.lanewise.nn.spatial.Conv3d;
import dev.lanewise.nn.spatial.ConvTranspose1d;
import dev.lanewise.nn.spatial.ConvTranspose3d;
import dev.lanewise.nn.spatial.MaxPool3d;
import dev.lanewise.tensor.Autocast;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A pass of all samples through layers that treat each by itself. The gradients with respect to the results of layers with
 * parameters then hold a sample's share in each of their rows, of which {@link SampleRules} makes gradients of parameters.
 */
final class AllSamples {
    private final List<Use> uses = new ArrayList<>();

    private AllSamples() {}

    /**
     * A call of a layer with parameters.
     *
     * @param layer the layer
     * @param x its input, a constant
     * @param y its result, a leaf that receives the gradient
     */
    private record Use(Layer layer, Tensor x, Tensor y) {}

    /** Whether a model has only layers whose treatment of samples is known, which use all of some parameters. */
    static boolean canRun(Layer model, Collection<Parameter> parameters) {
        Set<Parameter> used = new HashSet<>();
        return Autocast.current() == null && isKnown(model, used) && used.containsAll(parameters);
    }

    private static boolean isKnown(Layer layer, Set<Parameter> used) {
        if (layer.isHooked() || layer.isAdapted()) {
            return false;
        }
        if (layer instanceof Sequential || layer instanceof Residual) {
            return layer.children().values().stream().allMatch(child -> isKnown(child, used));
        }
        used.addAll(layer.namedParameters().values());
        // of what is parametrized, the parameters are those of a child
        return layer.children().isEmpty() && (hasRule(layer) || isWithoutParameters(layer));
    }

    private static boolean hasRule(Layer layer) {
        return switch (layer) {
            case Linear linear -> linear.packed() == null;
            case BatchNorm norm -> !norm.isTraining();
            default ->
                layer instanceof Conv1d
                        || layer instanceof Conv2d
                        || layer instanceof Conv3d
                        || layer instanceof ConvTranspose1d
                        || layer instanceof ConvTranspose2d
                        || layer instanceof ConvTranspose3d
                        || layer instanceof Embedding
                        || layer instanceof LayerNorm
                        || layer instanceof RmsNorm
                        || layer instanceof GroupNorm
                        || layer instanceof InstanceNorm
                        || layer instanceof PReLU;
        };
    }

    private static boolean isWithoutParameters(Layer layer) {
        return switch (layer) {
            case Activation activation -> activation.isElementwise();
            case Flatten flatten -> flatten.isAllButFirst();
            default ->
                layer instanceof ReLU
                        || layer instanceof Identity
                        || layer instanceof Dropout
                        || layer instanceof Dropout2d
                        || layer instanceof AdaptiveAvgPool2d
                        || layer instanceof AvgPool1d
                        || layer instanceof AvgPool2d
                        || layer instanceof AvgPool3d
                        || layer instanceof MaxPool1d
                        || layer instanceof MaxPool2d
                        || layer instanceof MaxPool3d;
        };
    }

    static Map<Parameter, Tensor> gradients(Layer model, Task task, Batch batch, Collection<Parameter> parameters) {
        AllSamples pass = new AllSamples();
        // gradients of whole parameters would be computed for nothing
        Map<String, Tensor> constants = new HashMap<>();
        model.namedParameters().forEach((name, p) -> constants.put(name, Autograd.detach(p.leaf())));
        Tensor results = model.functionalCall(constants, () -> pass.run(model, batch.x()));
        int n = Math.toIntExact(batch.size());
        Tensor[] losses = new Tensor[n];
        Tensor[] upstream = new Tensor[n];
        for (int i = 0; i < n; i++) {
            losses[i] = task.loss(List.of(results.narrow(0, i, 1)), SampleGradients.sample(batch, i));
            upstream[i] = losses[i].onesLike();
        }
        Tensor[] leaves = pass.uses.stream().map(Use::y).toArray(Tensor[]::new);
        Gradients gradients = Autograd.gradients(losses, upstream, leaves, Graph.RELEASE);
        Map<Parameter, Tensor> sums = new HashMap<>();
        for (Use use : pass.uses) {
            if (gradients.has(use.y)) {
                SampleRules.gradients(use.layer, use.x, gradients.of(use.y))
                        .forEach((p, gradient) -> sums.merge(p, gradient, Tensor::add));
            }
        }
        parameters.forEach(p -> sums.computeIfAbsent(p, absent -> SampleGradients.zeros(absent, n)));
        return sums;
    }

    private Tensor run(Layer layer, Tensor x) {
        if (layer instanceof Sequential sequential) {
            Tensor y = x;
            for (int i = 0; i < sequential.size(); i++) {
                y = run(sequential.get(i), y);
            }
            return y;
        }
        if (layer instanceof Residual residual) {
            return run(residual.layer("body"), x).add(run(residual.layer("shortcut"), x));
        }
        Tensor y = layer.forward(x);
        if (!hasRule(layer)) {
            return y;
        }
        Tensor leaf = Autograd.watch(Autograd.detach(y));
        uses.add(new Use(layer, Autograd.detach(x), leaf));
        return Autograd.apply(new Split(), y, leaf);
    }

    /** The first of two tensors of equal values; the gradient goes to both. */
    private record Split() implements Autograd.CustomOp {
        @Override
        public String name() {
            return "gradients of samples";
        }

        @Override
        public Tensor forward(Tensor[] inputs) {
            return Autograd.detach(inputs[0]);
        }

        @Override
        public Tensor[] backward(Tensor upstream, Tensor[] inputs, Tensor output) {
            return new Tensor[] {upstream, upstream};
        }

        @Override
        public boolean looksBack() {
            return false;
        }
    }
}
