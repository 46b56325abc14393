package dev.lanewise.testkit;

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
import dev.lanewise.tensor.op.matrix.Linalg;
import dev.lanewise.tensor.op.matrix.MatMul;
import dev.lanewise.tensor.op.reduce.ArgReduce;
import dev.lanewise.tensor.op.reduce.Reduce;
import dev.lanewise.tensor.op.reduce.Scan;
import dev.lanewise.tensor.op.reduce.Sort;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.BackendInfo;
import dev.lanewise.tensor.spi.Buffer;
import dev.lanewise.tensor.spi.HostBuffer;
import dev.lanewise.tensor.spi.HostMemory;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Map;

/**
 * The scalar oracle: every primitive operation on the CPU, one element after the other, in {@code double} or
 * {@code long}, directly from the operation's own definition, rounded once to the element type. It is what kernels are
 * compared with, so it is written to be read, not to be fast.
 *
 * <p>It declines fused operations; their decompositions run instead.
 */
public final class ReferenceBackend implements Backend {
    /** The oracle; it has no state. */
    public ReferenceBackend() {}

    @Override
    public Device device() {
        return Device.CPU;
    }

    @Override
    public Buffer allocate(long bytes) {
        return HostMemory.allocate(bytes);
    }

    @Override
    public boolean supports(Op.Fused op, Tensor[] inputs) {
        return false;
    }

    @Override
    public void execute(Op op, Tensor[] inputs, Tensor[] outputs) {
        Elements[] in = Arrays.stream(inputs).map(Elements::of).toArray(Elements[]::new);
        Elements[] out = Arrays.stream(outputs).map(Elements::of).toArray(Elements[]::new);
        run(op, in, out);
    }

    private static void run(Op op, Elements[] in, Elements[] out) {
        switch (op) {
            case Unary unary -> ReferenceElementwise.unary(unary, in[0], out[0]);
            case UnaryWith unary -> ReferenceElementwise.unaryWith(unary, in[0], out[0]);
            case Binary binary -> ReferenceElementwise.binary(binary, in[0], in[1], out[0]);
            case Compare compare -> ReferenceElementwise.compare(compare, in[0], in[1], out[0]);
            case Ternary ternary -> ReferenceElementwise.ternary(ternary, in, out[0]);
            case Cast cast -> ReferenceElementwise.cast(in[0], out[0]);
            case Copy copy -> ReferenceElementwise.copy(in[0], out[0]);
            case Source source -> ReferenceSources.make(source, out[0]);
            case Reduce reduce -> ReferenceReductions.reduce(reduce, in[0], out[0]);
            case ArgReduce reduce -> ReferenceReductions.argReduce(reduce, in[0], out[0]);
            case Scan scan -> ReferenceReductions.scan(scan, in[0], out[0]);
            case Sort sort -> ReferenceReductions.sort(sort, in[0], out[0], out[1]);
            case MatMul matMul -> ReferenceMatrices.matMul(in[0], in[1], out[0]);
            case Linalg linalg -> ReferenceMatrices.linalg(linalg, in, out);
            case Convolution2d conv -> ReferenceConvolutions.forward(conv, in, out[0]);
            case Convolution2dInputGrad grad -> ReferenceConvolutions.inputGrad(grad.conv(), in[0], in[1], out[0]);
            case Convolution2dWeightGrad grad -> ReferenceConvolutions.weightGrad(grad.conv(), in[0], in[1], out[0]);
            case MaxPooling2d pool -> ReferencePooling.max(pool.pool(), in[0], out[0], out[1]);
            case MaxPooling2dGrad grad -> ReferencePooling.maxGrad(in[0], in[1], out[0]);
            case AveragePooling2d pool -> ReferencePooling.average(pool, in[0], out[0]);
            case AveragePooling2dGrad grad -> ReferencePooling.averageGrad(grad.forward(), in[0], out[0]);
            case Cat cat -> ReferenceIndexing.cat(cat.dim(), in, out[0]);
            case Pad pad -> ReferenceIndexing.pad(pad, in[0], out[0]);
            case SliceGrad grad -> ReferenceIndexing.sliceGrad(grad.slice(), in[0], out[0]);
            case IndexSelect select -> ReferenceIndexing.indexSelect(select.dim(), in[0], in[1], out[0]);
            case IndexAdd add -> ReferenceIndexing.indexAdd(add.dim(), in[0], in[1], out[0]);
            case Gather gather -> ReferenceIndexing.gather(gather.dim(), in[0], in[1], out[0]);
            case Scatter scatter -> ReferenceIndexing.scatter(scatter, in, out[0]);
            case Update update -> ReferenceUpdates.step(update, in, out);
            case Op.Fused fused ->
                throw new TensorException(
                        fused.opName() + ": the reference backend runs no fused operation; run its decomposition");
            case Op.Structural structural ->
                throw new TensorException(structural.opName()
                        + ": dispatch runs operations on whole tensors, no backend does; apply it to a tensor");
        }
    }

    @Override
    public void copyIn(MemorySegment source, Buffer target, long byteOffset) {
        ((HostBuffer) target).segment().asSlice(byteOffset, source.byteSize()).copyFrom(source);
    }

    @Override
    public void copyOut(Buffer source, long byteOffset, MemorySegment target) {
        target.copyFrom(((HostBuffer) source).segment().asSlice(byteOffset, target.byteSize()));
    }

    @Override
    public void synchronize() {
        // every operation has finished when execute returns
    }

    @Override
    public BackendInfo describe() {
        return new BackendInfo("reference", "scalar oracle for tests, one element at a time", Map.of());
    }
}
