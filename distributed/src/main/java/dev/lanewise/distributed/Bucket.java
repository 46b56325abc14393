package dev.lanewise.distributed;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.spi.Storage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Gradients of some parameters, of one type, that are summed at once. Behind their numbers is one for each parameter: on how many
 * ranks it has a gradient.
 */
abstract sealed class Bucket {
    final DType type;
    final Device home;
    final List<Integer> members = new ArrayList<>();
    private final Map<Integer, Long> offsets = new LinkedHashMap<>();
    private long elements;
    private int missing;
    private @Nullable Future<?> pending;

    private Bucket(DType type, Device home) {
        this.type = type;
        this.home = home;
    }

    /**
     * An empty bucket.
     *
     * @param home the device on which the numbers are summed
     */
    static Bucket of(DType type, Device home, boolean onDevice) {
        return onDevice ? new OnDevice(type, home) : new OnHost(type, home);
    }

    void add(int index, long size) {
        members.add(index);
        offsets.put(index, elements);
        elements += size;
    }

    /** Whether no more should be added. */
    boolean isFull(long bytes) {
        return elements * type.bytes() >= bytes;
    }

    final long elements() {
        return elements;
    }

    final long offset(int index) {
        return Objects.requireNonNull(offsets.get(index));
    }

    /** Takes memory; nothing is added any more. */
    abstract void allocate();

    /** A step begins: no gradient is there. */
    void begin() {
        missing = members.size();
        pending = null;
    }

    /** A gradient of this rank. */
    void place(int index, Tensor gradient) {
        put(index, gradient);
        missing--;
    }

    /** This rank has none for a parameter of so many elements. */
    void placeNone(int index, long size) {
        clear(index, size);
        missing--;
    }

    boolean isComplete() {
        return missing == 0;
    }

    void send(Courier courier) {
        pending = order(courier);
    }

    void await(Courier courier) {
        courier.await(Objects.requireNonNull(pending));
    }

    abstract void put(int index, Tensor gradient);

    abstract void clear(int index, long size);

    abstract Future<?> order(Courier courier);

    /** The sum of a parameter's gradients, valid until the next step; null if no rank has one. */
    abstract @Nullable Tensor sum(int index, Shape shape);

    /** In the host's memory. */
    private static final class OnHost extends Bucket {
        private MemorySegment data = MemorySegment.NULL;

        OnHost(DType type, Device home) {
            super(type, home);
        }

        @Override
        void allocate() {
            data = Arena.ofAuto().allocate((elements() + members.size()) * type.bytes(), 64);
        }

        private MemorySegment of(int index, long size) {
            return data.asSlice(offset(index) * type.bytes(), size * type.bytes());
        }

        @Override
        void put(int index, Tensor gradient) {
            gradient.to(type).copyTo(of(index, gradient.shape().elements()));
            mark(index, 1);
        }

        @Override
        void clear(int index, long size) {
            of(index, size).fill((byte) 0);
            mark(index, 0);
        }

        private void mark(int index, int ranks) {
            long place = elements() + members.indexOf(index);
            if (type == DType.F64) {
                data.setAtIndex(ValueLayout.JAVA_DOUBLE, place, ranks);
            } else {
                data.setAtIndex(ValueLayout.JAVA_FLOAT, place, ranks);
            }
        }

        private boolean isMarked(int index) {
            long place = elements() + members.indexOf(index);
            return type == DType.F64
                    ? data.getAtIndex(ValueLayout.JAVA_DOUBLE, place) > 0
                    : data.getAtIndex(ValueLayout.JAVA_FLOAT, place) > 0;
        }

        @Override
        Future<?> order(Courier courier) {
            return courier.sum(data, type);
        }

        @Override
        @Nullable
        Tensor sum(int index, Shape shape) {
            return isMarked(index) ? Storage.over(of(index, shape.elements()), type, shape) : null;
        }
    }

    /** In a device's memory; which parameters have a gradient is known here of this rank, and asked of the device for the others. */
    private static final class OnDevice extends Bucket {
        private @Nullable Tensor data;
        private float[] marks = {};
        private float @Nullable [] sums;

        OnDevice(DType type, Device home) {
            super(type, home);
        }

        @Override
        void allocate() {
            data = Tensor.zeros(type, home, elements() + members.size()).keep();
            marks = new float[members.size()];
        }

        private Tensor part(long from, long length) {
            return Objects.requireNonNull(data).narrow(0, from, length);
        }

        @Override
        void put(int index, Tensor gradient) {
            part(offset(index), gradient.shape().elements())
                    .assign(gradient.to(type).flatten());
            marks[members.indexOf(index)] = 1;
        }

        @Override
        void clear(int index, long size) {
            part(offset(index), size).assign(Tensor.zeros(type, home));
            marks[members.indexOf(index)] = 0;
        }

        @Override
        Future<?> order(Courier courier) {
            sums = null;
            part(elements(), marks.length).assign(Tensor.of(marks).to(type).to(home));
            return courier.sum(Objects.requireNonNull(data));
        }

        @Override
        @Nullable
        Tensor sum(int index, Shape shape) {
            int place = members.indexOf(index);
            if (marks[place] == 0 && sums == null) {
                sums = part(elements(), marks.length).to(DType.F32).toFloatArray();
            }
            boolean some = marks[place] > 0 || Objects.requireNonNull(sums)[place] > 0;
            return some ? part(offset(index), shape.elements()).reshape(shape) : null;
        }
    }
}
