package dev.lanewise.cuda;

import dev.lanewise.cuda.api.CudaException;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.DeviceBuffer;
import dev.lanewise.cuda.runtime.DeviceStream;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.ArgReduce;
import dev.lanewise.tensor.op.Attention;
import dev.lanewise.tensor.op.AttentionGrad;
import dev.lanewise.tensor.op.AvgPool2d;
import dev.lanewise.tensor.op.AvgPool2dGrad;
import dev.lanewise.tensor.op.BatchNorm;
import dev.lanewise.tensor.op.BatchNormGrad;
import dev.lanewise.tensor.op.Binary;
import dev.lanewise.tensor.op.Cast;
import dev.lanewise.tensor.op.Cat;
import dev.lanewise.tensor.op.Compare;
import dev.lanewise.tensor.op.Conv2d;
import dev.lanewise.tensor.op.Conv2dInputGrad;
import dev.lanewise.tensor.op.Conv2dWeightGrad;
import dev.lanewise.tensor.op.Copy;
import dev.lanewise.tensor.op.CrossEntropy;
import dev.lanewise.tensor.op.CrossEntropyGrad;
import dev.lanewise.tensor.op.Dropout;
import dev.lanewise.tensor.op.Gather;
import dev.lanewise.tensor.op.IndexAdd;
import dev.lanewise.tensor.op.IndexSelect;
import dev.lanewise.tensor.op.LayerNorm;
import dev.lanewise.tensor.op.LayerNormGrad;
import dev.lanewise.tensor.op.Linalg;
import dev.lanewise.tensor.op.Linear;
import dev.lanewise.tensor.op.MatMul;
import dev.lanewise.tensor.op.MaxPool2d;
import dev.lanewise.tensor.op.MaxPool2dGrad;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Pad;
import dev.lanewise.tensor.op.Reduce;
import dev.lanewise.tensor.op.Scan;
import dev.lanewise.tensor.op.Scatter;
import dev.lanewise.tensor.op.SliceGrad;
import dev.lanewise.tensor.op.Softmax;
import dev.lanewise.tensor.op.SoftmaxGrad;
import dev.lanewise.tensor.op.Sort;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.Ternary;
import dev.lanewise.tensor.op.Unary;
import dev.lanewise.tensor.op.UnaryWith;
import dev.lanewise.tensor.op.Update;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.BackendInfo;
import dev.lanewise.tensor.spi.Buffer;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** A GPU. An operation has been queued on the calling thread's stream when {@link #execute} returns. */
final class CudaBackend implements Backend {
    private final CudaDevice device;

    CudaBackend(CudaDevice device) {
        this.device = device;
    }

    @Override
    public Device device() {
        return device.device();
    }

    @Override
    public Buffer allocate(long bytes) {
        return device.allocate(bytes);
    }

    @Override
    public void execute(Op op, Tensor[] inputs, Tensor[] outputs) {
        DeviceStream stream = device.stream();
        try {
            stream.order(inputs, outputs);
            run(op, inputs, outputs);
        } catch (CudaException e) {
            throw e.during(describe(op, inputs));
        }
    }

    private void run(Op op, Tensor[] inputs, Tensor[] outputs) {
        switch (op) {
            case Unary unary -> missing(unary);
            case UnaryWith unary -> missing(unary);
            case Binary binary -> missing(binary);
            case Compare compare -> missing(compare);
            case Ternary ternary -> missing(ternary);
            case Cast cast -> missing(cast);
            case Copy copy -> missing(copy);
            case Source.Fill fill -> missing(fill);
            case Source.Range range -> missing(range);
            case Source.Random random -> missing(random);
            case Reduce reduce -> missing(reduce);
            case ArgReduce reduce -> missing(reduce);
            case Scan scan -> missing(scan);
            case Sort sort -> missing(sort);
            case MatMul product -> missing(product);
            case Linear linear -> missing(linear);
            case Linalg linalg -> missing(linalg);
            case Conv2d conv -> missing(conv);
            case Conv2dInputGrad grad -> missing(grad);
            case Conv2dWeightGrad grad -> missing(grad);
            case MaxPool2d pool -> missing(pool);
            case MaxPool2dGrad grad -> missing(grad);
            case AvgPool2d pool -> missing(pool);
            case AvgPool2dGrad grad -> missing(grad);
            case Cat cat -> missing(cat);
            case Pad pad -> missing(pad);
            case SliceGrad grad -> missing(grad);
            case IndexSelect select -> missing(select);
            case Gather gather -> missing(gather);
            case IndexAdd add -> missing(add);
            case Scatter scatter -> missing(scatter);
            case Softmax softmax -> missing(softmax);
            case SoftmaxGrad grad -> missing(grad);
            case CrossEntropy loss -> missing(loss);
            case CrossEntropyGrad grad -> missing(grad);
            case LayerNorm norm -> missing(norm);
            case LayerNormGrad grad -> missing(grad);
            case BatchNorm norm -> missing(norm);
            case BatchNormGrad grad -> missing(grad);
            case Dropout dropout -> missing(dropout);
            case Update.SgdStep step -> missing(step);
            case Update.AdamStep step -> missing(step);
            case Attention attention -> missing(attention);
            case AttentionGrad grad -> missing(grad);
            case Op.Structural structural ->
                throw new IllegalArgumentException(
                        structural.opName() + ": reached the backend (expected dispatch to run it)");
        }
    }

    private void missing(Op op) {
        throw new TensorException(op.opName() + ": does not run on " + device.device()
                + " in this version (expected an operation with a CUDA kernel); compute it on the CPU with to(Device.CPU)");
    }

    private static String describe(Op op, Tensor[] inputs) {
        return op.opName() + " "
                + Arrays.stream(inputs).map(input -> input.spec().toString()).collect(Collectors.joining(" x "));
    }

    @Override
    public void copyIn(MemorySegment source, Buffer target, long byteOffset) {
        DeviceBuffer buffer = (DeviceBuffer) target;
        device.stream().orderWrite(buffer);
        device.copyIn(source, buffer.address() + byteOffset);
    }

    @Override
    public void copyOut(Buffer source, long byteOffset, MemorySegment target) {
        DeviceBuffer buffer = (DeviceBuffer) source;
        device.stream().orderRead(buffer);
        device.copyOut(buffer.address() + byteOffset, target);
    }

    @Override
    public void synchronize() {
        device.synchronize();
    }

    @Override
    public BackendInfo describe() {
        int index = device.device().index();
        Map<String, String> details = new LinkedHashMap<>();
        details.put("compute capability", device.architecture() / 10 + "." + device.architecture() % 10);
        details.put("multiprocessors", Integer.toString(device.multiprocessors()));
        details.put("memory", device.driver().totalMemory(index) / (1L << 20) + " MiB");
        details.put("driver", device.driver().version().toString());
        details.put("NVRTC", device.libraries().nvrtc().version().toString());
        details.put("cuBLASLt", device.libraries().cublasLt().version().toString());
        details.put("cuDNN", device.libraries().cudnn().version().toString());
        return new BackendInfo("panama-cuda", device.driver().deviceName(index), details);
    }
}
