package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.LONG;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;

import dev.lanewise.cpu.parallel.Workers;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/**
 * The weights as {@link DirectTile} reads them, packed once a call: for each block of output channels its taps, its weights
 * {@code [taps][channels of a block]} with zeros where there is none, and the vectors its sums start from.
 */
final class DirectWeights {
    /** A table of taps begins with their number. */
    private static final int HEADER = 8;

    private final DirectPlan plan;
    private final MemorySegment taps;
    private final MemorySegment weights;
    private final MemorySegment start;
    private final long tableBytes;
    private final long blockBytes;

    DirectWeights(DirectPlan plan, MemorySegment w, long wAt, @Nullable MemorySegment bias, long biasAt) {
        this.plan = plan;
        long steps = (long) plan.inputs() * plan.tapRows() * plan.tapColumns();
        int blocks = plan.blocks();
        int groups = plan.shape().groups();
        tableBytes = HEADER + 8 * steps;
        blockBytes = 4 * steps * DirectTile.CHANNELS;
        int tables = Vectors.blocks(blocks, plan.blocksPerTable());
        taps = Buffers.get(Buffers.Use.TAPS, tables * tableBytes);
        weights = Buffers.get(Buffers.Use.WEIGHTS, (long) groups * blocks * blockBytes);
        start = Buffers.get(Buffers.Use.START, (long) groups * blocks * DirectTile.CHANNELS * BYTES);
        for (int table = 0; table < tables; table++) {
            fillTable(table);
        }
        Workers.run(groups * blocks, block -> pack(block / blocks, block % blocks, w, wAt));
        fillStart(bias, biasAt);
    }

    MemorySegment taps() {
        return taps;
    }

    long tapsAt(int block) {
        return block / plan.blocksPerTable() * tableBytes + HEADER;
    }

    int steps(int block) {
        return (int) taps.get(LONG, tapsAt(block) - HEADER);
    }

    MemorySegment weights() {
        return weights;
    }

    long weightsAt(int group, int block) {
        return ((long) group * plan.blocks() + block) * blockBytes;
    }

    MemorySegment start() {
        return start;
    }

    long startAt(int group, int block) {
        return ((long) group * plan.blocks() + block) * DirectTile.CHANNELS * BYTES;
    }

    private boolean isTaken(int block, int row, int column) {
        for (int i = 0; i < DirectTile.CHANNELS; i++) {
            if (plan.kernelIndex(block * DirectTile.CHANNELS + i, row, column) >= 0) {
                return true;
            }
        }
        return false;
    }

    private void fillTable(int table) {
        int block = table * plan.blocksPerTable();
        long at = tapsAt(block);
        long steps = 0;
        for (int input = 0; input < plan.inputs(); input++) {
            for (int row = 0; row < plan.tapRows(); row++) {
                for (int column = 0; column < plan.tapColumns(); column++) {
                    if (isTaken(block, row, column)) {
                        taps.set(LONG, at + 8 * steps++, plan.tapOffset(input, row, column));
                    }
                }
            }
        }
        taps.set(LONG, at - HEADER, steps);
    }

    private void pack(int group, int block, MemorySegment w, long wAt) {
        int channels = DirectTile.CHANNELS;
        long base = weightsAt(group, block);
        long taken = 0;
        for (int row = 0; row < plan.tapRows(); row++) {
            for (int column = 0; column < plan.tapColumns(); column++) {
                taken += isTaken(block, row, column) ? 1 : 0;
            }
        }
        for (int i = 0; i < channels; i++) {
            int plane = block * channels + i;
            long tap = 0;
            for (int row = 0; row < plan.tapRows(); row++) {
                for (int column = 0; column < plan.tapColumns(); column++) {
                    if (isTaken(block, row, column)) {
                        int kernel = plane < plan.gridPlanes() ? plan.kernelIndex(plane, row, column) : -1;
                        packTap(group, plane, kernel, w, wAt, base + 4 * (tap * channels + i), 4 * taken * channels);
                        tap++;
                    }
                }
            }
        }
    }

    private void packTap(int group, int plane, int kernel, MemorySegment w, long wAt, long to, long step) {
        for (int input = 0; input < plan.inputs(); input++) {
            float weight = kernel < 0 ? 0f : w.get(FLOAT, wAt + 4 * plan.weightIndex(group, plane, input, kernel));
            weights.set(FLOAT, to + input * step, weight);
        }
    }

    private void fillStart(@Nullable MemorySegment bias, long biasAt) {
        for (int group = 0; group < plan.shape().groups(); group++) {
            for (int plane = 0; plane < plan.blocks() * DirectTile.CHANNELS; plane++) {
                float value = bias == null || plane >= plan.outputs()
                        ? 0f
                        : bias.get(FLOAT, biasAt + 4L * (group * plan.outputs() + plane));
                FloatVector.broadcast(SPECIES, value)
                        .intoMemorySegment(start, startAt(group, 0) + (long) plane * BYTES, ORDER);
            }
        }
    }
}
