package dev.lanewise.nn.train;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.data.Batch;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.spi.Backends;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds out why a step gave NaN or infinities: looks at what went in, then goes the step again and watches every operation. */
final class NanSearch {
    private NanSearch() {}

    /** What is to blame and what to do about it, in one line. */
    static String explain(Step step) {
        try (var ignored = Scope.open("search for NaN")) {
            String source = Autograd.noGrad(() -> source(step));
            return source == null ? watch(step) : source;
        }
    }

    private static @Nullable String source(Step step) {
        Map<String, Tensor> data = new LinkedHashMap<>();
        for (Batch batch : step.batches()) {
            data.put("the batch's inputs " + batch.x().spec() + " have", batch.x());
            data.put("the batch's targets " + batch.y().spec() + " have", batch.y());
        }
        String spoiled = firstNotFinite(data);
        if (spoiled != null) {
            return spoiled + "; look at the data";
        }
        Map<String, Tensor> state = new LinkedHashMap<>();
        step.model().stateDict().forEach((name, tensor) -> state.put("the model's " + name + " has", tensor));
        spoiled = firstNotFinite(state);
        return spoiled == null
                ? null
                : spoiled + " from an earlier step; put a NanGuard among the callbacks to see where from, or try a"
                        + " smaller learning rate";
    }

    private static @Nullable String firstNotFinite(Map<String, Tensor> tensors) {
        for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
            Tensor tensor = Autograd.detach(entry.getValue());
            if (tensor.dtype().isFloating()) {
                long bad = tensor.shape().elements() - tensor.isFinite().sum().itemLong();
                if (bad > 0) {
                    return entry.getKey() + " " + bad + " NaN or infinite elements";
                }
            }
        }
        return null;
    }

    private static String watch(Step step) {
        Device device = step.batches().getFirst().x().device();
        WatchingBackend watcher = new WatchingBackend(Backends.of(device));
        Backends.decorate(device, backend -> watcher);
        try {
            step.again(watcher);
        } finally {
            Backends.decorate(device, backend -> watcher.watched());
        }
        return watcher.verdict();
    }
}
