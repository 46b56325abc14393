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
    /** The length of its token sequences, if it may be put together with others of their bucket; else 0. */
    final long length;
    /** What must be the same for two requests to be computed together. */
    final Form form;

    final long arrived = System.nanoTime();
    final CompletableFuture<Answer> answer = new CompletableFuture<>();

    /**
     * The shapes of inputs, without their rows if they have any.
     *
     * @param bucket the longest sequences of its bucket, 0 if the shapes are exact
     */
    record Form(List<Shape> shapes, long bucket) {}

    /** A request that fits those of the same shapes. */
    Pending(InferRequest request, Signature signature) {
        this(request, signature, 1);
    }

    /**
     * A request.
     *
     * @param bucket how many lengths of token sequences go together, 1 if sequences are not padded
     */
    Pending(InferRequest request, Signature signature, int bucket) {
        this.request = request;
        boolean hasRows = signature.hasRows();
        this.rows = hasRows ? rowsOf(request, signature) : 1;
        this.length = bucket == 1 ? 0 : Padding.length(request, signature);
        this.form = length == 0
                ? new Form(shapes(request, signature, hasRows), 0)
                : new Form(List.of(), (length + bucket - 1) / bucket * bucket);
    }

    private static List<Shape> shapes(InferRequest request, Signature signature, boolean hasRows) {
        return signature.inputs().stream()
                .map(info -> shape(request, info))
                .map(shape -> hasRows ? shape.without(0) : shape)
                .toList();
    }

    /** The rows of several requests together. */
    static long rows(List<Pending> batch) {
        return batch.stream().mapToLong(pending -> pending.rows).sum();
    }

    /** The length of the longest sequences, where they may differ; else 0. */
    static long longest(List<Pending> batch) {
        return batch.stream().mapToLong(pending -> pending.length).max().orElse(0);
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
