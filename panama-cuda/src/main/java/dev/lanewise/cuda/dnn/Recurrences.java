package dev.lanewise.cuda.dnn;

import dev.lanewise.cuda.api.CudaException;
import dev.lanewise.cuda.api.CudnnRnn.RnnAlgorithm;
import dev.lanewise.cuda.api.CudnnRnn.RnnStates;
import dev.lanewise.cuda.dnn.RecurrencePlan.Sequences;
import dev.lanewise.cuda.ops.Dense;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.cuda.runtime.ScratchMemory;
import dev.lanewise.cuda.runtime.Settings;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.sequence.Recurrence;
import dev.lanewise.tensor.op.sequence.RecurrenceGrad;
import dev.lanewise.tensor.spi.Storage;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Recurrent layers through cuDNN. What a forward pass in training leaves for the gradients is kept with its result;
 * computing the gradients uses it up and, if there is none (the pass was not in training mode, or its gradients have
 * been computed before), runs the layer once more.
 */
public final class Recurrences implements AutoCloseable {
    private static final String NOT_SUPPORTED = "CUDNN_STATUS_NOT_SUPPORTED";
    private static final String BAD_PARAMETER = "CUDNN_STATUS_BAD_PARAM";
    private static final String NOT_EXECUTED = "CUDNN_STATUS_EXECUTION_FAILED";

    private final CudaDevice device;
    /** The plans; empty for what cuDNN does not support. */
    private final Map<RecurrencePlan.Key, Optional<RecurrencePlan>> plans = new ConcurrentHashMap<>();

    /** Recurrent layers on a device. */
    public Recurrences(CudaDevice device) {
        this.device = device;
    }

    /** Whether cuDNN takes the operation, if it is a recurrent layer or its gradient. */
    public boolean takes(Op.Fused op, Tensor[] inputs) {
        if (op instanceof RecurrenceGrad grad) {
            return takes(grad.forward(), inputs, grad.upstreams());
        }
        return !(op instanceof Recurrence recurrence) || takes(recurrence, inputs, 0);
    }

    private boolean takes(Recurrence op, Tensor[] inputs, int first) {
        Tensor x = inputs[first];
        Tensor states = inputs[first + op.state(0)];
        if (x.shape().rank() != 3 || states.shape().rank() != 2 || !x.dtype().isFloating()) {
            return true; // and is refused with the reason
        }
        long outputs = x.shape().size(0)
                * x.shape().size(1)
                * op.directions()
                * states.shape().size(1);
        // cuDNN's buffers in cuBLAS, and with them the order of sums, may differ from run to run
        return !Settings.deterministic()
                && outputs > 0
                && outputs <= Integer.MAX_VALUE
                && x.shape().elements() > 0
                && x.shape().elements() <= Integer.MAX_VALUE
                && plan(key(op, x, states)).isPresent();
    }

    private static RecurrencePlan.Key key(Recurrence op, Tensor x, Tensor states) {
        return RecurrencePlan.Key.of(
                op,
                x.dtype(),
                x.shape().size(0),
                x.shape().size(1),
                x.shape().size(2),
                states.shape().size(1));
    }

    private Optional<RecurrencePlan> plan(RecurrencePlan.Key key) {
        Optional<RecurrencePlan> plan = plans.get(key);
        return plan != null ? plan : plans.computeIfAbsent(key, this::describe);
    }

    private Optional<RecurrencePlan> describe(RecurrencePlan.Key key) {
        RnnAlgorithm wanted = key.algorithm(device.architecture(), device.multiprocessors());
        Optional<RecurrencePlan> plan = wanted == RnnAlgorithm.STANDARD ? Optional.empty() : tryPlan(key, wanted);
        return plan.isPresent() ? plan : tryPlan(key, RnnAlgorithm.STANDARD);
    }

    /** A plan, or none if the library refuses it. */
    private Optional<RecurrencePlan> tryPlan(RecurrencePlan.Key key, RnnAlgorithm algorithm) {
        try {
            RecurrencePlan plan = new RecurrencePlan(device, key, algorithm);
            return isUsable(plan, key, algorithm) ? Optional.of(plan) : Optional.empty();
        } catch (CudaException e) {
            if (isRefusal(e, key, algorithm)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /**
     * The library may refuse 16-bit types, and algorithms that only some sizes support, only when it computes; while a
     * step is recorded, nothing can be tried.
     */
    private boolean isUsable(RecurrencePlan plan, RecurrencePlan.Key key, RnnAlgorithm algorithm) {
        if (key.type().bytes() != 2 && algorithm == RnnAlgorithm.STANDARD || device.isRecording()) {
            return true;
        }
        boolean usable = false;
        try {
            plan.tryOut(key);
            usable = true;
        } catch (CudaException e) {
            if (!isRefusal(e, key, algorithm)) {
                throw e;
            }
        } finally {
            if (!usable) {
                plan.close();
            }
        }
        return usable;
    }

    /**
     * Some versions of the library report a type that they lack as a bad parameter. An algorithm that not every device has
     * is left, whatever the reason: the standard one then says what is wrong, if it is something else.
     */
    private static boolean isRefusal(CudaException e, RecurrencePlan.Key key, RnnAlgorithm algorithm) {
        String status = e.statusName();
        boolean isOptional = algorithm != RnnAlgorithm.STANDARD;
        return status.startsWith(NOT_SUPPORTED)
                || (isOptional || key.type().bytes() == 2) && status.startsWith(BAD_PARAMETER)
                || isOptional && status.startsWith(NOT_EXECUTED);
    }

    /** The layer. */
    public void run(Recurrence op, Tensor[] inputs, Tensor[] outputs) {
        RecurrencePlan.Key key = key(op, inputs[0], inputs[op.state(0)]);
        RecurrencePlan plan = plan(key).orElseThrow();
        long reserve = op.training() ? keepReserve(plan, outputs[0]) : 0;
        try (Operands in = new Operands(inputs);
                ScratchMemory weights = plan.weights().pack(device, in::address);
                RecurrentStates first = RecurrentStates.read(device, key, (d, s) -> in.address(op.state(d) + s));
                RecurrentStates last = RecurrentStates.write(
                        device, key, (d, s) -> DeviceBuffer.address(outputs[op.lastState(d) + s]))) {
            plan.forward(
                    new Sequences(in.address(0), DeviceBuffer.address(outputs[0])),
                    first.addresses(),
                    last.addresses(),
                    weights.address(),
                    reserve);
            last.store();
        }
    }

    private long keepReserve(RecurrencePlan plan, Tensor y) {
        DeviceBuffer reserve = device.allocate(plan.reserveBytes());
        ((DeviceBuffer) Storage.buffer(y)).keep(reserve, device.stream());
        return reserve.address();
    }

    /** The layer's gradients. */
    public void run(RecurrenceGrad grad, Tensor[] inputs, Tensor[] outputs) {
        Recurrence op = grad.forward();
        int operands = grad.upstreams();
        RecurrencePlan.Key key = key(op, inputs[operands], inputs[operands + op.state(0)]);
        RecurrencePlan plan = plan(key).orElseThrow();
        try (Operands in = new Operands(inputs);
                ScratchMemory weights = plan.weights().pack(device, i -> in.address(operands + i));
                RecurrentStates first =
                        RecurrentStates.read(device, key, (d, s) -> in.address(operands + op.state(d) + s));
                RecurrentStates dFirst =
                        RecurrentStates.write(device, key, (d, s) -> DeviceBuffer.address(outputs[op.state(d) + s]));
                RecurrentStates dLast = grad.ofStates()
                        ? RecurrentStates.read(device, key, (d, s) -> in.address(op.lastState(d) + s))
                        : null;
                ForwardPass pass = forwardPass(key, plan, inputs[grad.output()])) {
            Sequences sequences = new Sequences(in.address(operands), pass.y());
            long reserve = pass.reserve().address();
            if (pass.again() != null) {
                plan.forward(sequences, first.addresses(), RnnStates.NONE, weights.address(), reserve);
            }
            plan.backwardData(
                    sequences,
                    in.address(0),
                    DeviceBuffer.address(outputs[0]),
                    first.addresses(),
                    dLast == null ? RnnStates.NONE : dLast.addresses(),
                    dFirst.addresses(),
                    weights.address(),
                    reserve);
            dFirst.store();
            weightGradients(plan, sequences, first.addresses(), reserve, outputs);
        }
    }

    private void weightGradients(
            RecurrencePlan plan, Sequences sequences, RnnStates first, long reserve, Tensor[] outputs) {
        long bytes = plan.weights().bytes();
        try (ScratchMemory gradients = device.scratch(bytes)) {
            device.driver()
                    .fill8(gradients.address(), (byte) 0, bytes, device.stream().handle());
            plan.backwardWeights(sequences, first, gradients.address(), reserve);
            plan.weights().unpack(device, gradients.address(), i -> DeviceBuffer.address(outputs[i]));
        }
    }

    /**
     * What the gradients need of a forward pass.
     *
     * @param y its result
     * @param reserve what it left
     * @param again its result's memory, if it is to run again; null if it has run
     */
    private record ForwardPass(
            long y, DeviceBuffer reserve, @Nullable ScratchMemory again) implements AutoCloseable {
        @Override
        public void close() {
            reserve.release("the gradient that it was kept for");
            if (again != null) {
                again.close();
            }
        }
    }

    private ForwardPass forwardPass(RecurrencePlan.Key key, RecurrencePlan plan, Tensor y) {
        DeviceBuffer kept = kept(plan, y);
        if (kept != null) {
            return new ForwardPass(DeviceBuffer.address(y), kept, null);
        }
        DeviceBuffer reserve = device.allocate(plan.reserveBytes());
        reserve.retain();
        ScratchMemory again = device.scratch(key.outputBytes());
        return new ForwardPass(again.address(), reserve, again);
    }

    private @Nullable DeviceBuffer kept(RecurrencePlan plan, Tensor y) {
        DeviceBuffer buffer = (DeviceBuffer) Storage.buffer(y);
        boolean whole = y.isContiguous() && buffer.bytes() == y.spec().bytes();
        DeviceBuffer kept = whole ? buffer.takeKept(device.stream()) : null;
        if (kept != null && kept.bytes() != plan.reserveBytes()) {
            kept.release("a gradient that it was not kept for");
            return null;
        }
        return kept;
    }

    /** All operands, in row-major order. */
    private final class Operands implements AutoCloseable {
        private final Dense[] dense;

        Operands(Tensor[] tensors) {
            dense = new Dense[tensors.length];
            for (int i = 0; i < dense.length; i++) {
                dense[i] = Dense.of(device, tensors[i]);
            }
        }

        long address(int i) {
            return dense[i].address();
        }

        @Override
        public void close() {
            for (Dense operand : dense) {
                operand.close();
            }
        }
    }

    /** Destroys the plans. */
    @Override
    public void close() {
        plans.values().forEach(plan -> plan.ifPresent(RecurrencePlan::close));
        plans.clear();
    }
}
