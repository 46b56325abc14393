package dev.lanewise.serve;

import dev.lanewise.nn.io.TensorData;
import dev.lanewise.serve.http.Refusal;
import dev.lanewise.tensor.Shape;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A request in a queue, and where its answer goes. */
final class Pending {
    final InferRequest request;
    final long rows;
    /** What else must be the same for two requests to be computed together. */
    final List<Shape> form;

    final long arrived = System.nanoTime();
    final CompletableFuture<Answer> answer = new CompletableFuture<>();

    Pending(InferRequest request, Signature signature) {
        this.request = request;
        boolean hasRows = signature.hasRows();
        this.rows = hasRows ? rowsOf(request, signature) : 1;
        this.form = signature.inputs().stream()
                .map(info -> shape(request, info))
                .map(shape -> hasRows ? shape.without(0) : shape)
                .toList();
    }

    /** The rows of several requests together. */
    static long rows(List<Pending> batch) {
        return batch.stream().mapToLong(pending -> pending.rows).sum();
    }

    private static Shape shape(InferRequest request, TensorInfo info) {
        TensorData data = request.inputs().get(info.name());
        if (data == null) {
            throw Refusal.bad("input " + info + " is missing");
        }
        return data.shape();
    }

    private static long rowsOf(InferRequest request, Signature signature) {
        TensorInfo first = signature.inputs().getFirst();
        long rows = shape(request, first).size(0);
        for (TensorInfo info : signature.inputs()) {
            long other = shape(request, info).size(0);
            if (other != rows) {
                throw Refusal.bad("inputs of " + rows + " rows ('" + first.name() + "') and " + other + " ('"
                        + info.name() + "'); expected as many of each");
            }
        }
        return rows;
    }
}
