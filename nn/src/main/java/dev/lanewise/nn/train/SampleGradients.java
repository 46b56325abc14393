package dev.lanewise.nn.train;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.loss.Loss;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The gradients of a batch's samples one by one, for private training, influence of samples, or the scale of their noise. The
 * samples go through the model each by itself, so that every layer can be in it; normalization by the batch sees a batch of one.
 */
public final class SampleGradients {
    private SampleGradients() {}

    /**
     * Computes the gradient of every sample of a batch by itself.
     *
     * @param model the model, whose random layers draw for each sample anew
     * @param loss the loss of a sample
     * @param batch the samples
     * @return for each parameter that is not frozen its gradients {@code [n, ...]}, by full name; zeros where the loss does not
     *     depend on it
     */
    public static Map<String, Tensor> of(Layer model, Loss loss, Batch batch) {
        Task task = Task.of(model, loss);
        Map<String, Parameter> parameters = new LinkedHashMap<>(model.namedParameters());
        parameters.values().removeIf(Parameter::isFrozen);
        Map<String, List<Tensor>> found = new LinkedHashMap<>();
        try (Scope scope = Scope.open("gradients of samples")) {
            for (long i = 0; i < batch.size(); i++) {
                long sample = i;
                Batch one = batch.map(tensor -> tensor.narrow(0, sample, 1));
                Gradients gradients = Autograd.gradients(task.loss(task.forward(one), one));
                parameters.forEach((name, p) -> found.computeIfAbsent(name, n -> new ArrayList<>())
                        .add(
                                gradients.has(p.leaf())
                                        ? gradients.of(p.leaf())
                                        : Autograd.detach(p.leaf()).zerosLike()));
            }
            Map<String, Tensor> stacked = new LinkedHashMap<>();
            found.forEach((name, all) -> stacked.put(name, scope.keep(Tensor.stack(0, all.toArray(Tensor[]::new)))));
            return stacked;
        }
    }
}
