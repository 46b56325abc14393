package dev.lanewise.cuda.ops;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lanewise.cuda.api.Driver.Block;
import dev.lanewise.cuda.api.KernelArguments;
import dev.lanewise.cuda.kernel.KernelTemplates;
import dev.lanewise.cuda.runtime.CudaDevice;
import java.lang.foreign.MemorySegment;

/** Copies whose result is dense along one dimension and whose operand is along another: tile by tile. */
public final class Transposition {
    private static final Program[] TRANSPOSE = {program(1), program(2), program(4), program(8)};

    /** Rows and columns of a tile. */
    private static final int TILE = 32;

    private static final Block THREADS = new Block(TILE, 8, 1);

    /** Smaller matrices would fill too little of a tile. */
    private static final long LEAST = 8;

    private static final long BATCH_BYTES = Walk.DIMS_BYTES + 2 * Walk.STRIDES_BYTES;
    private static final long MATRICES_BYTES = BATCH_BYTES + 5 * 8;

    private Transposition() {}

    private static Program program(int bytes) {
        return new Program("transpose " + bytes, () -> KernelTemplates.transpose(bytes));
    }

    /** The dimension of a copy along which the operand is dense, if tiles pay off; or -1. Operand 0 is the result. */
    public static int rowsOf(Walk walk) {
        int last = walk.rank() - 1;
        if (walk.stride(0, last) != 1 || walk.stride(1, last) <= 1 || walk.size(last) < LEAST) {
            return -1;
        }
        for (int d = 0; d < last; d++) {
            if (walk.stride(1, d) == 1 && walk.size(d) >= LEAST) {
                return d;
            }
        }
        return -1;
    }

    /** Queues the copy, with {@code rows} from {@link #rowsOf}. */
    public static void queue(CudaDevice device, Walk walk, int rows, int bytes, long out, long in) {
        int last = walk.rank() - 1;
        long[] sizes = new long[walk.rank()];
        long[][] strides = new long[2][walk.rank()];
        for (int d = 0; d < sizes.length; d++) {
            sizes[d] = d == rows || d == last ? 1 : walk.size(d);
            strides[0][d] = walk.stride(0, d);
            strides[1][d] = walk.stride(1, d);
        }
        Walk batch = new Walk(sizes, strides);
        KernelArguments arguments = device.arguments();
        MemorySegment matrices = arguments.struct(MATRICES_BYTES);
        batch.writeDims(matrices, 0);
        batch.writeStrides(0, matrices, Walk.DIMS_BYTES);
        batch.writeStrides(1, matrices, Walk.DIMS_BYTES + Walk.STRIDES_BYTES);
        matrices.set(JAVA_LONG, BATCH_BYTES, batch.elements());
        matrices.set(JAVA_LONG, BATCH_BYTES + 8, walk.size(rows));
        matrices.set(JAVA_LONG, BATCH_BYTES + 16, walk.size(last));
        matrices.set(JAVA_LONG, BATCH_BYTES + 24, walk.stride(0, rows));
        matrices.set(JAVA_LONG, BATCH_BYTES + 32, walk.stride(1, last));
        arguments.pointer(in).pointer(out);
        long tiles = batch.elements()
                * Math.ceilDiv(walk.size(rows), (long) TILE)
                * Math.ceilDiv(walk.size(last), (long) TILE);
        Threads threads = new Threads(Threads.blocks(tiles, 1), THREADS, false);
        Program program = TRANSPOSE[Integer.numberOfTrailingZeros(bytes)];
        Launch.queue(device, program, "transpose", threads, arguments);
    }
}
