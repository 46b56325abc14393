package dev.lanewise.onnx.export;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Copy;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.conv.Convolution2dRelu;
import dev.lanewise.tensor.op.matrix.LinearProduct;
import dev.lanewise.tensor.op.norm.LayerNormalization;
import dev.lanewise.tensor.op.norm.Softmax;
import dev.lanewise.tensor.op.sequence.Attention;
import dev.lanewise.tensor.op.sequence.Recurrence;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.DelegatingBackend;
import dev.lanewise.tensor.spi.Origins;

/** Records the operations of one thread while it runs them; other threads compute as usual. */
final class TracingBackend extends DelegatingBackend {
    private final Thread thread = Thread.currentThread();
    private final Trace trace;
    private boolean paused;

    TracingBackend(Backend backend, Trace trace) {
        super(backend);
        this.trace = trace;
    }

    @SuppressWarnings("ReferenceEquality") // identity: this trace
    boolean isOf(Trace other) {
        return trace == other;
    }

    @SuppressWarnings("ReferenceEquality") // identity: the same thread is meant
    private boolean isTracing() {
        return Thread.currentThread() == thread && !paused;
    }

    /** Fused operations that the standard has, or that are written as a pattern of a few nodes, are kept whole. */
    private static boolean staysWhole(Op.Fused op) {
        return op instanceof Softmax
                || op instanceof LinearProduct
                || op instanceof Convolution2dRelu
                || op instanceof LayerNormalization
                || op instanceof Attention
                || op instanceof Recurrence;
    }

    @Override
    public boolean supports(Op.Fused op, Tensor[] inputs) {
        return isTracing() ? staysWhole(op) : super.supports(op, inputs);
    }

    @Override
    public void execute(Op op, Tensor[] inputs, Tensor[] outputs) {
        if (!isTracing()) {
            super.execute(op, inputs, outputs);
            return;
        }
        for (Tensor output : outputs) {
            if (trace.knows(output)) {
                throw new TensorException("export: " + op.opName() + " changes a tensor " + output.spec()
                        + " in place (expected a forward pass that leaves all tensors as they are); call eval(), or"
                        + " compute a new tensor");
            }
        }
        if (op instanceof Op.Fused fused && !inner().supports(fused, inputs)) {
            decomposed(fused, inputs, outputs);
        } else {
            super.execute(op, inputs, outputs);
        }
        trace.record(op, inputs, outputs);
    }

    private void decomposed(Op.Fused op, Tensor[] inputs, Tensor[] outputs) {
        paused = true;
        try {
            Tensor[] unmarked = new Tensor[inputs.length];
            for (int i = 0; i < unmarked.length; i++) {
                unmarked[i] = Origins.withOrigin(inputs[i], null);
            }
            Tensor[] results = op.decompose(unmarked);
            for (int i = 0; i < outputs.length; i++) {
                if (!outputs[i].shape().isEmpty()) {
                    inner().execute(Copy.COPY, new Tensor[] {results[i]}, new Tensor[] {outputs[i]});
                }
            }
        } finally {
            paused = false;
        }
    }
}
