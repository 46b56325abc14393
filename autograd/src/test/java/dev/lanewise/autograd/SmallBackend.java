package dev.lanewise.autograd;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Copy;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;
import dev.lanewise.tensor.op.reduce.Reduce;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.BackendInfo;
import dev.lanewise.tensor.spi.Buffer;
import dev.lanewise.tensor.spi.HostBuffer;
import dev.lanewise.tensor.spi.HostMemory;
import dev.lanewise.tensor.spi.Storage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.function.LongToDoubleFunction;

/** Arithmetic and sums in F64 and F32, one element after the other: what tests of the record need, and no more. */
final class SmallBackend implements Backend {
    @Override
    public Device device() {
        return Device.CPU;
    }

    @Override
    public Buffer allocate(long bytes) {
        return HostMemory.allocate(bytes);
    }

    @Override
    public void execute(Op op, Tensor[] in, Tensor[] outputs) {
        Tensor out = outputs[0];
        switch (op) {
            case Copy copy -> fill(out, i -> element(in[0], out, i));
            case Source.Fill fill -> fill(out, i -> fill.value().doubleValue());
            case Unary unary -> fill(out, i -> unary.apply(element(in[0], out, i)));
            case UnaryWith unary -> fill(out, i -> unary.apply(element(in[0], out, i)));
            case Binary binary -> fill(out, i -> binary.apply(element(in[0], out, i), element(in[1], out, i)));
            case Reduce reduce -> sum(reduce, in[0], out);
            default -> throw new UnsupportedOperationException(op.toString());
        }
    }

    private static void fill(Tensor out, LongToDoubleFunction element) {
        for (long i = 0; i < out.shape().elements(); i++) {
            set(out, place(out, out.shape().toArray(), i), element.applyAsDouble(i));
        }
    }

    /** Only sums over everything, or with the dimensions kept: then the result broadcasts to the operand. */
    private static void sum(Reduce op, Tensor in, Tensor out) {
        if (op.kind() != Reduce.Kind.SUM || !op.keepDims() && out.shape().rank() > 0) {
            throw new UnsupportedOperationException(op.toString());
        }
        fill(out, i -> 0);
        for (long i = 0; i < in.shape().elements(); i++) {
            long to = place(out, in.shape().toArray(), i);
            set(out, to, get(out, to) + element(in, in, i));
        }
    }

    private static double element(Tensor tensor, Tensor along, long i) {
        return get(tensor, place(tensor, along.shape().toArray(), i));
    }

    /** Where the element is that meets element i of a shape to which the tensor broadcasts. */
    private static long place(Tensor tensor, long[] sizes, long i) {
        long place = Storage.offset(tensor);
        long rest = i;
        for (int d = sizes.length - 1, own = tensor.shape().rank() - 1; d >= 0; d--, own--) {
            if (own >= 0 && tensor.shape().size(own) != 1) {
                place += rest % sizes[d] * tensor.stride(own);
            }
            rest /= sizes[d];
        }
        return place;
    }

    private static double get(Tensor tensor, long place) {
        return switch (tensor.dtype()) {
            case F64 -> memory(tensor).getAtIndex(ValueLayout.JAVA_DOUBLE, place);
            case F32 -> memory(tensor).getAtIndex(ValueLayout.JAVA_FLOAT, place);
            default -> throw new UnsupportedOperationException(tensor.spec().toString());
        };
    }

    private static void set(Tensor tensor, long place, double value) {
        switch (tensor.dtype()) {
            case F64 -> memory(tensor).setAtIndex(ValueLayout.JAVA_DOUBLE, place, value);
            case F32 -> memory(tensor).setAtIndex(ValueLayout.JAVA_FLOAT, place, (float) value);
            default -> throw new UnsupportedOperationException(tensor.spec().toString());
        }
    }

    private static MemorySegment memory(Tensor tensor) {
        return ((HostBuffer) Storage.buffer(tensor)).segment();
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
        return new BackendInfo("small", "a few operations for tests", Map.of());
    }
}
