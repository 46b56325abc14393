package dev.lanewise.nn.train;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.data.Batch;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.spi.Backends;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds out why a step gave NaN or infinities: examines its inputs, then runs the step again and watches every
 * operation.
 */
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
        for (Batch batch : step.batches()) {
            for (Tensor data : batch.tensors()) {
                long bad = notFinite(data);
                if (bad > 0) {
                    return "the batch's " + data.spec() + " has " + bad + " NaN or infinite elements; look at the data";
                }
            }
        }
        for (Map.Entry<String, Tensor> entry : step.model().stateDict().entrySet()) {
            long bad = notFinite(entry.getValue());
            if (bad > 0) {
                return "the model's " + entry.getKey() + " has " + bad
                        + " NaN or infinite elements from an earlier step;"
                        + " put a NanGuard among the callbacks to see where from, or try a smaller learning rate";
            }
        }
        return null;
    }

    private static long notFinite(Tensor tensor) {
        return tensor.dtype().isFloating()
                ? tensor.shape().elements() - tensor.isFinite().sum().itemLong()
                : 0;
    }

    private static String watch(Step step) {
        Device device = step.batches().getFirst().x().device();
        WatchingBackend watcher = new WatchingBackend(Backends.of(device));
        Backends.decorate(device, backend -> watcher);
        try {
            step.again(watcher);
        } finally {
            Backends.decorate(device, backend -> watcher.inner());
        }
        return watcher.verdict();
    }
}
