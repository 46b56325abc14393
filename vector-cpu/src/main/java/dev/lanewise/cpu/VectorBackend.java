package dev.lanewise.cpu;

import dev.lanewise.cpu.conv.Convolutions;
import dev.lanewise.cpu.elementwise.Elementwise;
import dev.lanewise.cpu.gemm.TileMemory;
import dev.lanewise.cpu.index.Joining;
import dev.lanewise.cpu.index.Scattering;
import dev.lanewise.cpu.index.Selection;
import dev.lanewise.cpu.linalg.SmallMatrices;
import dev.lanewise.cpu.matrix.Products;
import dev.lanewise.cpu.norm.AttentionGrads;
import dev.lanewise.cpu.norm.Attentions;
import dev.lanewise.cpu.norm.BatchNorms;
import dev.lanewise.cpu.norm.CrossEntropies;
import dev.lanewise.cpu.norm.LayerNorms;
import dev.lanewise.cpu.norm.Softmaxes;
import dev.lanewise.cpu.optim.Updates;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.cpu.pool.Pools;
import dev.lanewise.cpu.quant.IntegerProducts;
import dev.lanewise.cpu.quant.Quantization;
import dev.lanewise.cpu.quant.QuantizedProducts;
import dev.lanewise.cpu.random.Dropouts;
import dev.lanewise.cpu.random.RandomSource;
import dev.lanewise.cpu.reduce.ArgReductions;
import dev.lanewise.cpu.reduce.Reductions;
import dev.lanewise.cpu.reduce.Scans;
import dev.lanewise.cpu.reduce.Sorting;
import dev.lanewise.tensor.DType;
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
import dev.lanewise.tensor.spi.HostBuffer;
import dev.lanewise.tensor.spi.HostMemory;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** The CPU, through the Vector API. An operation has finished when {@link #execute} returns. */
final class VectorBackend implements Backend {
    @Override
    public Device device() {
        return Device.CPU;
    }

    @Override
    public Buffer allocate(long bytes) {
        return HostMemory.allocate(bytes);
    }

    /** Recurrent layers run step by step: their products are most of the work, and have kernels. */
    @Override
    public boolean supports(Op.Fused op, Tensor[] inputs) {
        return !(op instanceof QuantizedProduct && inputs[0].dtype() == DType.F64
                || op instanceof Recurrence
                || op instanceof RecurrenceGrad);
    }

    @Override
    public void execute(Op op, Tensor[] inputs, Tensor[] outputs) {
        try {
            if (Widening.isNeeded(op, inputs, outputs)) {
                Widening.execute(this, op, inputs, outputs);
            } else {
                executeAsIs(op, inputs, outputs);
            }
        } catch (ArithmeticException e) {
            // kernels convert sizes to int exactly
            throw new TensorException(
                    op.opName() + ": a size of the operands " + specs(inputs)
                            + " is beyond 2^31 (expected rows, planes and"
                            + " windows of fewer elements on the CPU); use smaller ones",
                    e);
        }
    }

    private static String specs(Tensor[] tensors) {
        return Arrays.stream(tensors).map(t -> t.spec().toString()).collect(Collectors.joining(" x "));
    }

    private static void executeAsIs(Op op, Tensor[] inputs, Tensor[] outputs) {
        switch (op) {
            case Unary unary -> Elementwise.run(unary, inputs, outputs);
            case UnaryWith unary -> Elementwise.run(unary, inputs, outputs);
            case Binary binary -> Elementwise.run(binary, inputs, outputs);
            case Compare compare -> Elementwise.run(compare, inputs, outputs);
            case Ternary ternary -> Elementwise.run(ternary, inputs, outputs);
            case Cast cast -> Elementwise.run(cast, inputs, outputs);
            case Copy copy -> Elementwise.run(copy, inputs, outputs);
            case Source.Fill fill -> Elementwise.run(fill, outputs);
            case Source.Range range -> Elementwise.run(range, outputs);
            case Source.Random random -> RandomSource.run(random, inputs, outputs);
            case Reduce reduce -> Reductions.run(reduce, inputs, outputs);
            case ArgReduce reduce -> ArgReductions.run(reduce, inputs, outputs);
            case Scan scan -> Scans.run(scan, inputs, outputs);
            case Sort sort -> Sorting.run(sort, inputs, outputs);
            case MatMul product -> Products.run(product, inputs, outputs);
            case LinearProduct linear -> Products.run(linear, inputs, outputs);
            case QuantizedProduct product -> QuantizedProducts.run(product, inputs, outputs);
            case IntegerProduct product -> IntegerProducts.run(product, inputs, outputs);
            case DynamicQuantize quantize -> Quantization.run(inputs, outputs);
            case Linalg linalg -> SmallMatrices.run(linalg, inputs, outputs);
            case Convolution2d conv -> Convolutions.run(conv, inputs, outputs);
            case Convolution2dRelu relu -> Convolutions.run(relu, inputs, outputs);
            case Convolution2dInputGrad grad -> Convolutions.run(grad, inputs, outputs);
            case Convolution2dWeightGrad grad -> Convolutions.run(grad, inputs, outputs);
            case MaxPooling2d pool -> Pools.run(pool, inputs, outputs);
            case MaxPooling2dGrad grad -> Pools.run(grad, inputs, outputs);
            case AveragePooling2d pool -> Pools.run(pool, inputs, outputs);
            case AveragePooling2dGrad grad -> Pools.run(grad, inputs, outputs);
            case Cat cat -> Joining.run(cat, inputs, outputs);
            case Pad pad -> Joining.run(pad, inputs, outputs);
            case SliceGrad grad -> Joining.run(grad, inputs, outputs);
            case IndexSelect select -> Selection.run(select, inputs, outputs);
            case Gather gather -> Selection.run(gather, inputs, outputs);
            case IndexAdd add -> Scattering.run(add, inputs, outputs);
            case Scatter scatter -> Scattering.run(scatter, inputs, outputs);
            case Softmax softmax -> Softmaxes.run(softmax, inputs, outputs);
            case SoftmaxGrad grad -> Softmaxes.run(grad, inputs, outputs);
            case CrossEntropy loss -> CrossEntropies.run(loss, inputs, outputs);
            case CrossEntropyGrad grad -> CrossEntropies.run(grad, inputs, outputs);
            case LayerNormalization norm -> LayerNorms.run(norm, inputs, outputs);
            case LayerNormalizationGrad grad -> LayerNorms.run(grad, inputs, outputs);
            case BatchNormalization norm -> BatchNorms.run(norm, inputs, outputs);
            case BatchNormalizationGrad grad -> BatchNorms.run(grad, inputs, outputs);
            case RandomDropout dropout -> Dropouts.run(dropout, inputs, outputs);
            case Update.SgdStep step -> Updates.run(step, inputs, outputs);
            case Update.AdamStep step -> Updates.run(step, inputs, outputs);
            case Attention attention -> Attentions.run(attention, inputs, outputs);
            case AttentionGrad grad -> AttentionGrads.run(grad, inputs, outputs);
            case Recurrence recurrence -> throw declined(recurrence);
            case RecurrenceGrad grad -> throw declined(grad);
            case Op.Structural structural ->
                throw new IllegalArgumentException(
                        structural.opName() + ": reached the backend (expected dispatch to run it)");
        }
    }

    private static IllegalArgumentException declined(Op op) {
        return new IllegalArgumentException(op.opName() + ": reached the backend (expected its decomposition to run)");
    }

    @Override
    public void copyIn(MemorySegment source, Buffer target, long byteOffset) {
        MemorySegment.copy(source, 0, ((HostBuffer) target).segment(), byteOffset, source.byteSize());
    }

    @Override
    public void copyOut(Buffer source, long byteOffset, MemorySegment target) {
        MemorySegment.copy(((HostBuffer) source).segment(), byteOffset, target, 0, target.byteSize());
    }

    @Override
    public void synchronize() {
        // every operation has finished when it returns
    }

    /** Ends the worker threads; the next operation that is worth it starts new ones. */
    @Override
    public void shutdown() {
        Workers.shutdown();
    }

    @Override
    public BackendInfo describe() {
        int bits = Species.VECTOR_BYTES * Byte.SIZE;
        Map<String, String> details = new LinkedHashMap<>();
        details.put("vectors", bits + " bits: " + Species.F32_LANES + " x F32, " + Species.F64_LANES + " x F64");
        details.put("threads", Integer.toString(Workers.threads()));
        details.put("memory", HostMemory.limit());
        details.put("tiles", TileMemory.describe());
        details.put("compiler", compiler());
        return new BackendInfo(
                "vector-cpu", "Vector API, " + bits + "-bit vectors, " + Workers.threads() + " threads", details);
    }

    private static String compiler() {
        String machine =
                System.getProperty("java.vm.name", "unknown") + " " + System.getProperty("java.vm.version", "");
        String mode = System.getProperty("java.vm.info", "");
        boolean compiles = mode.contains("mixed") || mode.contains("compiled");
        return compiles
                ? machine + ", " + mode
                : machine + ", " + mode + ": vectors are very slow without the C2 compiler; remove -Xint";
    }
}
