package dev.lanewise.spark;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.TensorException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.ByteType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.ShortType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import scala.collection.Iterator;
import scala.collection.Seq;

/**
 * A column that an input is read from.
 *
 * @param name as the table has it
 * @param index in the table
 * @param isNumber whether it has one number per row, not an array or vector
 */
record InputColumn(String name, int index, boolean isNumber) implements Serializable {
    /** Takes the values of a row. */
    interface Sink {
        /** Takes a number or a truth value. */
        void put(Object value);
    }

    /**
     * Finds a column.
     *
     * @throws TensorException if there is none of the name, or its type does not fit
     */
    static InputColumn of(String input, DType dtype, String name, StructType schema) {
        int index = index(name, schema);
        StructField field = schema.fields()[index];
        DataType type = field.dataType();
        boolean vector = type.sameType(SQLDataTypes.VectorType());
        DataType element = type instanceof ArrayType array ? array.elementType() : type;
        if (vector ? !dtype.isFloating() : !fits(element, dtype)) {
            throw new TensorException("spark: column '" + name + "' of type " + type.simpleString() + " for input '"
                    + input + "' of " + dtype + " (expected " + expected(dtype)
                    + ", or an array of these); cast it, or choose another column");
        }
        return new InputColumn(field.name(), index, !vector && !(type instanceof ArrayType));
    }

    /** As Spark finds columns by default: without regard to case, unless that leaves several. */
    private static int index(String name, StructType schema) {
        List<String> names = Arrays.asList(schema.fieldNames());
        List<Integer> found = new ArrayList<>();
        List<Integer> alike = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            if (names.get(i).equals(name)) {
                found.add(i);
            }
            if (names.get(i).equalsIgnoreCase(name)) {
                alike.add(i);
            }
        }
        List<Integer> chosen = found.isEmpty() ? alike : found;
        if (chosen.size() != 1) {
            throw new TensorException("spark: " + (chosen.isEmpty() ? "no column" : chosen.size() + " columns") + " '"
                    + name + "' among " + names + " (expected one); select the columns that are meant");
        }
        return chosen.getFirst();
    }

    private static boolean fits(DataType type, DType dtype) {
        boolean narrow = type instanceof ByteType || type instanceof ShortType || type instanceof IntegerType;
        return switch (dtype) {
            case F32, F64, F16, BF16 -> type instanceof NumericType;
            case I64 -> narrow || type instanceof LongType;
            case I32 -> narrow;
            case BOOL -> type instanceof BooleanType;
            case I8, U8 -> false;
        };
    }

    private static String expected(DType dtype) {
        return switch (dtype) {
            case F32, F64, F16, BF16 -> "a number";
            case I64 -> "an integer";
            case I32, I8, U8 -> "an integer of 32 bits or less";
            case BOOL -> "a boolean";
        };
    }

    /**
     * Hands on the values of a row.
     *
     * @param value what the row has in this column
     * @return false if it is null or holds one
     */
    boolean read(@Nullable Object value, Sink sink) {
        if (isNumber && value != null) {
            // most columns, and the switch below takes longer than all else
            sink.put(value);
            return true;
        }
        switch (value) {
            case Vector vector -> {
                for (double element : vector.toArray()) {
                    sink.put(element);
                }
            }
            case Seq<?> array -> {
                Iterator<?> elements = array.iterator();
                while (elements.hasNext()) {
                    Object element = elements.next();
                    if (element == null) {
                        return false;
                    }
                    sink.put(element);
                }
            }
            case null -> {
                return false;
            }
            default -> sink.put(value);
        }
        return true;
    }
}
