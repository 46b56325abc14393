package dev.lanewise.cpu.conv;

import static dev.lanewise.cpu.conv.Vectors.LONG;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.memory.Scratch;

/**
 * Which pixels and weights each plane of a plan's grid sums: for every plane a table of byte offsets, in pairs of a pixel's from
 * the pixel computed and a weight's from the first of the group.
 */
final class DepthwiseTaps implements AutoCloseable {
    private static final int ENTRY = 2 * Long.BYTES;

    private final Scratch table;
    private final int[] steps;
    private final long tableBytes;
    private final long weights;
    private final long groupBytes;

    /** Lists the taps of all planes; {@code w} is the address of the weights. */
    DepthwiseTaps(DirectPlan plan, Planes planes, long w) {
        weights = w;
        ConvShape shape = plan.shape();
        groupBytes = 4L * shape.groupOutputs() * shape.reduction();
        tableBytes = (long) ENTRY * plan.inputs() * plan.tapRows() * plan.tapColumns();
        steps = new int[plan.gridPlanes()];
        table = Scratch.borrow(steps.length * tableBytes);
        for (int plane = 0; plane < steps.length; plane++) {
            steps[plane] = fill(plan, planes, plane);
        }
    }

    private int fill(DirectPlan plan, Planes planes, int plane) {
        long at = table.address() + plane * tableBytes;
        int count = 0;
        for (int input = 0; input < plan.inputs(); input++) {
            for (int row = 0; row < plan.tapRows(); row++) {
                for (int column = 0; column < plan.tapColumns(); column++) {
                    int kernel = plan.kernelIndex(plane, row, column);
                    if (kernel >= 0) {
                        ALL.set(LONG, (at + (long) ENTRY * count) & MASK, plan.tapOffset(planes, input, row, column));
                        long weight = plan.weightIndex(0, plane, input, kernel);
                        ALL.set(LONG, (at + (long) ENTRY * count + Long.BYTES) & MASK, 4 * weight);
                        count++;
                    }
                }
            }
        }
        return count;
    }

    /** Sums a plane of the grid over {@code length} pixels, rounded up to whole tiles. */
    void sum(long pixels, int group, int plane, float start, long to, long length) {
        DepthwiseTile.run(
                pixels,
                table.address() + plane * tableBytes,
                steps[plane],
                weights + group * groupBytes,
                start,
                to,
                length);
    }

    @Override
    public void close() {
        table.close();
    }
}
