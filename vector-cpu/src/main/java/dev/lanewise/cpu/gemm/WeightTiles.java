package dev.lanewise.cpu.gemm;

import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.ReleasedTensorException;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.spi.Buffer;
import dev.lanewise.tensor.spi.HostBuffer;
import dev.lanewise.tensor.spi.HostMemory;
import dev.lanewise.tensor.spi.Storage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Weights in the order in which the tiles of {@link FewRowsProduct} read them, kept beside their buffer: for each tile of columns
 * its numbers {@code [k][columns]}.
 *
 * <p>Products of few rows wait for weights from memory, and memory gives one stream faster than pieces of rows. Tiles are made
 * when a matrix has been the right operand of several such products unchanged, and are of the version of the buffer that
 * was read before they were made: what is written later, or was being written, raises it when it is complete, so no
 * product that begins after a change uses what was made before. Weights that change in spite of their tiles must stay
 * unchanged for twice as many products the next time.
 */
public final class WeightTiles implements Buffer.Companion {
    /** Products of unchanged weights before tiles are made. */
    static final int LEAST_USES = 4;

    /** More rows than two panels hide the time that weights take. */
    static final int MOST_ROWS = 2 * 2 * Kernels.F32.lanes();

    /** Smaller weights stay in caches. */
    static final long LEAST_BYTES = 64 << 10;

    private static final int MOST_USES = 1 << 20;

    /** Matrices in one buffer: weights that are stored together, or the same ones transposed. */
    private static final int MOST_MATRICES = 8;

    private static final String OWNER = "its weights, which were changed or released";

    /** All that may hold memory, so that it can be given back. */
    private static final Set<WeightTiles> ALL =
            Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

    static {
        HostMemory.whenShort(WeightTiles::giveBack);
    }

    private final ReentrantLock lock = new ReentrantLock();
    private volatile Matrix[] matrices = new Matrix[0];

    private WeightTiles() {}

    /**
     * The tiles of a product's right operand, of which the caller becomes an owner; null if there are none.
     *
     * @param shape the product of the matrix itself
     * @param right the tensor whose matrix is the right operand
     * @param address where its first element is
     */
    public static @Nullable HostBuffer of(GemmShape shape, Tensor right, long address) {
        long bytes = (long) shape.n() * shape.k() * shape.type().bytes();
        long rows = (long) shape.m() * shape.batch();
        if (bytes < LEAST_BYTES || rows == 0 || rows > MOST_ROWS) {
            return null;
        }
        HostBuffer weights = (HostBuffer) Storage.buffer(right);
        long offset = address - weights.segment().address();
        boolean isCopy = offset < 0 || offset >= weights.bytes();
        GemmShape folded = Gemm.foldBatch(shape);
        if (isCopy || folded.batch() != 1 || !isPlain(folded) || Algorithm.choose(folded) != Algorithm.BLOCKED) {
            return null;
        }
        Buffer.Companion companion = weights.companion();
        if (companion == null) {
            companion = weights.accompany(new WeightTiles());
        }
        return companion instanceof WeightTiles tiles ? tiles.find(folded, weights, offset) : null;
    }

    /** Whether rows or columns of B are dense, and nothing happens to sums that tiles do not do. */
    private static boolean isPlain(GemmShape shape) {
        return (shape.bColumn() == 1 || shape.bRow() == 1)
                && shape.alpha() == 1
                && shape.beta() == 0
                && shape.bias() != Bias.PER_ROW;
    }

    private @Nullable HostBuffer find(GemmShape shape, HostBuffer weights, long offset) {
        int version = weights.version();
        for (Matrix matrix : matrices) {
            if (matrix.is(shape, offset)) {
                Made made = matrix.made;
                return made != null && made.version == version ? retained(made.memory) : used(matrix, weights);
            }
        }
        if (lock.tryLock()) {
            try {
                if (matrices.length < MOST_MATRICES) {
                    Matrix[] more = Arrays.copyOf(matrices, matrices.length + 1);
                    more[matrices.length] = new Matrix(shape, offset, version);
                    matrices = more;
                }
            } finally {
                lock.unlock();
            }
        }
        return null;
    }

    /** Null where another thread, or the pool that needs memory, is at it. */
    private static @Nullable HostBuffer retained(HostBuffer memory) {
        try {
            memory.retain();
            return memory;
        } catch (ReleasedTensorException e) {
            return null;
        }
    }

    /** Counts a product, and makes the tiles if it is time. */
    private @Nullable HostBuffer used(Matrix matrix, HostBuffer weights) {
        if (!lock.tryLock()) {
            return null;
        }
        try {
            // before the elements are read
            int version = weights.version();
            if (matrix.version != version) {
                matrix.begin(version);
            }
            if (++matrix.uses < matrix.needed || matrix.made != null) {
                return null;
            }
            HostBuffer memory = TileMemory.take(matrix.tileBytes());
            if (memory == null) {
                return null;
            }
            ALL.add(this);
            matrix.pack(weights.segment().address(), memory.segment().address());
            matrix.made = new Made(version, memory);
            return retained(memory);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void memoryFreed() {
        lock.lock();
        try {
            drop();
        } finally {
            lock.unlock();
        }
    }

    private void drop() {
        for (Matrix matrix : matrices) {
            matrix.drop();
        }
        ALL.remove(this);
    }

    /** Gives back what no thread is making just now. */
    static void giveBack() {
        TileMemory.pause();
        List<WeightTiles> all;
        synchronized (ALL) {
            all = new ArrayList<>(ALL);
        }
        for (WeightTiles tiles : all) {
            // a thread that makes tiles may wait for another's memory, too
            if (tiles.lock.tryLock()) {
                try {
                    tiles.drop();
                } finally {
                    tiles.lock.unlock();
                }
            }
        }
    }

    /**
     * The tiles of a matrix.
     *
     * @param version of the buffer when they were made
     */
    private record Made(int version, HostBuffer memory) {}

    /** A matrix in the buffer, and how it has been used; changed under the lock. */
    private static final class Matrix {
        private final Kernels kernels;
        private final long offset;
        private final int n;
        private final int k;
        private final long row;
        private final long column;
        private int version;
        private int uses = 1;
        private int needed = LEAST_USES;
        private volatile @Nullable Made made;

        Matrix(GemmShape shape, long offset, int version) {
            this.kernels = Kernels.of(shape.type());
            this.offset = offset;
            this.n = shape.n();
            this.k = shape.k();
            this.row = shape.bRow();
            this.column = shape.bColumn();
            this.version = version;
        }

        boolean is(GemmShape shape, long from) {
            return offset == from
                    && n == shape.n()
                    && k == shape.k()
                    && row == shape.bRow()
                    && column == shape.bColumn()
                    && kernels.elementBytes() == shape.type().bytes();
        }

        /** The weights have changed. */
        void begin(int newVersion) {
            version = newVersion;
            uses = 0;
            if (made != null) {
                needed = Math.min(2 * needed, MOST_USES);
                drop();
            }
        }

        void drop() {
            Made before = made;
            if (before != null) {
                made = null;
                before.memory.release(OWNER);
            }
        }

        private int width() {
            return kernels.micro().rows();
        }

        private long bytesOfTile() {
            return (long) k * width() * kernels.elementBytes();
        }

        long tileBytes() {
            return Math.ceilDiv(n, width()) * bytesOfTile();
        }

        void pack(long weights, long target) {
            int tiles = Math.ceilDiv(n, width());
            Workers.forRange(tiles, Math.max(1, Blocking.SMALLEST_TASK / ((long) k * width())), (from, to) -> {
                for (long tile = from; tile < to; tile++) {
                    packTile(weights + offset, (int) tile * width(), target + tile * bytesOfTile());
                }
            });
        }

        private void packTile(long source, int from, long target) {
            long bytes = kernels.elementBytes();
            int columns = Math.min(width(), n - from);
            long first = source + from * column * bytes;
            if (column == 1) {
                kernels.packing().packTiles(first, row * bytes, k, columns, width(), target, bytesOfTile());
            } else {
                kernels.finish().combineTransposed(columns, k, first, column * bytes, target, width() * bytes, 1, 0);
            }
        }
    }
}
