package dev.lanewise.onnx.plan;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.onnx.export.Trace;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.spi.Buffer;
import dev.lanewise.tensor.spi.Storage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Tensors computed from weights once and used until the weights change: for example, weights merged with the
 * normalization that follows. Safe for use by many threads.
 */
final class Prepared {
    private final Function<Tensor[], Tensor[]> function;
    private volatile @Nullable Memory memory;

    /**
     * What was computed from which weights.
     *
     * @param buffers the weights' memory
     * @param versions how often it had been changed
     * @param results what was computed
     */
    private record Memory(Buffer[] buffers, int[] versions, Tensor[] results) {
        @SuppressWarnings("ReferenceEquality") // identity: the same memory
        boolean isOf(Tensor[] weights) {
            for (int i = 0; i < weights.length; i++) {
                Buffer buffer = Storage.buffer(weights[i]);
                if (buffers[i] != buffer || versions[i] != buffer.version()) {
                    return false;
                }
            }
            return true;
        }
    }

    /** Values that a function computes from weights. */
    Prepared(Function<Tensor[], Tensor[]> function) {
        this.function = function;
    }

    /** Whether computations with one of the tensors are recorded, in which case nothing may be prepared. */
    static boolean isRecorded(Tensor... weights) {
        boolean records = Autograd.isRecording();
        for (Tensor weight : weights) {
            if (records && Autograd.isTracked(weight) || Trace.isTraced(weight)) {
                return true;
            }
        }
        return false;
    }

    /** The function's result for these weights, remembered if they have not changed. */
    Tensor[] of(Tensor... weights) {
        Memory known = memory;
        if (known == null || !known.isOf(weights)) {
            known = computed(weights);
            memory = known;
        }
        return known.results;
    }

    private Memory computed(Tensor... weights) {
        Buffer[] buffers = new Buffer[weights.length];
        int[] versions = new int[weights.length];
        Tensor[] constants = new Tensor[weights.length];
        for (int i = 0; i < weights.length; i++) {
            buffers[i] = Storage.buffer(weights[i]);
            versions[i] = buffers[i].version();
            constants[i] = Autograd.detach(weights[i]);
        }
        Tensor[] results = Autograd.noGrad(() -> function.apply(constants));
        for (Tensor result : results) {
            result.keep();
        }
        return new Memory(buffers, versions, results);
    }
}
