package dev.lanewise.cuda.ops;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lanewise.cuda.api.KernelArguments;
import dev.lanewise.cuda.kernel.KernelTemplates;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.cuda.runtime.Faults;
import dev.lanewise.cuda.runtime.ScratchMemory;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.norm.CrossEntropy;
import dev.lanewise.tensor.op.norm.CrossEntropyGrad;
import java.lang.foreign.MemorySegment;

/** Runs {@link CrossEntropy} and {@link CrossEntropyGrad}: a team of threads per row, then one block for all rows. */
public final class CrossEntropies {
    private static final Program.OfType CROSS_ENTROPY =
            new Program.OfType("cross_entropy", KernelTemplates::crossEntropy);

    /** The bytes of the kernel's {@code Loss}: rows, classes, the ignored class, smoothing. */
    private static final long LOSS_BYTES = 4 * 8;

    /** The widest type that is summed in. */
    private static final long ACCUMULATOR_BYTES = 8;

    private final CudaDevice device;
    private final CrossEntropy op;
    private final DType type;
    private final Program program;
    private final long rows;
    private final long classes;

    private CrossEntropies(CudaDevice device, CrossEntropy op, Tensor logits) {
        this.device = device;
        this.op = op;
        type = logits.dtype();
        program = CROSS_ENTROPY.of(type);
        rows = logits.shape().size(0);
        classes = logits.shape().size(1);
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, CrossEntropy op, Tensor[] inputs, Tensor[] outputs) {
        CrossEntropies loss = new CrossEntropies(device, op, inputs[0]);
        try (Dense x = Dense.of(device, inputs[0]);
                Dense labels = Dense.of(device, inputs[1]);
                Dense weights = Dense.ofOptional(device, inputs, 2)) {
            Operands in = new Operands(x.address(), labels.address(), weights.address());
            loss.forward(in, DeviceBuffer.address(outputs[1]), DeviceBuffer.address(outputs[0]));
        }
    }

    /** Logits or their log-softmax, class numbers, and the classes' weights or 0. */
    private record Operands(long rows, long labels, long weights) {}

    private void forward(Operands in, long logp, long loss) {
        if (op.reduction() == Reduction.NONE) {
            queueRows(in, logp, loss, 0, 0);
            return;
        }
        try (ScratchMemory scratch = device.scratch(2 * rows * ACCUMULATOR_BYTES)) {
            long losses = scratch.address();
            long weights = losses + rows * ACCUMULATOR_BYTES;
            queueRows(in, logp, 0, losses, weights);
            KernelArguments arguments = device.arguments()
                    .i64(rows)
                    .i32(op.reduction() == Reduction.MEAN ? 1 : 0)
                    .pointer(losses)
                    .pointer(weights)
                    .pointer(loss);
            Launch.queue(device, program, "cross_entropy_total", Threads.ofOneTeam(), arguments);
        }
    }

    private void queueRows(Operands in, long logp, long loss, long losses, long weights) {
        KernelArguments arguments = arguments()
                .pointer(in.rows)
                .pointer(in.labels)
                .pointer(in.weights)
                .pointer(logp)
                .pointer(loss)
                .pointer(losses)
                .pointer(weights);
        Launch.addFault(device, Faults.Check.CROSS_ENTROPY, arguments);
        Launch.queue(device, program, "cross_entropy", threads(), arguments);
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, CrossEntropyGrad op, Tensor[] inputs, Tensor[] outputs) {
        CrossEntropies loss = new CrossEntropies(device, op.forward(), inputs[1]);
        try (Dense g = Dense.of(device, inputs[0]);
                Dense logp = Dense.of(device, inputs[1]);
                Dense labels = Dense.of(device, inputs[2]);
                Dense weights = Dense.ofOptional(device, inputs, 3)) {
            Operands in = new Operands(logp.address(), labels.address(), weights.address());
            loss.backward(g.address(), in, DeviceBuffer.address(outputs[0]));
        }
    }

    private void backward(long g, Operands in, long dx) {
        if (op.reduction() != Reduction.MEAN) {
            queueGradient(g, 0, in, dx);
            return;
        }
        try (ScratchMemory total = device.scratch(ACCUMULATOR_BYTES)) {
            KernelArguments arguments =
                    arguments().pointer(in.labels).pointer(in.weights).pointer(total.address());
            Launch.queue(device, program, "cross_entropy_weight", Threads.ofOneTeam(), arguments);
            queueGradient(g, total.address(), in, dx);
        }
    }

    private void queueGradient(long g, long total, Operands in, long dx) {
        KernelArguments arguments = arguments()
                .i32(op.reduction() == Reduction.NONE ? 1 : 0)
                .pointer(g)
                .pointer(total)
                .pointer(in.rows)
                .pointer(in.labels)
                .pointer(in.weights)
                .pointer(dx);
        Launch.addFault(device, Faults.Check.CROSS_ENTROPY, arguments);
        Launch.queue(device, program, "cross_entropy_grad", threads(), arguments);
    }

    private Threads threads() {
        return Threads.alongKeptRows(rows, classes, type);
    }

    private KernelArguments arguments() {
        KernelArguments arguments = device.arguments();
        MemorySegment loss = arguments.struct(LOSS_BYTES);
        loss.setAtIndex(JAVA_LONG, 0, rows);
        loss.setAtIndex(JAVA_LONG, 1, classes);
        loss.setAtIndex(JAVA_LONG, 2, op.ignoreIndex());
        loss.setAtIndex(JAVA_DOUBLE, 3, op.labelSmoothing());
        return arguments;
    }
}
