package dev.lanewise.cpu.matrix;

import dev.lanewise.cpu.gemm.Activation;
import dev.lanewise.cpu.gemm.Bias;
import dev.lanewise.cpu.gemm.GemmShape;
import dev.lanewise.cpu.gemm.TiledProduct;
import dev.lanewise.cpu.gemm.WeightTiles;
import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.plan.Kernel;
import dev.lanewise.cpu.plan.Plans;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.matrix.LinearProduct;
import dev.lanewise.tensor.op.matrix.MatMul;
import dev.lanewise.tensor.spi.HostBuffer;

/** Matrix products of tensors. Transposed, sliced and repeated operands are read where they are. */
public final class Products {
    private Products() {}

    /** {@code [..., m, k] x [..., k, n]} into a dense result. */
    public static void run(MatMul op, Tensor[] inputs, Tensor[] outputs) {
        Tensor out = outputs[0];
        long[] sizes = out.shape().slice(0, out.shape().rank() - 2).toArray();
        try (MatrixOperand a = MatrixOperand.of(inputs[0]);
                MatrixOperand b = MatrixOperand.of(inputs[1])) {
            MatrixBatch batch = MatrixBatch.of(sizes, a.batchStrides(sizes), b.batchStrides(sizes));
            GemmShape shape = shape(out.dtype(), a, b, batch);
            switch (out.dtype()) {
                case F32, F64 -> multiply(shape, a, b, batch, inputs[1], Dense.address(out));
                case I8, U8, I32, I64 -> IntegerProduct.run(shape, a, b, batch, Dense.address(out));
                case F16, BF16, BOOL ->
                    throw new IllegalArgumentException(
                            "matmul kernel: got " + out.spec() + " (expected F32, F64 or an integer type)");
            }
        }
    }

    private static GemmShape shape(DType type, MatrixOperand a, MatrixOperand b, MatrixBatch batch) {
        int m = Math.toIntExact(a.shape().size(-2));
        int k = Math.toIntExact(a.shape().size(-1));
        int n = Math.toIntExact(b.shape().size(-1));
        return GemmShape.of(type, m, n, k)
                .left(a.row(), a.column())
                .right(b.row(), b.column())
                .batched(batch.count(), batch.step(batch.a()), batch.step(batch.b()), (long) m * n);
    }

    private static void multiply(
            GemmShape shape, MatrixOperand a, MatrixOperand b, MatrixBatch batch, Tensor right, long out) {
        if (batch.outer() == 1) {
            multiply(shape, a.address(), b.address(), right, 0, out);
            return;
        }
        Kernel gemm = Plans.of(shape);
        long bytes = shape.type().bytes();
        long results = (long) shape.m() * shape.n() * batch.count();
        for (long i = 0; i < batch.outer(); i++) {
            Plans.run(
                    gemm,
                    a.address() + bytes * batch.offset(batch.a(), i),
                    b.address() + bytes * batch.offset(batch.b(), i),
                    0,
                    out + bytes * results * i);
        }
    }

    private static void multiply(GemmShape shape, long a, long b, Tensor right, long bias, long out) {
        HostBuffer tiles = WeightTiles.of(shape, right, b);
        if (tiles == null) {
            Plans.run(shape, a, b, bias, out);
            return;
        }
        try {
            Plans.run(new TiledProduct(shape), a, tiles.segment().address(), bias, out);
        } finally {
            tiles.release();
        }
    }

    /** {@code activation(x w^T + bias)} into a dense result. */
    public static void run(LinearProduct op, Tensor[] inputs, Tensor[] outputs) {
        boolean hasBias = inputs.length == 3;
        try (MatrixOperand x = MatrixOperand.rowsOf(inputs[0]);
                MatrixOperand weight = MatrixOperand.of(inputs[1]);
                Dense bias = hasBias ? Dense.of(inputs[2]) : Dense.at(0)) {
            int m = Math.toIntExact(x.shape().size(0));
            int n = Math.toIntExact(weight.shape().size(0));
            int k = Math.toIntExact(weight.shape().size(1));
            GemmShape shape = GemmShape.of(inputs[0].dtype(), m, n, k)
                    .left(x.row(), x.column())
                    .right(/* row= */ weight.column(), /* column= */ weight.row())
                    .fused(hasBias ? Bias.PER_COLUMN : Bias.NONE, activation(op));
            multiply(shape, x.address(), weight.address(), inputs[1], bias.address(), Dense.address(outputs[0]));
        }
    }

    private static Activation activation(LinearProduct op) {
        return switch (op.activation()) {
            case NONE -> Activation.NONE;
            case RELU -> Activation.RELU;
        };
    }
}
