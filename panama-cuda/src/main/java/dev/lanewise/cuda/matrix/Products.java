package dev.lanewise.cuda.matrix;

import dev.lanewise.cuda.api.ComputeType;
import dev.lanewise.cuda.api.DataType;
import dev.lanewise.cuda.api.Epilogue;
import dev.lanewise.cuda.ops.Dense;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.cuda.runtime.Settings;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.matrix.LinearProduct;
import dev.lanewise.tensor.op.matrix.MatMul;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Matrix products through cuBLASLt: transposes, broadcast batches and bias with ReLU without copies, the algorithm
 * chosen once per shape. Integers, and products that cuBLASLt has no algorithm for, use a kernel, and so does a ReLU
 * that would lose NaN.
 */
public final class Products implements AutoCloseable {
    private final CudaDevice device;
    private final PlainProduct plain;
    private final Map<Problem, Optional<Plan>> plans = new ConcurrentHashMap<>();

    /** Products on a device. */
    public Products(CudaDevice device) {
        this.device = device;
        plain = new PlainProduct(device);
    }

    /** {@code [..., m, k] x [..., k, n]}. */
    public void run(MatMul ignored, Tensor[] inputs, Tensor[] outputs) {
        Tensor out = outputs[0];
        if (inputs[0].shape().size(-1) == 0) {
            zero(out);
            return;
        }
        try (Matrix left = Matrix.of(device, inputs[0]);
                Matrix right = Matrix.of(device, inputs[1])) {
            product(out, left, right, Epilogue.NONE, 0);
        }
    }

    /** {@code activation(x w^T + bias)}. */
    public void run(LinearProduct linear, Tensor[] inputs, Tensor[] outputs) {
        Tensor out = outputs[0];
        boolean relu = linear.activation() == LinearProduct.Activation.RELU;
        boolean biased = inputs.length == 3;
        try (Matrix left = Matrix.rows(device, inputs[0]);
                Matrix right = Matrix.transposed(device, inputs[1]);
                Dense bias = Dense.of(device, inputs[biased ? 2 : 1])) {
            long biasAddress = biased ? bias.address() : 0;
            if (left.columns() == 0) {
                zero(out);
                Bias.add(device, out, out.shape().size(-1), 1, biasAddress, relu);
                return;
            }
            Epilogue epilogue =
                    biased ? relu ? Epilogue.RELU_BIAS : Epilogue.BIAS : relu ? Epilogue.RELU : Epilogue.NONE;
            product(out, left, right, epilogue, biasAddress);
        }
    }

    private void zero(Tensor out) {
        device.driver()
                .fill8(
                        DeviceBuffer.address(out),
                        (byte) 0,
                        out.spec().bytes(),
                        device.stream().handle());
    }

    private void product(Tensor out, Matrix left, Matrix right, Epilogue epilogue, long bias) {
        long[] sizes = out.shape().toArray();
        int leading = Math.max(left.batchSizes().length, right.batchSizes().length);
        long[] batchSizes = Arrays.copyOf(sizes, leading);
        long elements = left.rows() * right.columns();
        List<Batch> batches = Batch.merge(batchSizes, left, right, elements);
        Matrix rows = left;
        if (!batches.isEmpty()) {
            Batch inner = batches.getLast();
            // one right operand for all: the left ones are one tall matrix
            if (inner.right() == 0 && !left.byColumns() && inner.left() == left.rows() * left.stride()) {
                rows = left.withRows(inner.size() * left.rows());
                batches.removeLast();
            }
        }
        Batch strided = takeLargest(batches);
        loop(batches, 0, new Product(out, rows, right, strided, epilogue, bias), 0, 0, 0);
    }

    /** Takes the largest dimension out of the list: the one that a single call computes. */
    private static Batch takeLargest(List<Batch> batches) {
        Batch largest = Batch.ONE;
        for (Batch batch : batches) {
            if (batch.size() > largest.size()) {
                largest = batch;
            }
        }
        batches.remove(largest);
        return largest;
    }

    private record Product(Tensor out, Matrix left, Matrix right, Batch batch, Epilogue epilogue, long bias) {}

    /** Calls {@link #call} for every element of the dimensions that no single call can stride over. */
    private void loop(List<Batch> batches, int d, Product product, long left, long right, long out) {
        if (d == batches.size()) {
            call(product, left, right, out);
            return;
        }
        Batch batch = batches.get(d);
        for (long i = 0; i < batch.size(); i++) {
            loop(batches, d + 1, product, left + i * batch.left(), right + i * batch.right(), out + i * batch.out());
        }
    }

    private void call(Product product, long leftOffset, long rightOffset, long outOffset) {
        DType dtype = product.out.dtype();
        Matrix left = product.left.at(leftOffset * dtype.bytes());
        Matrix right = product.right.at(rightOffset * dtype.bytes());
        long out = DeviceBuffer.address(product.out) + outOffset * dtype.bytes();
        if (dtype.isInteger()) {
            plain.run(dtype, left, right, product.batch, out);
            return;
        }
        if (!tryCublas(product, product.epilogue, left, right, out)) {
            if (product.epilogue == Epilogue.NONE || !tryCublas(product, Epilogue.NONE, left, right, out)) {
                plain.run(dtype, left, right, product.batch, out);
            }
            Bias.add(device, product.out, right.columns(), 1, product.bias, hasRelu(product.epilogue));
        }
    }

    private static boolean hasRelu(Epilogue epilogue) {
        return epilogue == Epilogue.RELU || epilogue == Epilogue.RELU_BIAS;
    }

    private boolean tryCublas(Product product, Epilogue epilogue, Matrix left, Matrix right, long out) {
        DType dtype = product.out.dtype();
        Batch batch = product.batch;
        long bias = epilogue == Epilogue.NONE ? 0 : product.bias;
        Problem problem = new Problem(
                type(dtype),
                compute(dtype),
                left.rows(),
                right.columns(),
                left.columns(),
                Problem.Operand.of(left, batch.left()),
                Problem.Operand.of(right, batch.right()),
                Math.toIntExact(batch.size()),
                batch.out(),
                epilogue,
                Problem.alignmentOf(out),
                Problem.alignmentOf(bias));
        Optional<Plan> plan = plans.get(problem);
        if (plan == null) {
            if (hasRelu(epilogue) && device.isRecording()) {
                return false; // how the epilogue treats NaN cannot be checked now
            }
            plan = plans.computeIfAbsent(problem, p -> plan(p, left.address(), right.address(), out, bias));
        }
        plan.ifPresent(p -> p.run(device, left.address(), right.address(), out, bias));
        return plan.isPresent();
    }

    /** A plan, unless its ReLU loses NaN; {@code out} is overwritten. */
    private Optional<Plan> plan(Problem problem, long left, long right, long out, long bias) {
        Optional<Plan> made = Plan.make(device, problem, bias);
        if (made.isEmpty() || !hasRelu(problem.epilogue())) {
            return made;
        }
        Plan plan = made.get();
        boolean usable = false;
        try {
            usable = plan.keepsNaN(device, left, right, out, bias);
        } finally {
            if (!usable) {
                plan.close();
            }
        }
        return usable ? made : Optional.empty();
    }

    private static DataType type(DType dtype) {
        return switch (dtype) {
            case F32 -> DataType.F32;
            case F64 -> DataType.F64;
            case F16 -> DataType.F16;
            case BF16 -> DataType.BF16;
            case I8, U8, I32, I64, BOOL ->
                throw new IllegalArgumentException(
                        "cuBLASLt product of " + dtype + " (expected a floating-point type)");
        };
    }

    private static ComputeType compute(DType dtype) {
        if (dtype == DType.F64) {
            return ComputeType.F64;
        }
        return dtype == DType.F32 && Settings.tf32() ? ComputeType.TF32 : ComputeType.F32;
    }

    /** Destroys the plans. */
    @Override
    public void close() {
        plans.values().forEach(plan -> plan.ifPresent(Plan::close));
        plans.clear();
    }
}
