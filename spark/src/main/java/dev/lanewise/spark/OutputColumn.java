package dev.lanewise.spark;

import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.ValueInfo;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.io.Serializable;
import java.lang.reflect.Array;
import java.util.List;
import java.util.function.IntFunction;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.jspecify.annotations.Nullable;
import scala.collection.mutable.ArraySeq;

/**
 * An output of a model and the column that it becomes.
 *
 * @param output its name
 * @param column the name of the column
 * @param dtype the type that it is read in
 * @param isNumber whether it has one number per row; an array otherwise
 */
record OutputColumn(String output, String column, DType dtype, boolean isNumber) implements Serializable {
    /**
     * What becomes of an output.
     *
     * @throws TensorException if it is no tensor of a type that columns have
     */
    static OutputColumn of(ValueInfo value, String column) {
        ElementType type = value.type();
        if (value.kind() != ValueInfo.Kind.TENSOR || type == null || !type.isOwn()) {
            throw new TensorException("spark: the model's output " + value
                    + " (expected a tensor of a type that tensors have); ask for another output");
        }
        DType read = switch (type.carrier()) {
            case F32, F16, BF16 -> DType.F32;
            case I8, U8, I32 -> DType.I32;
            case F64, I64, BOOL -> type.carrier();
        };
        return new OutputColumn(value.name(), column, read, isOne(value.dims()));
    }

    private static boolean isOne(@Nullable List<String> dims) {
        return dims != null
                && !dims.isEmpty()
                && dims.subList(1, dims.size()).stream().allMatch(dim -> dim.equals("1"));
    }

    StructField field() {
        DataType element = switch (dtype) {
            case F32, F16, BF16 -> DataTypes.FloatType;
            case F64 -> DataTypes.DoubleType;
            case I64 -> DataTypes.LongType;
            case I32, I8, U8 -> DataTypes.IntegerType;
            case BOOL -> DataTypes.BooleanType;
        };
        return new StructField(
                column, isNumber ? element : DataTypes.createArrayType(element, false), false, Metadata.empty());
    }

    /**
     * The column's values, one for each row.
     *
     * @param rows how many rows the model was given
     * @throws TensorException if the result is not one of so many rows
     */
    IntFunction<Object> values(Tensor result, int rows) {
        if (result.shape().rank() == 0 || result.shape().size(0) != rows) {
            throw new TensorException("spark: output '" + output + "' is " + result.spec() + " for " + rows
                    + " rows (expected a row for each); ask for another output");
        }
        int width = Math.toIntExact(result.shape().elements() / rows);
        if (isNumber && width != 1) {
            throw new TensorException("spark: output '" + output + "' is " + result.spec() + " for " + rows
                    + " rows (expected one number for each, as the model declares); export the model again");
        }
        Object all = array(result.to(dtype).flatten());
        return isNumber ? number(all) : row -> ArraySeq.make(part(all, row * width, width));
    }

    private static IntFunction<Object> number(Object all) {
        return switch (all) {
            case float[] floats -> row -> floats[row];
            case double[] doubles -> row -> doubles[row];
            case long[] longs -> row -> longs[row];
            case int[] ints -> row -> ints[row];
            default -> row -> Array.get(all, row);
        };
    }

    private Object array(Tensor flat) {
        return switch (dtype) {
            case F32, F16, BF16 -> flat.toFloatArray();
            case F64 -> flat.toDoubleArray();
            case I64 -> flat.toLongArray();
            case I32, I8, U8 -> flat.toIntArray();
            case BOOL -> flat.toBooleanArray();
        };
    }

    /** A part of an array of a primitive type. */
    private static Object part(Object all, int from, int count) {
        Object part = Array.newInstance(all.getClass().getComponentType(), count);
        System.arraycopy(all, from, part, 0, count);
        return part;
    }
}
