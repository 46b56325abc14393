package dev.lanewise.cpu.quant;

import dev.lanewise.tensor.op.matrix.BlockFormat;

/** The rows of a weight in blocks. */
final class BlockRows {
    private final BlockFormat format;
    private final Unpacker unpacker;
    private final long address;
    private final long rowBytes;
    private final int k;

    /** Rows of so many bytes, one after the other. */
    BlockRows(BlockFormat format, long address, long rowBytes) {
        this.format = format;
        this.unpacker = Unpacker.of(format);
        this.address = address;
        this.rowBytes = rowBytes;
        this.k = Math.toIntExact(rowBytes / format.bytes() * format.elements());
    }

    BlockFormat format() {
        return format;
    }

    /** Numbers in a row. */
    int k() {
        return k;
    }

    long rowBytes() {
        return rowBytes;
    }

    /** Where a row begins. */
    long row(long index) {
        return address + index * rowBytes;
    }

    /** Widens whole blocks of a row: {@code count} numbers from the one at {@code first}. */
    void unpack(long index, int first, int count, long out) {
        long from = row(index) + (long) first / format.elements() * format.bytes();
        unpacker.unpack(from, out, count / format.elements());
    }
}
