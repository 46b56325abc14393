package dev.lanewise.serve;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.serve.http.Refusal;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Computes requests with a model: puts their rows together and gives each its rows of the results. */
final class Computation {
    private final Servable servable;
    private final Signature signature;
    private final @Nullable Padding padding;
    private final BatchObserver observer;

    /**
     * Computations of a model.
     *
     * @param padding how answers to sequences that were padded are cut; null to leave them as they are
     */
    Computation(Servable servable, @Nullable Padding padding, BatchObserver observer) {
        this.servable = servable;
        this.padding = padding;
        this.observer = observer;
        this.signature = servable.signature();
    }

    /** Computes a batch and completes its answers, by a failure if they have none. */
    void run(List<Pending> batch) {
        long start = System.nanoTime();
        try {
            List<Map<String, TensorData>> answers = computedTogether(batch);
            long nanos = System.nanoTime() - start;
            observer.computed(batch, start, nanos);
            long rows = Pending.rows(batch);
            for (int i = 0; i < batch.size(); i++) {
                Pending pending = batch.get(i);
                pending.answer.complete(new Answer(answers.get(i), start - pending.arrived, nanos, rows));
            }
        } catch (Throwable e) { // whatever a model throws, the others go on being served
            if (batch.size() > 1) {
                // one of them may be at fault: the others are not to suffer for it
                batch.forEach(pending -> run(List.of(pending)));
            } else {
                batch.getFirst().answer.completeExceptionally(Refusal.ofModel(e));
            }
        }
    }

    /** The answers to a batch, computed at once. */
    List<Map<String, TensorData>> computedTogether(List<Pending> batch) {
        return Autograd.noGrad(() -> {
            try (Scope ignored = Scope.open("batch")) {
                Map<String, Tensor> inputs = new LinkedHashMap<>();
                for (TensorInfo info : signature.inputs()) {
                    List<TensorData> parts = batch.stream()
                            .map(pending -> input(info.name(), pending))
                            .toList();
                    inputs.put(info.name(), Rows.joined(parts).toTensor());
                }
                return shared(servable.compute(inputs), batch);
            }
        });
    }

    private static TensorData input(String name, Pending pending) {
        return Objects.requireNonNull(pending.request.inputs().get(name), name);
    }

    /** The rows of each request, of those outputs that it asked for. */
    private List<Map<String, TensorData>> shared(Map<String, Tensor> results, List<Pending> batch) {
        Map<String, TensorData> whole = new LinkedHashMap<>();
        for (TensorInfo info : signature.outputs()) {
            if (batch.stream().anyMatch(pending -> isWanted(info.name(), pending))) {
                whole.put(info.name(), output(info, results));
            }
        }
        List<Map<String, TensorData>> answers = new ArrayList<>();
        long row = 0;
        long rows = Pending.rows(batch);
        long longest = Pending.longest(batch);
        for (Pending pending : batch) {
            Map<String, TensorData> answer = new LinkedHashMap<>();
            for (InferRequest.Output wanted : pending.request.outputs()) {
                TensorData data = Objects.requireNonNull(whole.get(wanted.name()), wanted.name());
                answer.put(wanted.name(), batch.size() == 1 ? data : rows(data, row, pending.rows, rows));
            }
            answers.add(padding == null || pending.length == longest ? answer : padding.cut(answer, pending.length));
            row += pending.rows;
        }
        return answers;
    }

    private static boolean isWanted(String name, Pending pending) {
        return pending.request.outputs().stream()
                .anyMatch(output -> output.name().equals(name));
    }

    private static TensorData output(TensorInfo info, Map<String, Tensor> results) {
        Tensor result = results.get(info.name());
        if (result == null || result.dtype() != info.dtype()) {
            throw new IllegalStateException("output " + info + " is " + (result == null ? "missing" : result.spec()));
        }
        return TensorData.of(result);
    }

    private static TensorData rows(TensorData whole, long from, long count, long all) {
        Shape shape = whole.shape();
        if (shape.rank() == 0 || shape.size(0) != all) {
            throw new IllegalStateException("a result of shape " + shape + " for " + all + " rows");
        }
        return Rows.of(whole, from, count);
    }
}
