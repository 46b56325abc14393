package dev.lanewise.onnx;

import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The inputs and outputs of ONNX operators. */
public sealed interface OnnxValue {
    /** {@return whether this is an optional without content} */
    default boolean isEmpty() {
        return false;
    }

    /** {@return one line that describes type and shape, for messages} */
    String describe();

    /**
     * A tensor of numbers or truth values.
     *
     * @param type its elements' type
     * @param tensor the elements, with the type's carrier as their type
     */
    record Numbers(ElementType type, Tensor tensor) implements OnnxValue {
        /**
         * Checks the carrier.
         *
         * @throws TensorException if the tensor is not of the type that carries such elements
         */
        public Numbers {
            if (tensor.dtype() != type.carrier()) {
                throw new TensorException("onnx: " + type + " in a tensor of " + tensor.spec() + " (expected "
                        + type.carrier() + "); cast it");
            }
        }

        @Override
        public String describe() {
            return type + " " + tensor.shape();
        }
    }

    /**
     * A tensor whose elements are texts.
     *
     * @param shape its shape
     * @param values its elements in row-major order
     */
    record Texts(Shape shape, List<String> values) implements OnnxValue {
        /** Holds the given values, none of which may be null. */
        public Texts {
            Objects.requireNonNull(shape, "shape");
            Objects.requireNonNull(values, "values");
        }

        @Override
        public String describe() {
            return "STRING " + shape;
        }
    }

    /**
     * A sequence of values, which may have different shapes.
     *
     * @param values its elements
     */
    record Sequence(List<OnnxValue> values) implements OnnxValue {
        /** Holds the given values, none of which may be null. */
        public Sequence {
            Objects.requireNonNull(values, "values");
        }

        @Override
        public String describe() {
            return "a sequence of " + values.size();
        }
    }

    /**
     * A table of keys and numbers, as produced by ZipMap.
     *
     * @param keys the keys, texts or whole numbers
     * @param values a number for each
     */
    record Table(List<?> keys, List<Float> values) implements OnnxValue {
        /** Holds the given values, none of which may be null. */
        public Table {
            Objects.requireNonNull(keys, "keys");
            Objects.requireNonNull(values, "values");
        }

        @Override
        public String describe() {
            return "a map of " + keys.size();
        }
    }

    /** A value of an optional type that holds no content. */
    record Nothing() implements OnnxValue {
        @Override
        public boolean isEmpty() {
            return true;
        }

        @Override
        public String describe() {
            return "an empty optional";
        }
    }

    /**
     * A tensor with a tensor type.
     *
     * @param tensor the tensor
     * @return the value
     */
    static OnnxValue of(Tensor tensor) {
        return new Numbers(ElementType.of(tensor.dtype()), tensor);
    }

    /**
     * {@return the tensor inside, or null if there is none}
     *
     * @param value any value
     */
    static @Nullable Tensor tensorOf(OnnxValue value) {
        Objects.requireNonNull(value, "value");
        return value instanceof Numbers numbers ? numbers.tensor() : null;
    }
}
