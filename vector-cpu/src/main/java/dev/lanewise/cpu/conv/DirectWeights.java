package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.BYTES;
import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.conv.Vectors.LONG;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;
import jdk.incubator.vector.FloatVector;

/**
 * The weights as {@link DirectTile} reads them, packed once per call: for each block of output channels its taps, its weights
 * {@code [taps][channels of a block]} with zeros where there is none, and the vectors its sums start from.
 */
final class DirectWeights implements AutoCloseable {
    /** A table of taps begins with their number. */
    private static final int HEADER = 8;

    private final DirectPlan plan;
    private final Scratch taps;
    private final Scratch weights;
    private final Scratch start;
    private final long tableBytes;
    private final long blockBytes;
    private int mostSteps;

    /** Packs the weights at {@code w} and the bias at {@code bias}, an address or 0. */
    DirectWeights(DirectPlan plan, long w, long bias) {
        this.plan = plan;
        long steps = (long) plan.inputs() * plan.tapRows() * plan.tapColumns();
        int blocks = plan.blocks();
        int groups = plan.shape().groups();
        tableBytes = HEADER + 8 * steps;
        blockBytes = 4 * steps * DirectTile.CHANNELS;
        int tables = Vectors.blocks(blocks, plan.blocksPerTable());
        taps = Scratch.borrow(tables * tableBytes + Long.BYTES);
        weights = Scratch.borrow((long) groups * blocks * blockBytes);
        start = Scratch.borrow((long) groups * blocks * DirectTile.TILE_BYTES);
        for (int table = 0; table < tables; table++) {
            fillTable(table);
        }
        Workers.run(groups * blocks, block -> pack(block / blocks, block % blocks, w));
        fillStart(bias);
    }

    @Override
    public void close() {
        taps.close();
        weights.close();
        start.close();
    }

    /** Returns the address of a block's taps. */
    long taps(int block) {
        return taps.address() + block / plan.blocksPerTable() * tableBytes + HEADER;
    }

    /** Returns the number of a block's taps. */
    int steps(int block) {
        return (int) ALL.get(LONG, taps(block) - HEADER);
    }

    /** Returns the number of taps of the block that has most. */
    int mostSteps() {
        return mostSteps;
    }

    /** Returns the address of a block's weights. */
    long weights(int group, int block) {
        return weights.address() + ((long) group * plan.blocks() + block) * blockBytes;
    }

    /** Returns the address of what a block's tile starts from. */
    long start(int group, int block) {
        return start.address() + ((long) group * plan.blocks() + block) * DirectTile.TILE_BYTES;
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
        long at = taps(block);
        long steps = 0;
        for (int input = 0; input < plan.inputs(); input++) {
            for (int row = 0; row < plan.tapRows(); row++) {
                for (int column = 0; column < plan.tapColumns(); column++) {
                    if (isTaken(block, row, column)) {
                        ALL.set(LONG, at + 8 * steps++, plan.tapOffset(input, row, column));
                    }
                }
            }
        }
        ALL.set(LONG, at - HEADER, steps);
        mostSteps = (int) Math.max(mostSteps, steps);
    }

    private void pack(int group, int block, long w) {
        int channels = DirectTile.CHANNELS;
        long stride = (long) steps(block) / plan.inputs() * channels * 4;
        for (int i = 0; i < channels; i++) {
            int plane = block * channels + i;
            long to = weights(group, block) + 4L * i;
            for (int row = 0; row < plan.tapRows(); row++) {
                for (int column = 0; column < plan.tapColumns(); column++) {
                    if (isTaken(block, row, column)) {
                        int kernel = plane < plan.gridPlanes() ? plan.kernelIndex(plane, row, column) : -1;
                        packTap(group, plane, kernel, w, to, stride);
                        to += 4L * channels;
                    }
                }
            }
        }
    }

    private void packTap(int group, int plane, int kernel, long w, long to, long stride) {
        if (kernel < 0) {
            for (int input = 0; input < plan.inputs(); input++) {
                ALL.set(FLOAT, (to + input * stride) & MASK, 0f);
            }
            return;
        }
        long from = w + 4 * plan.weightIndex(group, plane, 0, kernel);
        long step = 4 * plan.weightStep();
        for (int input = 0; input < plan.inputs(); input++) {
            ALL.set(FLOAT, (to + input * stride) & MASK, ALL.get(FLOAT, (from + input * step) & MASK));
        }
    }

    private void fillStart(long bias) {
        for (int group = 0; group < plan.shape().groups(); group++) {
            for (int plane = 0; plane < plan.blocks() * DirectTile.CHANNELS; plane++) {
                float value = bias == 0 || plane >= plan.outputs()
                        ? 0f
                        : ALL.get(FLOAT, bias + 4L * (group * plan.outputs() + plane));
                long at = start(group, 0) + (long) plane * DirectTile.VECTORS * BYTES;
                for (int vector = 0; vector < DirectTile.VECTORS; vector++) {
                    FloatVector.broadcast(SPECIES, value).intoMemorySegment(ALL, (at + vector * BYTES) & MASK, ORDER);
                }
            }
        }
    }
}
