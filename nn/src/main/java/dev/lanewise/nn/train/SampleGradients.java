package dev.lanewise.nn.train;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.BatchNorm;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.loss.Loss;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The gradients of a batch's samples one by one, for private training, influence of samples, or the scale of their noise: what
 * {@code torch.func.vmap(torch.func.grad(...))} gives.
 *
 * <p>Models made of {@link dev.lanewise.nn.Sequential} and {@link dev.lanewise.nn.Residual} over this library's layers
 * that treat each sample by itself (linear, convolutional, embedding, normalization by sample, activations by element,
 * pooling, dropout) are run once, with all samples. Others, such as recurrent layers, attention and layers of your own,
 * see one sample after the other, so that every layer can be in a model.
 */
public final class SampleGradients {
    private SampleGradients() {}

    /**
     * Computes the gradient of every sample of a batch by itself.
     *
     * @param model the model, whose random layers draw for each sample anew
     * @param loss the loss of a sample, as a batch of one
     * @param batch the samples
     * @return for each parameter that is not frozen its gradients {@code [n, ...]}, by full name; zeros where the loss does not
     *     depend on it
     * @throws TensorException if the model has normalization by the batch in training mode, in which samples have no
     *     gradients of their own, or all its parameters are frozen
     */
    public static Map<String, Tensor> of(Layer model, Loss loss, Batch batch) {
        checkSeparable(model);
        Map<String, Parameter> parameters = new LinkedHashMap<>(model.namedParameters());
        if (parameters.isEmpty()) {
            return Map.of();
        }
        int all = parameters.size();
        parameters.values().removeIf(Parameter::isFrozen);
        if (parameters.isEmpty()) {
            throw new TensorException("sample_gradients: " + model.getClass().getSimpleName() + " has " + all
                    + " parameters, all of them frozen (expected one that is trained); let"
                    + " it be trained again by freeze(false)");
        }
        try (Scope scope = Scope.open("gradients of samples")) {
            Task task = Task.of(model, loss);
            Map<Parameter, Tensor> found = batch.size() > 0 && AllSamples.canRun(model, parameters.values())
                    ? AllSamples.gradients(model, task, batch, parameters.values())
                    : oneByOne(task, batch, parameters.values());
            Map<String, Tensor> named = new LinkedHashMap<>();
            parameters.forEach((name, p) -> named.put(name, scope.keep(Objects.requireNonNull(found.get(p)))));
            return named;
        }
    }

    private static void checkSeparable(Layer model) {
        for (Layer layer : model.layers()) {
            if (layer instanceof BatchNorm && layer.isTraining()) {
                throw new TensorException("sample_gradients: the model has a "
                        + layer.getClass().getSimpleName()
                        + " in training mode, which mixes samples (expected layers that treat each sample by itself); call"
                        + " its eval(), or use GroupNorm");
            }
        }
    }

    private static Map<Parameter, Tensor> oneByOne(Task task, Batch batch, Iterable<Parameter> parameters) {
        Map<Parameter, List<Tensor>> all = new LinkedHashMap<>();
        parameters.forEach(p -> all.put(p, new ArrayList<>()));
        for (long i = 0; i < batch.size(); i++) {
            Batch one = sample(batch, i);
            Gradients gradients = Autograd.gradients(task.loss(task.forward(one), one));
            all.forEach((p, found) -> found.add(of(gradients, p)));
        }
        Map<Parameter, Tensor> stacked = new LinkedHashMap<>();
        all.forEach((p, found) -> stacked.put(p, found.isEmpty() ? zeros(p, 0) : stack(found)));
        return stacked;
    }

    /** One sample as a batch. */
    static Batch sample(Batch batch, long i) {
        return batch.map(tensor -> tensor.narrow(0, i, 1));
    }

    static Tensor stack(List<Tensor> tensors) {
        return Tensor.stack(0, tensors.toArray(Tensor[]::new));
    }

    /** The gradient, zeros where there is none. */
    static Tensor of(Gradients gradients, Parameter p) {
        return gradients.has(p.leaf())
                ? gradients.of(p.leaf())
                : Autograd.detach(p.leaf()).zerosLike();
    }

    /** No gradient of any of some samples. */
    static Tensor zeros(Parameter p, long samples) {
        Tensor leaf = p.leaf();
        return Tensor.full(
                0,
                leaf.dtype(),
                leaf.device(),
                Shape.of(samples).concat(leaf.shape()).toArray());
    }
}
