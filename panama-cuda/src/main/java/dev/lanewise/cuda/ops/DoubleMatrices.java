package dev.lanewise.cuda.ops;

import dev.lanewise.cuda.api.KernelArguments;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.cuda.runtime.ScratchMemory;
import dev.lanewise.tensor.Tensor;

/** Column-major matrices in double precision, with the array of their addresses, for the duration of a call. */
final class DoubleMatrices implements AutoCloseable {
    private final CudaDevice device;
    private final Program program;
    private final long count;
    private final int rows;
    private final int columns;
    private final ScratchMemory memory;
    private final ScratchMemory addresses;

    DoubleMatrices(CudaDevice device, Program program, long count, int rows, int columns) {
        this.device = device;
        this.program = program;
        this.count = count;
        this.rows = rows;
        this.columns = columns;
        memory = device.scratch(count * rows * columns * Double.BYTES);
        addresses = device.scratch(count * Long.BYTES);
        KernelArguments arguments = device.arguments()
                .i64(count)
                .i64((long) rows * columns)
                .pointer(memory.address())
                .pointer(addresses.address());
        Launch.queue(device, program, "point", Threads.of(count), arguments);
    }

    /** Columns of each. */
    int columns() {
        return columns;
    }

    /** The first matrix. */
    long address() {
        return memory.address();
    }

    /** The array of the matrices' addresses. */
    long addresses() {
        return addresses.address();
    }

    /** Reads the matrices of a tensor {@code [..., rows, columns]}. */
    void read(Tensor tensor) {
        try (Dense dense = Dense.of(device, tensor)) {
            KernelArguments arguments = device.arguments()
                    .i64(count)
                    .i64(rows)
                    .i64(columns)
                    .pointer(dense.address())
                    .pointer(memory.address());
            Launch.queue(device, program, "pack", Threads.of(count * rows * columns), arguments);
        }
    }

    /** Makes them identity matrices. */
    void identities() {
        KernelArguments arguments = device.arguments().i64(count).i64(rows).pointer(memory.address());
        Launch.queue(device, program, "identities", Threads.of(count * rows * columns), arguments);
    }

    /** Writes the first rows into a tensor, optionally only the elements on and above the diagonal. */
    void write(int kept, boolean upper, Tensor tensor) {
        KernelArguments arguments = device.arguments()
                .i64(count)
                .i64(rows)
                .i64(kept)
                .i64(columns)
                .i32(upper ? 1 : 0)
                .pointer(memory.address())
                .pointer(DeviceBuffer.address(tensor));
        Launch.queue(device, program, "unpack", Threads.of(count * kept * columns), arguments);
    }

    @Override
    public void close() {
        addresses.close();
        memory.close();
    }
}
