package dev.lanewise.cpu.elementwise;

import dev.lanewise.cpu.memory.NativeMemory;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.spi.HostBuffer;
import dev.lanewise.tensor.spi.Storage;
import java.util.Arrays;

/**
 * The loops over the operands of one operation: operand 0 is the output, up to three inputs broadcast to its shape.
 * Dimensions that all operands pass through in one stride are merged; the last one is the row that a {@link Loop} gets.
 */
final class Nest {
    /** Elements that one task works on at least; what is smaller stays on the caller. */
    static final int GRAIN = 1 << 15;

    private static final int MOST_OPERANDS = 4;

    /** Sizes of the dimensions, outermost first; at least one. */
    private final long[] sizes;
    /** For each operand its strides in bytes. */
    private final long[][] strides;
    /** For each operand the address of its first element. */
    private final long[] addresses;
    /** For each operand the size of an element. */
    private final int[] widths;

    private Nest(long[] sizes, long[][] strides, long[] addresses, int[] widths) {
        this.sizes = sizes;
        this.strides = strides;
        this.addresses = addresses;
        this.widths = widths;
    }

    /** The merged loops over an output and its inputs. The caller keeps the tensors reachable. */
    static Nest of(Tensor out, Tensor... inputs) {
        int operands = 1 + inputs.length;
        long[] addresses = new long[operands];
        int[] widths = new int[operands];
        boolean dense = true;
        for (int i = 0; i < operands; i++) {
            Tensor tensor = i == 0 ? out : inputs[i - 1];
            widths[i] = tensor.dtype().bytes();
            addresses[i] = address(tensor);
            dense &= tensor.isContiguous() && tensor.shape().equals(out.shape());
        }
        return dense ? oneRow(out, addresses, widths) : merged(out, inputs, addresses, widths);
    }

    /** What {@link #merged} comes to where all operands are dense and of one shape, as most are. */
    private static Nest oneRow(Tensor out, long[] addresses, int[] widths) {
        long[][] strides = new long[widths.length][];
        for (int i = 0; i < strides.length; i++) {
            strides[i] = new long[] {widths[i]};
        }
        return new Nest(new long[] {out.shape().elements()}, strides, addresses, widths);
    }

    private static Nest merged(Tensor out, Tensor[] inputs, long[] addresses, int[] widths) {
        long[] sizes = out.shape().toArray();
        long[][] strides = new long[widths.length][];
        for (int i = 0; i < strides.length; i++) {
            strides[i] = broadcastStrides(i == 0 ? out : inputs[i - 1], sizes, widths[i]);
        }
        return new Nest(sizes, strides, addresses, widths).merged();
    }

    /** The address of a tensor's first element. */
    static long address(Tensor tensor) {
        long width = tensor.dtype().bytes();
        return NativeMemory.address(
                ((HostBuffer) Storage.buffer(tensor)).segment(), Storage.offset(tensor) * width, width);
    }

    private static long[] broadcastStrides(Tensor tensor, long[] sizes, int width) {
        Shape shape = tensor.shape();
        int missing = sizes.length - shape.rank();
        long[] strides = new long[sizes.length];
        for (int d = missing; d < sizes.length; d++) {
            strides[d] = shape.size(d - missing) == 1 ? 0 : tensor.stride(d - missing) * width;
        }
        return strides;
    }

    private Nest merged() {
        int rank = sizes.length;
        long[] size = new long[Math.max(rank, 1)];
        long[][] stride = new long[strides.length][size.length];
        int last = size.length;
        for (int d = rank - 1; d >= 0; d--) {
            if (sizes[d] == 1) {
                continue;
            }
            if (last < size.length && continues(d, size[last], stride, last)) {
                size[last] *= sizes[d];
            } else {
                last--;
                size[last] = sizes[d];
                for (int i = 0; i < strides.length; i++) {
                    stride[i][last] = strides[i][d];
                }
            }
        }
        if (last == size.length) {
            last--;
            size[last] = 1;
            for (int i = 0; i < strides.length; i++) {
                stride[i][last] = widths[i];
            }
        }
        if (last > 0) {
            size = Arrays.copyOfRange(size, last, size.length);
            for (int i = 0; i < stride.length; i++) {
                stride[i] = Arrays.copyOfRange(stride[i], last, stride[i].length);
            }
        }
        return new Nest(size, stride, addresses, widths);
    }

    /** Whether dimension d goes on where dimension {@code last} of the merged ones ends, for every operand. */
    private boolean continues(int d, long innerSize, long[][] merged, int last) {
        for (int i = 0; i < strides.length; i++) {
            if (strides[i][d] != merged[i][last] * innerSize) {
                return false;
            }
        }
        return true;
    }

    int operands() {
        return strides.length;
    }

    int rank() {
        return sizes.length;
    }

    long size(int dim) {
        return sizes[dim];
    }

    /** The elements of a row. */
    long rowSize() {
        return sizes[sizes.length - 1];
    }

    long rows() {
        long rows = 1;
        for (int d = 0; d < sizes.length - 1; d++) {
            rows *= sizes[d];
        }
        return rows;
    }

    long elements() {
        return rows() * rowSize();
    }

    int width(int operand) {
        return widths[operand];
    }

    long stride(int operand, int dim) {
        return strides[operand][dim];
    }

    /** The distance of neighbours in an operand's row, in bytes. */
    long rowStride(int operand) {
        return strides[operand][sizes.length - 1];
    }

    /** Whether an operand's elements follow each other along a row. */
    boolean hasDenseRows(int operand) {
        return rowStride(operand) == widths[operand] || rowSize() == 1;
    }

    /** Whether an operand's row is one element, repeated. */
    boolean hasRepeatedRows(int operand) {
        return rowStride(operand) == 0 && rowSize() > 1;
    }

    /** These loops with one operand dense at another address. */
    Nest withDense(int operand, long address) {
        long[][] changed = strides.clone();
        long stride = widths[operand];
        long[] dense = new long[sizes.length];
        for (int d = sizes.length - 1; d >= 0; d--) {
            dense[d] = stride;
            stride *= sizes[d];
        }
        changed[operand] = dense;
        long[] moved = addresses.clone();
        moved[operand] = address;
        return new Nest(sizes, changed, moved, widths);
    }

    /** Whether an operand is one element for all rows. */
    boolean isNumber(int operand) {
        for (long stride : strides[operand]) {
            if (stride != 0) {
                return false;
            }
        }
        return true;
    }

    /** These loops with further operands that are one element each, of the output's type. */
    Nest withNumbers(long... numbers) {
        int operands = strides.length;
        long[][] moreStrides = Arrays.copyOf(strides, operands + numbers.length);
        long[] moreAddresses = Arrays.copyOf(addresses, operands + numbers.length);
        int[] moreWidths = Arrays.copyOf(widths, operands + numbers.length);
        for (int i = 0; i < numbers.length; i++) {
            moreStrides[operands + i] = new long[sizes.length];
            moreAddresses[operands + i] = numbers[i];
            moreWidths[operands + i] = widths[0];
        }
        return new Nest(sizes, moreStrides, moreAddresses, moreWidths);
    }

    /** These loops with what {@link #withDense} made mergeable merged. */
    Nest remerged() {
        return merged();
    }

    /** The loops of one operand alone, as the input of a copy to a dense output. */
    Nest copyOf(int operand, long denseAddress) {
        return new Nest(
                        sizes,
                        new long[][] {strides[operand], strides[operand]},
                        new long[] {denseAddress, addresses[operand]},
                        new int[] {widths[operand], widths[operand]})
                .withDense(0, denseAddress)
                .merged();
    }

    /** These loops with some dimension's elements {@code from} to {@code from + count} in steps, that dimension last but one. */
    Nest tiled(int dim, long from, long count, long step) {
        int rank = sizes.length;
        long[] size = new long[rank];
        long[][] stride = new long[strides.length][rank];
        int to = 0;
        for (int d = 0; d < rank - 1; d++) {
            if (d != dim) {
                size[to] = sizes[d];
                for (int i = 0; i < strides.length; i++) {
                    stride[i][to] = strides[i][d];
                }
                to++;
            }
        }
        long[] address = addresses.clone();
        size[rank - 2] = count;
        size[rank - 1] = 1;
        for (int i = 0; i < strides.length; i++) {
            stride[i][rank - 2] = strides[i][dim] * step;
            address[i] += strides[i][dim] * from;
        }
        return new Nest(size, stride, address, widths);
    }

    /** Runs a loop over all rows, on several threads if that is worth it. */
    void run(Loop loop, int pattern) {
        run(loop, pattern, Math.max(1, GRAIN / rowSize()));
    }

    /** As {@link #run(Loop, int)} with at least the given number of rows for a task. */
    void run(Loop loop, int pattern, long rowsPerTask) {
        // rows longer than a grain are cut, the last piece being longer rather than shorter than the others
        long pieces = Math.max(1, rowSize() / GRAIN);
        long units = rows() * pieces;
        if (units <= rowsPerTask) {
            walk(loop, pattern, pieces, 0, units);
        } else {
            Workers.forRange(units, pieces == 1 ? rowsPerTask : 1, (from, to) -> walk(loop, pattern, pieces, from, to));
        }
    }

    private void walk(Loop loop, int pattern, long pieces, long from, long to) {
        int outer = sizes.length - 1;
        long[] index = new long[outer];
        long[] at = Arrays.copyOf(addresses, MOST_OPERANDS);
        seek(from / pieces, index, at);
        for (long unit = from; unit < to; unit++) {
            long piece = pieces == 1 ? 0 : unit % pieces;
            long start = piece * GRAIN;
            int n = (int) (piece == pieces - 1 ? rowSize() - start : GRAIN);
            loop.run(
                    pattern,
                    n,
                    at[0] + start * rowStride(0),
                    operand(1, at, start),
                    operand(2, at, start),
                    operand(3, at, start));
            if (piece == pieces - 1) {
                advance(index, at);
            }
        }
    }

    private long operand(int i, long[] at, long start) {
        return i < strides.length ? at[i] + start * rowStride(i) : 0;
    }

    private void seek(long row, long[] index, long[] at) {
        for (int d = index.length - 1; d >= 0; d--) {
            index[d] = row % sizes[d];
            row /= sizes[d];
            for (int i = 0; i < strides.length; i++) {
                at[i] += index[d] * strides[i][d];
            }
        }
    }

    private void advance(long[] index, long[] at) {
        for (int d = index.length - 1; d >= 0; d--) {
            boolean wraps = ++index[d] == sizes[d];
            long steps = wraps ? 1 - sizes[d] : 1;
            for (int i = 0; i < strides.length; i++) {
                at[i] += steps * strides[i][d];
            }
            if (!wraps) {
                return;
            }
            index[d] = 0;
        }
    }
}
