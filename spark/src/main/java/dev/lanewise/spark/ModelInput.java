package dev.lanewise.spark;

import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.ValueInfo;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.TensorException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * An input of a model and the columns that it is read from.
 *
 * @param name of the input
 * @param dtype of the tensor that is made of a batch
 * @param sizes its dimensions, {@link #OPEN} where the model takes any size; null if the model does not even say their number
 * @param columns whose values, one after the other, are a row
 */
record ModelInput(String name, DType dtype, long @Nullable [] sizes, List<InputColumn> columns)
        implements Serializable {
    static final long OPEN = -1;

    /**
     * Finds the columns and checks all that the schema tells.
     *
     * @throws TensorException if a column is missing or of a type that the input can't take
     */
    static ModelInput of(ValueInfo value, List<String> names, StructType schema) {
        DType dtype = dtype(value);
        List<InputColumn> columns = new ArrayList<>();
        for (String name : names) {
            columns.add(InputColumn.of(value.name(), dtype, name, schema));
        }
        ModelInput input = new ModelInput(value.name(), dtype, sizes(value), columns);
        input.checkShape(value);
        return input;
    }

    private static DType dtype(ValueInfo value) {
        ElementType type = value.type();
        DType dtype = value.kind() != ValueInfo.Kind.TENSOR || type == null || !type.isOwn() ? null : type.carrier();
        return switch (dtype) {
            case F32, F16, BF16 -> DType.F32;
            case F64, I64, I32, BOOL -> dtype;
            case I8, U8 -> throw unsupported(value);
            case null -> throw unsupported(value);
        };
    }

    private static TensorException unsupported(ValueInfo value) {
        return new TensorException("spark: the model's input " + value
                + " (expected a tensor of floats, 32-bit or 64-bit integers or truth values); export it with"
                + " one of these");
    }

    private static long @Nullable [] sizes(ValueInfo value) {
        List<String> dims = value.dims();
        return dims == null
                ? null
                : dims.stream()
                        .mapToLong(dim -> dim.matches("\\d{1,9}") ? Long.parseLong(dim) : OPEN)
                        .toArray();
    }

    private void checkShape(ValueInfo value) {
        if (sizes == null) {
            return;
        }
        if (sizes.length == 0 || sizes[0] == 0) {
            throw new TensorException(
                    "spark: the model's input " + value + " (expected a first dimension for rows); export it with one");
        }
        if (columns.stream().allMatch(InputColumn::isNumber)) {
            shape(1, columns.size());
        }
    }

    /** How many rows the model takes at once, or {@link #OPEN} if any number. */
    long rows() {
        return sizes == null ? OPEN : sizes[0];
    }

    /**
     * The shape of a batch.
     *
     * @param width how many values a row has
     * @throws TensorException if the model takes another number
     */
    long[] shape(long rows, long width) {
        long[] shape = sizes == null ? new long[] {OPEN, OPEN} : sizes.clone();
        shape[0] = rows;
        long known = 1;
        int open = 0;
        for (int dim = 1; dim < shape.length; dim++) {
            if (shape[dim] == OPEN) {
                open = open == 0 ? dim : -1;
            } else {
                known *= shape[dim];
            }
        }
        if (open > 0 && known > 0 && width % known == 0) {
            shape[open] = width / known;
            return shape;
        }
        if (open != 0 || known != width) {
            throw new TensorException("spark: " + width + " values per row from the columns "
                    + columns.stream().map(InputColumn::name).toList() + " for input '" + name + "' "
                    + describe() + " (expected " + (open == 0 ? known : "sizes that fit")
                    + "); choose other columns, or export the model with other sizes");
        }
        return shape;
    }

    private String describe() {
        List<String> dims = new ArrayList<>();
        for (long size : sizes == null ? new long[] {OPEN, OPEN} : sizes) {
            dims.add(size == OPEN ? "?" : Long.toString(size));
        }
        return dims.toString();
    }
}
