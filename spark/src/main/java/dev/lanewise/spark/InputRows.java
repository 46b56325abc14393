package dev.lanewise.spark;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.apache.spark.sql.Row;

/** The rows of one input: values are written one after the other, and become a tensor together. */
final class InputRows implements InputColumn.Sink {
    private static final long UNKNOWN = -1;

    private final ModelInput input;
    private final int most;
    private long width = UNKNOWN;
    private MemorySegment memory = MemorySegment.ofArray(new long[0]);
    private long at;

    /**
     * Room for rows.
     *
     * @param most how many there are at once
     */
    InputRows(ModelInput input, int most) {
        this.input = input;
        this.most = most;
    }

    /**
     * Adds a row.
     *
     * @param where the row is, for messages
     * @throws TensorException if a value is null, or there are not as many as in the rows before
     */
    void add(Row row, Where where) {
        long begin = at;
        for (InputColumn column : input.columns()) {
            if (!column.read(row.get(column.index()), this)) {
                throw new TensorException("spark: null in column '" + column.name() + "' for input '" + input.name()
                        + "', " + where + " (expected a value); fill or drop nulls first, with na().fill or na().drop");
            }
        }
        if (width == UNKNOWN) {
            width = at - begin;
        } else if (at - begin != width) {
            throw new TensorException("spark: " + (at - begin) + " values for input '" + input.name() + "', " + where
                    + " (expected " + width + " as in the rows before); bring arrays to one length first");
        }
    }

    @Override
    public void put(Object value) {
        DType dtype = input.dtype();
        if ((at + 1) * dtype.bytes() > memory.byteSize()) {
            grow();
        }
        switch (dtype) {
            case F32, F16, BF16 -> memory.setAtIndex(ValueLayout.JAVA_FLOAT, at, ((Number) value).floatValue());
            case F64 -> memory.setAtIndex(ValueLayout.JAVA_DOUBLE, at, ((Number) value).doubleValue());
            case I64 -> memory.setAtIndex(ValueLayout.JAVA_LONG, at, ((Number) value).longValue());
            case I32, I8, U8 -> memory.setAtIndex(ValueLayout.JAVA_INT, at, ((Number) value).intValue());
            case BOOL -> memory.set(ValueLayout.JAVA_BOOLEAN, at, (Boolean) value);
        }
        at++;
    }

    /** To what all rows need, or more and more while the first one is read. */
    private void grow() {
        long needed = width == UNKNOWN ? Math.max(64, 2 * at) : Math.max(at + 1, width * most);
        long longs = Math.ceilDiv(needed * input.dtype().bytes(), Long.BYTES);
        if (longs > Integer.MAX_VALUE - 8) {
            throw new TensorException("spark: a batch of " + most + " rows of " + width + " values for input '"
                    + input.name() + "' (expected less than 16 GiB); score fewer rows at once");
        }
        MemorySegment larger = MemorySegment.ofArray(new long[(int) longs]);
        larger.copyFrom(memory);
        memory = larger;
    }

    /**
     * The rows as a tensor; afterwards there are none.
     *
     * @param rows how many there are to be; if more than were added, the last one is repeated
     */
    Tensor take(int rows) {
        DType dtype = input.dtype();
        long last = at - width;
        while (at < rows * width) {
            put(value(last++));
        }
        at = 0;
        return Tensor.of(memory.asSlice(0, rows * width * dtype.bytes()), dtype, input.shape(rows, width));
    }

    private Object value(long index) {
        return switch (input.dtype()) {
            case F32, F16, BF16 -> memory.getAtIndex(ValueLayout.JAVA_FLOAT, index);
            case F64 -> memory.getAtIndex(ValueLayout.JAVA_DOUBLE, index);
            case I64 -> memory.getAtIndex(ValueLayout.JAVA_LONG, index);
            case I32, I8, U8 -> memory.getAtIndex(ValueLayout.JAVA_INT, index);
            case BOOL -> memory.get(ValueLayout.JAVA_BOOLEAN, index);
        };
    }

    /**
     * Where a row is.
     *
     * @param partition its number
     * @param row its number in the partition, from 0
     */
    record Where(int partition, long row) {
        @Override
        public String toString() {
            return "row " + row + " of partition " + partition;
        }
    }
}
