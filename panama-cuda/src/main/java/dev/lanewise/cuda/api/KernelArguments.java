package dev.lanewise.cuda.api;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The parameter area of kernel launches: values, and the array of pointers to them that {@code cuLaunchKernel} takes.
 * The driver copies the values during the call, so one area serves all launches of a thread, one after the other.
 */
public final class KernelArguments {
    /** The maximum number of parameters of our kernels. */
    public static final int MAX_COUNT = 64;

    /** The sizes of all parameters may sum up to this many bytes on every architecture. */
    public static final int MAX_BYTES = 4096;

    private final MemorySegment values;
    private final MemorySegment pointers;
    private int count;
    private long used;

    /** An area that lives as long as {@code arena}. */
    public KernelArguments(Arena arena) {
        values = arena.allocate(MAX_BYTES, 16);
        pointers = arena.allocate(ValueLayout.ADDRESS, MAX_COUNT);
    }

    /** Forgets all arguments. */
    public KernelArguments clear() {
        count = 0;
        used = 0;
        return this;
    }

    /** Adds a device address. */
    public KernelArguments pointer(long address) {
        return i64(address);
    }

    /** Adds an {@code int}. */
    public KernelArguments i32(int value) {
        values.set(ValueLayout.JAVA_INT, next(Integer.BYTES, Integer.BYTES), value);
        return this;
    }

    /** Adds a {@code long long}. */
    public KernelArguments i64(long value) {
        values.set(ValueLayout.JAVA_LONG, next(Long.BYTES, Long.BYTES), value);
        return this;
    }

    /** Adds a {@code double}. */
    public KernelArguments f64(double value) {
        values.set(ValueLayout.JAVA_DOUBLE, next(Double.BYTES, Double.BYTES), value);
        return this;
    }

    /** Adds a struct that is passed by value, such as sizes and strides. */
    public KernelArguments struct(MemorySegment struct) {
        MemorySegment.copy(struct, 0, values, next(struct.byteSize(), 16), struct.byteSize());
        return this;
    }

    /** Adds a struct that is passed by value and written by the caller: {@code bytes} with undefined contents. */
    public MemorySegment struct(long bytes) {
        return values.asSlice(next(bytes, 16), bytes);
    }

    /** How many arguments there are. */
    public int count() {
        return count;
    }

    /** The values and how many bytes they take, for tests that launch later. */
    MemorySegment values() {
        return values.asSlice(0, used);
    }

    /** The array of pointers to the values. */
    MemorySegment pointers() {
        return pointers;
    }

    /** The bytes of argument {@code index}, for tests. */
    MemorySegment value(int index) {
        long offset = pointers.getAtIndex(ValueLayout.JAVA_LONG, index) - values.address();
        return values.asSlice(offset);
    }

    private long next(long bytes, long alignment) {
        long offset = (used + alignment - 1) / alignment * alignment;
        if (count == MAX_COUNT || offset + bytes > MAX_BYTES) {
            throw new IllegalStateException("kernel arguments: " + (count + 1) + " in " + (offset + bytes)
                    + " bytes (at most " + MAX_COUNT + " in " + MAX_BYTES + " bytes)");
        }
        pointers.setAtIndex(ValueLayout.JAVA_LONG, count, values.address() + offset);
        count++;
        used = offset + bytes;
        return offset;
    }
}
