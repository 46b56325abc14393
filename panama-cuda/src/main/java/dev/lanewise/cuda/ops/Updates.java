package dev.lanewise.cuda.ops;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lanewise.cuda.api.KernelArguments;
import dev.lanewise.cuda.kernel.KernelTemplates;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Update;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Runs optimizer steps: one launch for up to {@value #GROUPS} parameters of one type. */
public final class Updates {
    private static final Program.OfType UPDATE = new Program.OfType("update", KernelTemplates::update);

    /** The number of parameters that a launch's arguments describe. */
    private static final int GROUPS = 64;

    /** The elements of a parameter that a block takes. */
    private static final long CHUNK = 1024;

    private static final long GROUP_BYTES = 6 * 8;
    private static final long GROUPS_BYTES = 2 * 8 + GROUPS * GROUP_BYTES;
    private static final long SGD_BYTES = 5 * 8;
    private static final long ADAM_BYTES = 8 * 8;

    private Updates() {}

    /** Queues the operation. */
    public static void run(CudaDevice device, Update.SgdStep op, Tensor[] inputs, Tensor[] outputs) {
        run(device, op, "sgd_step", SGD_BYTES, Updates::write, inputs, outputs);
    }

    /** Queues the operation. */
    public static void run(CudaDevice device, Update.AdamStep op, Tensor[] inputs, Tensor[] outputs) {
        run(device, op, "adam_step", ADAM_BYTES, Updates::write, inputs, outputs);
    }

    private static <O extends Update> void run(
            CudaDevice device,
            O op,
            String kernel,
            long bytes,
            CudaDevice.Numbers<O> numbers,
            Tensor[] inputs,
            Tensor[] outputs) {
        List<Dense> gradients = new ArrayList<>();
        try {
            putInPlace(device, op.operands(), inputs, outputs, gradients);
            long captured = device.numbers(op, bytes, numbers);
            int group = op.operands() - 1;
            int from = 0;
            while (from < gradients.size()) {
                int to = end(outputs, group, from);
                KernelArguments arguments = device.arguments();
                long chunks = writeGroups(arguments.struct(GROUPS_BYTES), group, outputs, gradients, from, to);
                numbers.write(op, arguments.struct(bytes));
                arguments.pointer(captured);
                DType type = outputs[from * group].dtype();
                if (chunks > 0) {
                    Launch.queue(device, UPDATE.of(type), kernel, Threads.ofBlocks(chunks), arguments);
                }
                from = to;
            }
        } finally {
            gradients.forEach(Dense::close);
        }
    }

    /** Parameters and state are changed where the outputs are; what is not there yet is copied. */
    private static void putInPlace(
            CudaDevice device, int operands, Tensor[] inputs, Tensor[] outputs, List<Dense> gradients) {
        for (int i = 0, o = 0; i < inputs.length; i++) {
            if (i % operands == 1) {
                gradients.add(Dense.of(device, inputs[i]));
                continue;
            }
            Tensor output = outputs[o++];
            long address = DeviceBuffer.address(output);
            if (DeviceBuffer.address(inputs[i]) != address || !inputs[i].isContiguous()) {
                Elementwise.copy(
                        device,
                        output.dtype(),
                        output.shape(),
                        DeviceBuffer.address(inputs[i]),
                        inputs[i].strides(),
                        address,
                        output.strides());
            }
        }
    }

    /** The first parameter after {@code from} that needs another launch. */
    private static int end(Tensor[] outputs, int group, int from) {
        DType type = outputs[from * group].dtype();
        int to = from + 1;
        while (to < outputs.length / group && to - from < GROUPS && outputs[to * group].dtype() == type) {
            to++;
        }
        return to;
    }

    private static long writeGroups(
            MemorySegment groups, int group, Tensor[] outputs, List<Dense> gradients, int from, int to) {
        long chunks = 0;
        for (int i = from; i < to; i++) {
            Tensor parameter = outputs[i * group];
            long n = parameter.shape().elements();
            long at = 2 * 8 + (i - from) * GROUP_BYTES;
            groups.set(JAVA_LONG, at, DeviceBuffer.address(parameter));
            groups.set(JAVA_LONG, at + 8, gradients.get(i).address());
            groups.set(JAVA_LONG, at + 16, group > 1 ? DeviceBuffer.address(outputs[i * group + 1]) : 0);
            groups.set(JAVA_LONG, at + 24, group > 2 ? DeviceBuffer.address(outputs[i * group + 2]) : 0);
            groups.set(JAVA_LONG, at + 32, n);
            groups.set(JAVA_LONG, at + 40, chunks);
            chunks += Math.ceilDiv(n, CHUNK);
        }
        groups.set(JAVA_LONG, 0, to - from);
        groups.set(JAVA_LONG, 8, chunks);
        return chunks;
    }

    private static void write(Update.SgdStep op, MemorySegment sgd) {
        sgd.setAtIndex(JAVA_DOUBLE, 0, op.rate());
        sgd.setAtIndex(JAVA_DOUBLE, 1, op.momentum());
        sgd.setAtIndex(JAVA_DOUBLE, 2, op.dampening());
        sgd.setAtIndex(JAVA_DOUBLE, 3, op.weightDecay());
        sgd.set(JAVA_INT, 32, op.nesterov() ? 1 : 0);
        sgd.set(JAVA_INT, 36, op.first() ? 1 : 0);
    }

    private static void write(Update.AdamStep op, MemorySegment adam) {
        adam.setAtIndex(JAVA_DOUBLE, 0, op.rate());
        adam.setAtIndex(JAVA_DOUBLE, 1, op.beta1());
        adam.setAtIndex(JAVA_DOUBLE, 2, op.beta2());
        adam.setAtIndex(JAVA_DOUBLE, 3, op.epsilon());
        adam.setAtIndex(JAVA_DOUBLE, 4, op.weightDecay());
        adam.setAtIndex(JAVA_DOUBLE, 5, 1 - Math.pow(op.beta1(), op.step()));
        adam.setAtIndex(JAVA_DOUBLE, 6, Math.sqrt(1 - Math.pow(op.beta2(), op.step())));
        adam.set(JAVA_INT, 56, op.decoupled() ? 1 : 0);
    }
}
