package dev.lanewise.spark;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.apache.spark.sql.Row;

/** The rows of one input: values are written one after the other, and become a tensor together. */
final class InputRows implements InputColumn.Sink {
    private static final long UNKNOWN = -1;
    private static final int MOST_VALUES = Integer.MAX_VALUE - 8;

    private final ModelInput input;
    private final int most;
    private long width = UNKNOWN;
    /** An array of the type's numbers, bytes for truth values; plain arrays are fast before the second compiler has come. */
    private Object values;

    private int length;
    private int at;

    /**
     * Room for rows.
     *
     * @param most how many there are at once
     */
    InputRows(ModelInput input, int most) {
        this.input = input;
        this.most = most;
        values = switch (input.dtype()) {
            case F32, F16, BF16 -> new float[0];
            case F64 -> new double[0];
            case I64 -> new long[0];
            case I32, I8, U8 -> new int[0];
            case BOOL -> new byte[0];
        };
    }

    /**
     * Adds a row.
     *
     * @param where the row is, for messages
     * @throws TensorException if a value is null, or there are not as many as in the rows before
     */
    void add(Row row, Where where) {
        int begin = at;
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
        if (at == length) {
            grow();
        }
        switch (input.dtype()) {
            case F32, F16, BF16 -> ((float[]) values)[at] = ((Number) value).floatValue();
            case F64 -> ((double[]) values)[at] = ((Number) value).doubleValue();
            case I64 -> ((long[]) values)[at] = ((Number) value).longValue();
            case I32, I8, U8 -> ((int[]) values)[at] = ((Number) value).intValue();
            case BOOL -> ((byte[]) values)[at] = (byte) ((Boolean) value ? 1 : 0);
        }
        at++;
    }

    /** To what all rows need, or more and more while the first one is read. */
    private void grow() {
        long needed = width == UNKNOWN ? Math.max(64, 2L * at) : Math.max(at + 1L, width * most);
        if (needed > MOST_VALUES) {
            throw new TensorException("spark: a batch of " + most + " rows of " + width + " values for input '"
                    + input.name() + "' (expected less than " + MOST_VALUES + " values); score fewer rows at once");
        }
        length = (int) needed;
        values = switch (input.dtype()) {
            case F32, F16, BF16 -> Arrays.copyOf((float[]) values, length);
            case F64 -> Arrays.copyOf((double[]) values, length);
            case I64 -> Arrays.copyOf((long[]) values, length);
            case I32, I8, U8 -> Arrays.copyOf((int[]) values, length);
            case BOOL -> Arrays.copyOf((byte[]) values, length);
        };
    }

    /**
     * The rows as a tensor; afterwards there are none.
     *
     * @param rows how many there are to be; if more than were added, the last one is repeated
     */
    Tensor take(int rows) {
        int all = Math.toIntExact(rows * width);
        while (at < all) {
            if (length < all) {
                grow();
            }
            System.arraycopy(values, (int) (at - width), values, at, (int) width);
            at += (int) width;
        }
        at = 0;
        DType dtype = input.dtype();
        return Tensor.of(memory().asSlice(0, (long) all * dtype.bytes()), dtype, input.shape(rows, width));
    }

    private MemorySegment memory() {
        return switch (values) {
            case float[] floats -> MemorySegment.ofArray(floats);
            case double[] doubles -> MemorySegment.ofArray(doubles);
            case long[] longs -> MemorySegment.ofArray(longs);
            case int[] ints -> MemorySegment.ofArray(ints);
            case byte[] bytes -> MemorySegment.ofArray(bytes);
            default -> throw new AssertionError(values.getClass());
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
