package dev.lanewise.onnx.export;

import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;
import dev.lanewise.tensor.op.view.Reshape;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Recognises batch normalization by running statistics in a recording: {@code x scale + (bias - mean scale)} with
 * {@code scale = weight / sqrt(variance + epsilon)}, so that readers can merge it with the convolution before it.
 */
final class BatchNormPattern {
    /**
     * A normalization.
     *
     * @param inputs the numbers of input, weight, bias, mean and variance
     * @param epsilon what is added to the variance
     */
    record Match(int[] inputs, double epsilon) {}

    private final Recording recording;
    private final Map<Integer, Trace.Entry> writers = new HashMap<>();

    private BatchNormPattern(Recording recording) {
        this.recording = recording;
        for (Trace.Entry entry : recording.entries()) {
            writers.put(entry.outputs()[0], entry);
        }
    }

    /** The normalizations in a recording, by the number of the operation that ends each. */
    static Map<Integer, Match> find(Recording recording) {
        BatchNormPattern pattern = new BatchNormPattern(recording);
        Map<Integer, Match> found = new HashMap<>();
        for (int i = 0; i < recording.entries().size(); i++) {
            Match match = pattern.match(recording.entries().get(i));
            if (match != null) {
                found.put(i, match);
            }
        }
        return found;
    }

    private Trace.@Nullable Entry writer(int value, Op op) {
        Trace.Entry entry = writers.get(value);
        return entry != null && entry.op().equals(op) ? entry : null;
    }

    /** The value that has one element per channel, or -1. */
    private int perChannel(int value, int rank) {
        Trace.Entry entry = writers.get(value);
        boolean isColumn = entry != null
                && entry.op() instanceof Reshape reshape
                && reshape.shape().rank() == rank - 1
                && recording.rank(entry.inputs()[0]) == 1;
        if (entry == null || !isColumn) {
            return -1;
        }
        int vector = entry.inputs()[0];
        return recording.size(value, 0)[0] == recording.size(vector, 0)[0] ? vector : -1;
    }

    private @Nullable Match match(Trace.Entry add) {
        Trace.Entry product = add.op() == Binary.ADD ? writer(add.inputs()[0], Binary.MUL) : null;
        int rank = product == null ? 0 : recording.rank(product.inputs()[0]);
        if (product == null || rank < 2) {
            return null;
        }
        int scale = perChannel(product.inputs()[1], rank);
        int shift = perChannel(add.inputs()[1], rank);
        Trace.Entry scaling = writer(scale, Binary.MUL);
        Trace.Entry shifting = writer(shift, Binary.SUB);
        Trace.Entry moved = shifting == null ? null : writer(shifting.inputs()[1], Binary.MUL);
        Trace.Entry root = scaling == null ? null : writer(scaling.inputs()[1], Unary.RSQRT);
        Trace.Entry sum = root == null ? null : writers.get(root.inputs()[0]);
        if (scaling == null
                || shifting == null
                || moved == null
                || sum == null
                || moved.inputs()[1] != scale
                || !(sum.op() instanceof UnaryWith plus)
                || plus.kind() != UnaryWith.Kind.ADD
                || recording.rank(moved.inputs()[0]) != 1
                || recording.rank(sum.inputs()[0]) != 1) {
            return null;
        }
        int[] inputs = {
            product.inputs()[0], scaling.inputs()[0], shifting.inputs()[0], moved.inputs()[0], sum.inputs()[0]
        };
        return new Match(inputs, plus.a());
    }
}
