package dev.lanewise.cpu.memory;

import dev.lanewise.cpu.parallel.Workers;
import java.lang.foreign.MemorySegment;

/** Copies elements of any type between two layouts of one shape. */
public final class StridedCopy {
    private static final long GRAIN = 1 << 15;
    private static final long BULK_BYTES = 64;

    private final int bytes;
    private final int rank;
    private final long[] sizes;
    private final long[] from;
    private final long[] to;

    private StridedCopy(int bytes, long[] sizes, long[] from, long[] to) {
        this.bytes = bytes;
        this.sizes = new long[sizes.length + 1];
        this.from = new long[sizes.length + 1];
        this.to = new long[sizes.length + 1];
        this.sizes[0] = 1;
        int last = 0;
        for (int d = 0; d < sizes.length; d++) {
            if (sizes[d] == 1) {
                continue;
            }
            boolean joins =
                    this.sizes[last] == 1 || this.from[last] == from[d] * sizes[d] && this.to[last] == to[d] * sizes[d];
            if (!joins) {
                last++;
                this.sizes[last] = 1;
            }
            this.sizes[last] *= sizes[d];
            this.from[last] = from[d];
            this.to[last] = to[d];
        }
        rank = last + 1;
    }

    /**
     * Copies elements.
     *
     * @param bytes the size of an element: 1, 2, 4 or 8
     * @param sizes the shape
     * @param source address of the first element to read
     * @param from strides to read with, in elements
     * @param target address of the first element to write
     * @param to strides to write with, in elements
     */
    public static void run(int bytes, long[] sizes, long source, long[] from, long target, long[] to) {
        long elements = 1;
        for (long size : sizes) {
            elements *= size;
        }
        if (elements > 0) {
            new StridedCopy(bytes, sizes, from, to).rows(elements, source, target);
        }
    }

    private void rows(long elements, long source, long target) {
        long inner = sizes[rank - 1];
        if (rank == 1) {
            long step = Math.max(GRAIN, 1);
            Workers.forRange(
                    inner,
                    step,
                    (begin, end) -> row(source + begin * from[0] * bytes, target + begin * to[0] * bytes, end - begin));
        } else {
            Workers.forRange(
                    elements / inner, Math.max(1, GRAIN / inner), (begin, end) -> rows(begin, end, source, target));
        }
    }

    private void rows(long begin, long end, long source, long target) {
        long[] index = new long[rank];
        long rest = begin;
        long read = source;
        long write = target;
        for (int d = rank - 2; d >= 0; d--) {
            index[d] = rest % sizes[d];
            rest /= sizes[d];
            read += index[d] * from[d] * bytes;
            write += index[d] * to[d] * bytes;
        }
        for (long i = begin; i < end; i++) {
            row(read, write, sizes[rank - 1]);
            for (int d = rank - 2; d >= 0; d--) {
                read += from[d] * bytes;
                write += to[d] * bytes;
                if (++index[d] < sizes[d]) {
                    break;
                }
                index[d] = 0;
                read -= sizes[d] * from[d] * bytes;
                write -= sizes[d] * to[d] * bytes;
            }
        }
    }

    private void row(long source, long target, long n) {
        long read = from[rank - 1] * bytes;
        long write = to[rank - 1] * bytes;
        if (read == bytes && write == bytes && n * bytes >= BULK_BYTES) {
            MemorySegment.copy(NativeMemory.ALL, source, NativeMemory.ALL, target, n * bytes);
            return;
        }
        switch (bytes) {
            case 1 -> {
                for (long i = 0; i < n; i++) {
                    Access.i8(target + i * write, Access.i8(source + i * read));
                }
            }
            case 2 -> {
                for (long i = 0; i < n; i++) {
                    Access.i16(target + i * write, Access.i16(source + i * read));
                }
            }
            case 4 -> {
                for (long i = 0; i < n; i++) {
                    Access.i32(target + i * write, Access.i32(source + i * read));
                }
            }
            default -> {
                for (long i = 0; i < n; i++) {
                    Access.i64(target + i * write, Access.i64(source + i * read));
                }
            }
        }
    }
}
