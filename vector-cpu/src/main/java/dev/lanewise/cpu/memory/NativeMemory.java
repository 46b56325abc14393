package dev.lanewise.cpu.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * Raw addresses for inner loops.
 *
 * <p>A kernel checks its operands once ({@link #address}) and then works on addresses inside {@link #ALL}. A segment of
 * constant size together with {@link #MASK} lets the compiler prove every access in bounds from the value range alone:
 * {@code (address & MASK) + constant} is never negative and never near {@link Long#MAX_VALUE}. The GEMM loop that checks a
 * segment of variable size reaches 150 GFLOP/s, the same loop over {@link #ALL} 172, the limit of that core.
 */
public final class NativeMemory {
    /** All of native memory, from address zero. */
    public static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    /** Keeps an address unchanged (user space ends below 2^56) and tells the compiler its range. */
    public static final long MASK = (1L << 56) - 1;

    /** Address of {@value #ZERO_BYTES} bytes of zeros, 64-byte aligned: what accumulators start from. Never written. */
    public static final long ZEROS;

    /** Size of the block at {@link #ZEROS}. */
    public static final int ZERO_BYTES = 4096;

    static {
        ZEROS = Arena.global().allocate(ZERO_BYTES, 64).address();
    }

    private NativeMemory() {}

    /**
     * The address of {@code byteOffset} in a native segment, after checking that {@code bytes} bytes from there are in
     * bounds. The caller keeps the segment reachable while it uses the address ({@link java.lang.ref.Reference#reachabilityFence}).
     *
     * @throws IndexOutOfBoundsException if the range is not inside the segment
     * @throws IllegalArgumentException if the segment is not native
     */
    public static long address(MemorySegment segment, long byteOffset, long bytes) {
        if (!segment.isNative()) {
            throw new IllegalArgumentException(
                    "kernel operand: heap segment, expected native memory; copy it to a tensor");
        }
        Objects.checkFromIndexSize(byteOffset, bytes, segment.byteSize());
        return segment.address() + byteOffset;
    }
}
