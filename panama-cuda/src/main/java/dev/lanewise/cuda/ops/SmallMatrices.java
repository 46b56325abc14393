package dev.lanewise.cuda.ops;

import dev.lanewise.cuda.api.Cublas;
import dev.lanewise.cuda.api.KernelArguments;
import dev.lanewise.cuda.kernel.KernelTemplates;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.matrix.Linalg;
import dev.lanewise.tensor.spi.HostBuffer;
import dev.lanewise.tensor.spi.Storage;
import java.lang.foreign.MemorySegment;

/**
 * Runs {@link Linalg}, in double precision as on the CPU. Solutions, inverses, determinants and QR use cuBLAS's
 * factorizations of many matrices, triangles its solutions with them; Cholesky and SVD, which cuBLAS lacks, use the host's backend, which waits for the
 * device. Solutions and inverses wait, too, to check whether a matrix was singular.
 */
public final class SmallMatrices {
    private static final Program.OfType PROGRAM = new Program.OfType("linalg", KernelTemplates::linalg);

    private final CudaDevice device;
    private final Linalg op;
    private final Tensor[] inputs;
    private final Tensor[] outputs;
    private final Program program;
    private final long count;
    private final int rows;
    private final int columns;

    private SmallMatrices(CudaDevice device, Linalg op, Tensor[] inputs, Tensor[] outputs) {
        this.device = device;
        this.op = op;
        this.inputs = inputs;
        this.outputs = outputs;
        Shape shape = inputs[0].shape();
        program = PROGRAM.of(inputs[0].dtype());
        count = shape.slice(0, shape.rank() - 2).elements();
        rows = Math.toIntExact(shape.size(-2));
        columns = Math.toIntExact(shape.size(-1));
    }

    /** Queues the operation, or runs it on the host. */
    public static void run(CudaDevice device, Linalg op, Tensor[] inputs, Tensor[] outputs) {
        boolean onHost =
                op == Linalg.CHOLESKY || op == Linalg.SVD || inputs[0].shape().isEmpty();
        if (onHost) {
            onHost(device, op, inputs, outputs);
            return;
        }
        SmallMatrices matrices = new SmallMatrices(device, op, inputs, outputs);
        switch (op) {
            case SOLVE, INVERSE -> matrices.solve();
            case SOLVE_LOWER, SOLVE_UPPER -> matrices.solveTriangles();
            case DET -> matrices.determinants();
            case QR -> matrices.qr();
            case CHOLESKY, SVD -> throw new IllegalStateException(op + " runs on the host");
        }
    }

    private void solve() {
        int sides = op == Linalg.SOLVE ? Math.toIntExact(inputs[1].shape().size(-1)) : rows;
        if (sides == 0) {
            return;
        }
        try (FactoredMatrices lu = new FactoredMatrices(this, inputs[0]);
                DoubleMatrices right = new DoubleMatrices(device, program, count, rows, sides)) {
            lu.factor();
            if (op == Linalg.SOLVE) {
                right.read(inputs[1]);
            } else {
                right.identities();
            }
            lu.solve(right);
            right.write(rows, false, outputs[0]);
            lu.checkPivots();
        }
    }

    private void solveTriangles() {
        int sides = Math.toIntExact(inputs[1].shape().size(-1));
        if (sides == 0) {
            return;
        }
        boolean upper = op == Linalg.SOLVE_UPPER;
        Cublas cublas = device.libraries().cublas();
        try (DoubleMatrices a = new DoubleMatrices(device, program, count, rows, rows);
                DoubleMatrices right = new DoubleMatrices(device, program, count, rows, sides)) {
            a.read(inputs[0]);
            right.read(inputs[1]);
            Cublas.Handle handle = device.stream().cublas();
            if (count == 1) {
                cublas.solveTriangle(handle, upper, rows, sides, a.address(), right.address());
            } else {
                int batch = Math.toIntExact(count);
                cublas.solveTriangles(handle, upper, rows, sides, a.addresses(), right.addresses(), batch);
            }
            right.write(rows, false, outputs[0]);
        }
    }

    private void determinants() {
        try (FactoredMatrices lu = new FactoredMatrices(this, inputs[0])) {
            lu.factor();
            KernelArguments arguments = device.arguments()
                    .i64(count)
                    .i64(rows)
                    .pointer(lu.matrices().address())
                    .pointer(lu.pivots())
                    .pointer(DeviceBuffer.address(outputs[0]));
            Launch.queue(device, program, "determinants", Threads.of(count), arguments);
        }
    }

    private void qr() {
        int k = Math.min(rows, columns);
        int batch = Math.toIntExact(count);
        try (DoubleMatrices a = new DoubleMatrices(device, program, count, rows, columns);
                DoubleMatrices factors = new DoubleMatrices(device, program, count, k, 1);
                DoubleMatrices q = new DoubleMatrices(device, program, count, rows, k)) {
            a.read(inputs[0]);
            device.libraries()
                    .cublas()
                    .factorQr(device.stream().cublas(), rows, columns, a.addresses(), factors.addresses(), batch);
            KernelArguments arguments = device.arguments()
                    .i64(count)
                    .i64(rows)
                    .i64(columns)
                    .i64(k)
                    .pointer(a.address())
                    .pointer(factors.address())
                    .pointer(q.address());
            Launch.queue(device, program, "reflect", Threads.of(count * k), arguments);
            q.write(rows, false, outputs[0]);
            a.write(k, true, outputs[1]);
        }
    }

    /** The device. */
    CudaDevice device() {
        return device;
    }

    /** The kernels for the operands' type. */
    Program program() {
        return program;
    }

    /** How many matrices there are. */
    long count() {
        return count;
    }

    /** Rows and columns of square matrices. */
    int size() {
        return rows;
    }

    /** The description of the operation in messages. */
    String describe(long matrix) {
        return op.opName() + ": matrix " + matrix + " of " + inputs[0].spec();
    }

    /** Copies the operands to the host, runs the operation there, and copies the results back. */
    private static void onHost(CudaDevice device, Linalg op, Tensor[] inputs, Tensor[] outputs) {
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
