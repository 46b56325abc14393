package dev.lanewise.cuda;

import dev.lanewise.cuda.api.CudaException;
import dev.lanewise.cuda.api.Nccl;
import dev.lanewise.cuda.dnn.BatchNorms;
import dev.lanewise.cuda.dnn.Convolutions;
import dev.lanewise.cuda.dnn.Pools;
import dev.lanewise.cuda.dnn.Recurrences;
import dev.lanewise.cuda.matrix.Products;
import dev.lanewise.cuda.ops.Attentions;
import dev.lanewise.cuda.ops.CrossEntropies;
import dev.lanewise.cuda.ops.Elementwise;
import dev.lanewise.cuda.ops.Indexing;
import dev.lanewise.cuda.ops.Joining;
import dev.lanewise.cuda.ops.LayerNorms;
import dev.lanewise.cuda.ops.Randoms;
import dev.lanewise.cuda.ops.Reductions;
import dev.lanewise.cuda.ops.Scans;
import dev.lanewise.cuda.ops.SmallMatrices;
import dev.lanewise.cuda.ops.Softmaxes;
import dev.lanewise.cuda.ops.Sorting;
import dev.lanewise.cuda.ops.Sources;
import dev.lanewise.cuda.ops.Updates;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.cuda.runtime.DeviceStream;
import dev.lanewise.cuda.runtime.NcclCollectives;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Cast;
import dev.lanewise.tensor.op.Copy;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.Update;
import dev.lanewise.tensor.op.conv.AveragePooling2d;
import dev.lanewise.tensor.op.conv.AveragePooling2dGrad;
import dev.lanewise.tensor.op.conv.Convolution2d;
import dev.lanewise.tensor.op.conv.Convolution2dInputGrad;
import dev.lanewise.tensor.op.conv.Convolution2dRelu;
import dev.lanewise.tensor.op.conv.Convolution2dWeightGrad;
import dev.lanewise.tensor.op.conv.MaxPooling2d;
import dev.lanewise.tensor.op.conv.MaxPooling2dGrad;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Compare;
import dev.lanewise.tensor.op.elementwise.Ternary;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;
import dev.lanewise.tensor.op.index.Cat;
import dev.lanewise.tensor.op.index.Gather;
import dev.lanewise.tensor.op.index.IndexAdd;
import dev.lanewise.tensor.op.index.IndexSelect;
import dev.lanewise.tensor.op.index.Pad;
import dev.lanewise.tensor.op.index.Scatter;
import dev.lanewise.tensor.op.index.SliceGrad;
import dev.lanewise.tensor.op.matrix.DynamicQuantize;
import dev.lanewise.tensor.op.matrix.IntegerProduct;
import dev.lanewise.tensor.op.matrix.Linalg;
import dev.lanewise.tensor.op.matrix.LinearProduct;
import dev.lanewise.tensor.op.matrix.MatMul;
import dev.lanewise.tensor.op.matrix.QuantizedProduct;
import dev.lanewise.tensor.op.norm.BatchNormalization;
import dev.lanewise.tensor.op.norm.BatchNormalizationGrad;
import dev.lanewise.tensor.op.norm.CrossEntropy;
import dev.lanewise.tensor.op.norm.CrossEntropyGrad;
import dev.lanewise.tensor.op.norm.LayerNormalization;
import dev.lanewise.tensor.op.norm.LayerNormalizationGrad;
import dev.lanewise.tensor.op.norm.Softmax;
import dev.lanewise.tensor.op.norm.SoftmaxGrad;
import dev.lanewise.tensor.op.reduce.ArgReduce;
import dev.lanewise.tensor.op.reduce.Reduce;
import dev.lanewise.tensor.op.reduce.Scan;
import dev.lanewise.tensor.op.reduce.Sort;
import dev.lanewise.tensor.op.sequence.Attention;
import dev.lanewise.tensor.op.sequence.AttentionGrad;
import dev.lanewise.tensor.op.sequence.RandomDropout;
import dev.lanewise.tensor.op.sequence.Recurrence;
import dev.lanewise.tensor.op.sequence.RecurrenceGrad;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.BackendInfo;
import dev.lanewise.tensor.spi.Buffer;
import dev.lanewise.tensor.spi.Collectives;
import dev.lanewise.tensor.spi.StepRecorder;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** A GPU. An operation has been queued on the calling thread's stream when {@link #execute} returns. */
final class CudaBackend implements Backend {
    private final CudaDevice device;
    private final Products products;
    private final Convolutions convolutions;
    private final Pools pools;
    private final BatchNorms batchNorms;
    private final Recurrences recurrences;

    CudaBackend(CudaDevice device) {
        this.device = device;
        products = new Products(device);
        convolutions = new Convolutions(device);
        pools = new Pools(device);
        batchNorms = new BatchNorms(device);
        recurrences = new Recurrences(device);
        device.onClose(products::close);
        device.onClose(convolutions::close);
        device.onClose(recurrences::close);
    }

    /**
     * Attention that the kernels don't support runs as products and softmax; recurrent layers that cuDNN doesn't
     * support run step by step.
     */
    @Override
    public boolean supports(Op.Fused op, Tensor[] inputs) {
        // no kernels yet: weights of few bits are unpacked, and integers multiplied as they are
        if (op instanceof QuantizedProduct || op instanceof IntegerProduct || op instanceof DynamicQuantize) {
            return false;
        }
        if (!Attentions.supports(device, op, inputs)) {
            return false;
        }
        return isVirtual() ? device.onSystemThread(() -> recurrences.takes(op, inputs)) : recurrences.takes(op, inputs);
    }

    private static boolean isVirtual() {
        return Thread.currentThread().isVirtual();
    }

    @Override
    public Device device() {
        return device.device();
    }

    @Override
    public Buffer allocate(long bytes) {
        return isVirtual() ? device.onSystemThread(() -> device.allocate(bytes)) : device.allocate(bytes);
    }

    @Override
    public void execute(Op op, Tensor[] inputs, Tensor[] outputs) {
        if (isVirtual()) {
            onSystemThread(() -> queue(op, inputs, outputs));
        } else {
            queue(op, inputs, outputs);
        }
    }

    private void onSystemThread(Runnable work) {
        device.onSystemThread(() -> {
            work.run();
            return true;
        });
    }

    private void queue(Op op, Tensor[] inputs, Tensor[] outputs) {
        DeviceStream stream = device.stream();
        try {
            stream.order(inputs, outputs);
            run(op, inputs, outputs);
        } catch (CudaException e) {
            throw e.during(describe(op, inputs));
        } catch (ArithmeticException e) {
            // libraries take sizes as int, which must be converted exactly
            throw new TensorException(
                    describe(op, inputs)
                            + ": a size is beyond 2^31 (expected less, the libraries' limit); use smaller ones",
                    e);
        }
    }

    private void run(Op op, Tensor[] inputs, Tensor[] outputs) {
        switch (op) {
            case Unary unary -> Elementwise.run(device, unary, inputs, outputs);
            case UnaryWith unary -> Elementwise.run(device, unary, inputs, outputs);
            case Binary binary -> Elementwise.run(device, binary, inputs, outputs);
            case Compare compare -> Elementwise.run(device, compare, inputs, outputs);
            case Ternary ternary -> Elementwise.run(device, ternary, inputs, outputs);
            case Cast cast -> Elementwise.run(device, cast, inputs, outputs);
            case Copy copy -> Elementwise.run(device, copy, inputs, outputs);
            case Source.Fill fill -> Sources.run(device, fill, outputs);
            case Source.Range range -> Sources.run(device, range, outputs);
            case Source.Random random -> Randoms.run(device, random, outputs);
            case Reduce reduce -> Reductions.run(device, reduce, inputs, outputs);
            case ArgReduce reduce -> Reductions.run(device, reduce, inputs, outputs);
            case Scan scan -> Scans.run(device, scan, inputs, outputs);
            case Sort sort -> Sorting.run(device, sort, inputs, outputs);
            case MatMul product -> products.run(product, inputs, outputs);
            case LinearProduct linear -> products.run(linear, inputs, outputs);
            case Linalg linalg -> SmallMatrices.run(device, linalg, inputs, outputs);
            case Convolution2d conv -> convolutions.run(conv, inputs, outputs);
            case Convolution2dRelu relu -> convolutions.run(relu, inputs, outputs);
            case Convolution2dInputGrad grad -> convolutions.run(grad, inputs, outputs);
            case Convolution2dWeightGrad grad -> convolutions.run(grad, inputs, outputs);
            case MaxPooling2d pool -> pools.run(pool, inputs, outputs);
            case MaxPooling2dGrad grad -> pools.run(grad, inputs, outputs);
            case AveragePooling2d pool -> pools.run(pool, inputs, outputs);
            case AveragePooling2dGrad grad -> pools.run(grad, inputs, outputs);
            case Cat cat -> Joining.run(device, cat, inputs, outputs);
            case Pad pad -> Joining.run(device, pad, inputs, outputs);
            case SliceGrad grad -> Joining.run(device, grad, inputs, outputs);
            case IndexSelect select -> Indexing.run(device, select, inputs, outputs);
            case Gather gather -> Indexing.run(device, gather, inputs, outputs);
            case IndexAdd add -> Indexing.run(device, add, inputs, outputs);
            case Scatter scatter -> Indexing.run(device, scatter, inputs, outputs);
            case Softmax softmax -> Softmaxes.run(device, softmax, inputs, outputs);
            case SoftmaxGrad grad -> Softmaxes.run(device, grad, inputs, outputs);
            case CrossEntropy loss -> CrossEntropies.run(device, loss, inputs, outputs);
            case CrossEntropyGrad grad -> CrossEntropies.run(device, grad, inputs, outputs);
            case LayerNormalization norm -> LayerNorms.run(device, norm, inputs, outputs);
            case LayerNormalizationGrad grad -> LayerNorms.run(device, grad, inputs, outputs);
            case BatchNormalization norm -> batchNorms.run(norm, inputs, outputs);
            case BatchNormalizationGrad grad -> batchNorms.run(grad, inputs, outputs);
            case RandomDropout dropout -> Randoms.run(device, dropout, inputs, outputs);
            case Update.SgdStep step -> Updates.run(device, step, inputs, outputs);
            case Update.AdamStep step -> Updates.run(device, step, inputs, outputs);
            case Recurrence recurrence -> recurrences.run(recurrence, inputs, outputs);
            case RecurrenceGrad grad -> recurrences.run(grad, inputs, outputs);
            case Attention attention -> Attentions.run(device, attention, inputs, outputs);
            case AttentionGrad grad -> Attentions.run(device, grad, inputs, outputs);
            case QuantizedProduct product -> throw declined(product);
            case IntegerProduct product -> throw declined(product);
            case DynamicQuantize quantize -> throw declined(quantize);
            case Op.Structural structural ->
                throw new IllegalArgumentException(
                        structural.opName() + ": reached the backend (expected dispatch to run it)");
        }
    }

    private static IllegalArgumentException declined(Op op) {
        return new IllegalArgumentException(op.opName() + ": reached the backend (expected its decomposition to run)");
    }

    private static String describe(Op op, Tensor[] inputs) {
        return op.opName() + " "
                + Arrays.stream(inputs).map(input -> input.spec().toString()).collect(Collectors.joining(" x "));
    }

    @Override
    public void copyIn(MemorySegment source, Buffer target, long byteOffset) {
        if (isVirtual()) {
            onSystemThread(() -> queueCopyIn(source, target, byteOffset));
        } else {
            queueCopyIn(source, target, byteOffset);
        }
    }

    private void queueCopyIn(MemorySegment source, Buffer target, long byteOffset) {
        DeviceBuffer buffer = (DeviceBuffer) target;
        device.stream().orderWrite(buffer);
        device.copyIn(source, buffer.address() + byteOffset);
    }

    @Override
    public void copyOut(Buffer source, long byteOffset, MemorySegment target) {
        if (isVirtual()) {
            onSystemThread(() -> read(source, byteOffset, target));
        } else {
            read(source, byteOffset, target);
        }
    }

    private void read(Buffer source, long byteOffset, MemorySegment target) {
        DeviceBuffer buffer = (DeviceBuffer) source;
        device.stream().orderRead(buffer);
        device.copyOut(buffer.address() + byteOffset, target);
    }

    @Override
    public Optional<StepRecorder> recorder() {
        return Optional.of(device.recorder());
    }

    @Override
    public Optional<Collectives> collectives() {
        return Optional.of(new NcclCollectives(device, Nccl.open()));
    }

    @Override
    public void synchronize() {
        if (isVirtual()) {
            onSystemThread(device::synchronize);
        } else {
            device.synchronize();
        }
    }

    @Override
    public BackendInfo describe() {
        int index = device.device().index();
        Map<String, String> details = new LinkedHashMap<>();
        details.put("compute capability", device.architecture() / 10 + "." + device.architecture() % 10);
        details.put("multiprocessors", Integer.toString(device.multiprocessors()));
        details.put("memory", device.driver().totalMemory(index) / (1L << 20) + " MiB");
        details.put("free memory", device.freeMemory() / (1L << 20) + " MiB");
        details.put("driver", device.driver().version().toString());
        details.put("NVRTC", device.libraries().nvrtc().version().toString());
        details.put("cuBLASLt", device.libraries().cublasLt().version().toString());
        details.put("cuDNN", device.libraries().cudnn().version().toString());
        return new BackendInfo("panama-cuda", device.driver().deviceName(index), details);
    }
}
