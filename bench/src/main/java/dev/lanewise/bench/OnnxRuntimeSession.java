package dev.lanewise.bench;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** A model in ONNX Runtime. Errors are {@link IllegalStateException} with its message. */
final class OnnxRuntimeSession implements AutoCloseable {
    /** It recurses while it starts, and overflows the usual stack where the command line is some ten thousand letters. */
    private static final long STACK_BYTES = 1 << 28;

    private final OrtEnvironment environment;
    private final OrtSession session;
    private final Map<String, OnnxTensor> inputs = new LinkedHashMap<>();

    /**
     * Loads a model.
     *
     * @throws UnsatisfiedLinkError if there is no native library for this machine
     */
    OnnxRuntimeSession(Path file, int threads) {
        FutureTask<OrtSession> loading = new FutureTask<>(() -> {
            OrtEnvironment started = OrtEnvironment.getEnvironment();
            try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
                options.setIntraOpNumThreads(threads);
                return started.createSession(file.toString(), options);
            }
        });
        Thread.ofPlatform().stackSize(STACK_BYTES).start(loading);
        session = loaded(loading);
        environment = OrtEnvironment.getEnvironment();
    }

    private static OrtSession loaded(FutureTask<OrtSession> loading) {
        try {
            return loading.get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof OrtException failure) {
                throw failed(failure);
            }
            if (cause instanceof UnsatisfiedLinkError missing) {
                throw missing;
            }
            throw new IllegalStateException("ONNX Runtime: " + cause, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("ONNX Runtime: interrupted", e);
        }
    }

    private static IllegalStateException failed(OrtException e) {
        return new IllegalStateException("ONNX Runtime: " + e.getMessage(), e);
    }

    /** The inputs of the next calls. */
    void inputs(Map<String, Tensor> tensors) {
        closeInputs();
        tensors.forEach((name, tensor) -> {
            try {
                inputs.put(name, tensor(tensor));
            } catch (OrtException e) {
                throw failed(e);
            }
        });
    }

    /**
     * Ones as inputs of the next calls, made without any tensor of this library.
     *
     * @param batch the size of open first axes
     * @param length the size of other open axes
     */
    void ones(long batch, long length) {
        closeInputs();
        try {
            for (Map.Entry<String, NodeInfo> input : session.getInputInfo().entrySet()) {
                TensorInfo info = (TensorInfo) input.getValue().getInfo();
                long[] sizes = info.getShape();
                for (int d = 0; d < sizes.length; d++) {
                    sizes[d] = sizes[d] >= 0 ? sizes[d] : d == 0 ? batch : length;
                }
                inputs.put(input.getKey(), ones(info.type, sizes));
            }
        } catch (OrtException e) {
            throw failed(e);
        }
    }

    private OnnxTensor ones(OnnxJavaType type, long[] sizes) throws OrtException {
        int count = 1;
        for (long size : sizes) {
            count = Math.multiplyExact(count, Math.toIntExact(size));
        }
        ByteBuffer bytes = ByteBuffer.allocateDirect(count * Long.BYTES).order(ByteOrder.nativeOrder());
        return switch (type) {
            case FLOAT -> {
                FloatBuffer values = bytes.asFloatBuffer().limit(count);
                for (int i = 0; i < count; i++) {
                    values.put(i, 1);
                }
                yield OnnxTensor.createTensor(environment, values, sizes);
            }
            case INT64 -> {
                LongBuffer values = bytes.asLongBuffer();
                for (int i = 0; i < count; i++) {
                    values.put(i, 1);
                }
                yield OnnxTensor.createTensor(environment, values, sizes);
            }
            default -> throw new IllegalArgumentException("inputs of " + type + " are not made up");
        };
    }

    private OnnxTensor tensor(Tensor tensor) throws OrtException {
        ByteBuffer bytes = TensorData.of(tensor).segment().asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        long[] sizes = tensor.shape().toArray();
        return switch (tensor.dtype()) {
            case F32 -> OnnxTensor.createTensor(environment, bytes.asFloatBuffer(), sizes);
            case F64 -> OnnxTensor.createTensor(environment, bytes.asDoubleBuffer(), sizes);
            case I64 -> OnnxTensor.createTensor(environment, bytes.asLongBuffer(), sizes);
            case I32 -> OnnxTensor.createTensor(environment, bytes.asIntBuffer(), sizes);
            case F16, BF16, I8, U8, BOOL ->
                throw new IllegalArgumentException("inputs of " + tensor.dtype() + " are not passed on");
        };
    }

    /** Calls the model and drops its results. */
    void run() {
        try (OrtSession.Result result = session.run(inputs)) {
            if (result.size() == 0) {
                throw new IllegalStateException("ONNX Runtime returned nothing");
            }
        } catch (OrtException e) {
            throw failed(e);
        }
    }

    /** Calls the model. */
    Map<String, Tensor> outputs() {
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        try (OrtSession.Result result = session.run(inputs)) {
            result.forEach(output -> outputs.put(output.getKey(), copy((OnnxTensor) output.getValue())));
        } catch (OrtException e) {
            throw failed(e);
        }
        return outputs;
    }

    private static Tensor copy(OnnxTensor tensor) {
        long[] sizes = tensor.getInfo().getShape();
        return switch (tensor.getInfo().type) {
            case FLOAT -> {
                float[] values = new float[Math.toIntExact(Shape.of(sizes).elements())];
                tensor.getFloatBuffer().get(values);
                yield Tensor.of(values, sizes);
            }
            case INT64 -> {
                long[] values = new long[Math.toIntExact(Shape.of(sizes).elements())];
                tensor.getLongBuffer().get(values);
                yield Tensor.of(values, sizes).to(DType.I64);
            }
            default -> throw new IllegalArgumentException("outputs of " + tensor.getInfo().type + " are not read");
        };
    }

    private void closeInputs() {
        inputs.values().forEach(OnnxTensor::close);
        inputs.clear();
    }

    @Override
    public void close() {
        closeInputs();
        try {
            session.close();
        } catch (OrtException e) {
            throw failed(e);
        }
    }
}
