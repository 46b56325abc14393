package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.spi.Buffer;
import dev.lanewise.tensor.spi.Origin;
import org.jspecify.annotations.Nullable;

/** The tensor: type, shape, strides and offset into a buffer, and where it came from. */
public final class StridedTensor implements Tensor {
    private final Buffer buffer;
    private final TensorSpec spec;
    private final long[] strides;
    private final long offset;
    private final boolean contiguous;
    private @Nullable Origin origin;

    /** A tensor over a buffer; strides and offset in elements. */
    public StridedTensor(Buffer buffer, TensorSpec spec, long[] strides, long offset, @Nullable Origin origin) {
        this.buffer = buffer;
        this.spec = spec;
        this.strides = strides;
        this.offset = offset;
        this.origin = origin;
        this.contiguous = isDense(spec.shape(), strides);
    }

    @Override
    public Device device() {
        return buffer.device();
    }

    @Override
    public DType dtype() {
        return spec.dtype();
    }

    @Override
    public Shape shape() {
        return spec.shape();
    }

    @Override
    public TensorSpec spec() {
        return spec;
    }

    @Override
    public long[] strides() {
        return strides.clone();
    }

    @Override
    public long stride(int dim) {
        return strides[spec.shape().dim(dim, "stride")];
    }

    /** The position of the first element in the buffer, in elements. */
    public long offset() {
        return offset;
    }

    /** The memory, shared with views. */
    public Buffer buffer() {
        return buffer;
    }

    @Override
    public boolean isContiguous() {
        return contiguous;
    }

    /** The strides themselves; not to be changed. */
    long[] stridesView() {
        return strides;
    }

    /** Where the first element is in the buffer. */
    long byteOffset() {
        return offset * spec.dtype().bytes();
    }

    /** Where this tensor came from, or null. */
    public @Nullable Origin origin() {
        return origin;
    }

    /** Gives a new result its origin. */
    public void attach(Origin newOrigin) {
        origin = newOrigin;
    }

    /** Another tensor over the same memory with the given origin. */
    public StridedTensor withOrigin(@Nullable Origin newOrigin) {
        return new StridedTensor(buffer, spec, strides, offset, newOrigin);
    }

    @Override
    public String toString() {
        return TensorPrinter.print(this);
    }

    private static boolean isDense(Shape shape, long[] strides) {
        if (shape.isEmpty()) {
            return true;
        }
        long expected = 1;
        for (int d = strides.length - 1; d >= 0; d--) {
            long size = shape.size(d);
            if (size != 1 && strides[d] != expected) {
                return false;
            }
            expected *= size;
        }
        return true;
    }
}
