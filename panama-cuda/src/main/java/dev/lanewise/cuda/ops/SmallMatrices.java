package dev.lanewise.cuda.ops;

import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.matrix.Linalg;
import dev.lanewise.tensor.spi.HostBuffer;
import dev.lanewise.tensor.spi.Storage;
import java.lang.foreign.MemorySegment;

/**
 * Runs {@link Linalg} on the host: small matrices are many dependent steps of little work, and no bound library has them.
 * The only operation that waits for the device.
 */
public final class SmallMatrices {
    private SmallMatrices() {}

    /** Copies the operands to the host, runs the operation there, and copies the results back. */
    public static void run(CudaDevice device, Linalg op, Tensor[] inputs, Tensor[] outputs) {
        try (var ignored = Scope.open(op.opName() + " on the host")) {
            Tensor[] operands = new Tensor[inputs.length];
            for (int i = 0; i < inputs.length; i++) {
                operands[i] = toHost(device, inputs[i]);
            }
            Tensor[] results = Tensor.applyAll(op, operands);
            for (int i = 0; i < outputs.length; i++) {
                device.copyIn(memory(results[i]), DeviceBuffer.address(outputs[i]));
            }
        }
    }

    private static Tensor toHost(CudaDevice device, Tensor tensor) {
        Tensor host = Tensor.full(0, tensor.dtype(), Device.CPU, tensor.shape().toArray());
        try (Dense dense = Dense.of(device, tensor)) {
            if (tensor.spec().bytes() > 0) {
                device.copyOut(dense.address(), memory(host));
            }
        }
        return host;
    }

    private static MemorySegment memory(Tensor host) {
        return ((HostBuffer) Storage.buffer(host))
                .segment()
                .asSlice(0, host.spec().bytes());
    }
}
