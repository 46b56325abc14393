package dev.lanewise.cpu.elementwise;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.memory.Access;
import dev.lanewise.cpu.memory.NativeMemory;
import dev.lanewise.cpu.memory.Scratch;
import java.lang.foreign.MemorySegment;

/** Copies elements between any strides; only the elements' width matters. */
final class Copies {
    /** Rows and columns of a block that is transposed at once: 16 cache lines of each side stay in the first cache. */
    private static final int TILE = 16;

    private Copies() {}

    /** Copies operand 1 to operand 0. */
    static void run(Nest nest) {
        int width = nest.width(0);
        int across = transposed(nest);
        if (nest.hasDenseRows(0) && nest.hasDenseRows(1)) {
            nest.run((pattern, n, out, a, b, c) -> copyBytes(n * (long) width, out, a), 0);
        } else if (nest.hasDenseRows(0) && across >= 0) {
            transpose(nest, across);
        } else {
            long outStep = nest.rowStride(0);
            long inStep = nest.rowStride(1);
            nest.run((pattern, n, out, a, b, c) -> copyStrided(width, n, out, outStep, a, inStep), 0);
        }
    }

    private static void copyBytes(long bytes, long out, long in) {
        MemorySegment.copy(NativeMemory.ALL, in, NativeMemory.ALL, out, bytes);
    }

    /** The dimension along which the input is dense, if its rows are not and it has at least a tile of both; or -1. */
    private static int transposed(Nest nest) {
        if (nest.rowSize() < TILE || nest.rowStride(1) == 0) {
            return -1;
        }
        for (int d = 0; d < nest.rank() - 1; d++) {
            if (nest.stride(1, d) == nest.width(1) && nest.size(d) >= TILE) {
                return d;
            }
        }
        return -1;
    }

    private static void transpose(Nest nest, int across) {
        int width = nest.width(0);
        long size = nest.size(across);
        long tiles = size / TILE;
        int rest = (int) (size % TILE);
        Transpose whole = new Transpose(width, TILE, nest.rowSize(), nest.stride(0, across), nest.rowStride(1));
        long tilesPerTask = Math.max(1, Nest.GRAIN / (TILE * nest.rowSize()));
        nest.tiled(across, 0, tiles, TILE).run(whole, 0, tilesPerTask);
        if (rest != 0) {
            Transpose part = new Transpose(width, rest, nest.rowSize(), nest.stride(0, across), nest.rowStride(1));
            nest.tiled(across, tiles * TILE, 1, TILE).run(part, 0, tilesPerTask);
        }
    }

    /** Copies a strip of {@code rows} output rows whose elements are columns of the input. */
    private record Transpose(int width, int rows, long columns, long outRow, long inColumn) implements Loop {
        @Override
        public void run(int pattern, int n, long out, long in, long b, long c) {
            try (Scratch tile = Scratch.borrow((long) TILE * TILE * Long.BYTES)) {
                for (long j = 0; j < columns; j += TILE) {
                    int block = (int) Math.min(TILE, columns - j);
                    block(block, out + j * width, in + j * inColumn, tile.address());
                }
            }
        }

        private void block(int block, long out, long in, long tile) {
            boolean whole = block == TILE && rows == TILE;
            switch (width) {
                case 4 -> {
                    if (whole) {
                        tile4(out, outRow, in, inColumn, tile);
                    } else {
                        block4(block, out, in);
                    }
                }
                case 8 -> block8(block, out, in);
                default -> {
                    for (int i = 0; i < rows; i++) {
                        copyStrided(width, block, out + i * outRow, width, in + (long) i * width, inColumn);
                    }
                }
            }
        }

        private void block4(int block, long out, long in) {
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < block; j++) {
                    Access.i32(out + i * outRow + 4L * j, Access.i32(in + 4L * i + j * inColumn));
                }
            }
        }

        private void block8(int block, long out, long in) {
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < block; j++) {
                    Access.i64(out + i * outRow + 8L * j, Access.i64(in + 8L * i + j * inColumn));
                }
            }
        }
    }

    /**
     * Transposes 16 by 16 elements by way of dense memory. Where sizes are powers of two, the lines of a tile compete for the
     * same few places of the first cache: each of them is read at once, and written at once.
     */
    private static void tile4(long out, long outRow, long in, long inColumn, long tile) {
        for (int j = 0; j < TILE; j++) {
            for (int k = 0; k < 4 * TILE; k += Species.VECTOR_BYTES) {
                Access.storeF32(Access.loadF32(in + j * inColumn + k), tile + j * 4L * TILE + k);
            }
        }
        for (int i = 0; i < TILE; i++) {
            long to = out + i * outRow;
            long from = tile + 4L * i;
            for (int j = 0; j < TILE; j++) {
                Access.i32(to + 4L * j, Access.i32(from + j * 4L * TILE));
            }
        }
    }

    private static void copyStrided(int width, int n, long out, long outStep, long in, long inStep) {
        switch (width) {
            case 1 -> copy1(n, out, outStep, in, inStep);
            case 2 -> copy2(n, out, outStep, in, inStep);
            case 4 -> copy4(n, out, outStep, in, inStep);
            default -> copy8(n, out, outStep, in, inStep);
        }
    }

    private static void copy1(int n, long out, long outStep, long in, long inStep) {
        for (int i = 0; i < n; i++) {
            Access.i8(out + i * outStep, Access.i8(in + i * inStep));
        }
    }

    private static void copy2(int n, long out, long outStep, long in, long inStep) {
        for (int i = 0; i < n; i++) {
            Access.i16(out + i * outStep, Access.i16(in + i * inStep));
        }
    }

    private static void copy4(int n, long out, long outStep, long in, long inStep) {
        for (int i = 0; i < n; i++) {
            Access.i32(out + i * outStep, Access.i32(in + i * inStep));
        }
    }

    private static void copy8(int n, long out, long outStep, long in, long inStep) {
        for (int i = 0; i < n; i++) {
            Access.i64(out + i * outStep, Access.i64(in + i * inStep));
        }
    }
}
