package dev.lanewise.serve;

import dev.lanewise.nn.io.TensorData;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How token sequences of different lengths are computed together: all inputs are padded with zeros at their ends, which the
 * attention mask hides, and outputs are cut.
 *
 * @param lengths of each output, the dimensions that are as long as the sequence
 */
record Padding(Map<String, List<Integer>> lengths) {
    /** What exports of encoders call the input that says which tokens there are. */
    private static final String MASK = "attention_mask";

    /** Whether a model takes nothing but tokens and their mask. */
    static boolean mayFit(Signature signature) {
        return Signature.find(signature.inputs(), MASK) != null
                && signature.inputs().stream().allMatch(Padding::isTokens);
    }

    private static boolean isTokens(TensorInfo info) {
        List<Long> sizes = info.sizes();
        boolean numbers = info.dtype() == DType.I64
                || info.dtype() == DType.I32
                || info.name().equals(MASK);
        return numbers && sizes != null && sizes.equals(List.of(TensorInfo.OPEN, TensorInfo.OPEN));
    }

    /**
     * The length of a request's sequences, or 0 if it can't be padded: because its inputs differ in length, or because its
     * mask hides whole rows, whose results then are made of what nobody has asked for, or has other values than 0 and 1.
     */
    static long length(InferRequest request, Signature signature) {
        if (!mayFit(signature)) {
            return 0;
        }
        TensorData mask = Objects.requireNonNull(request.inputs().get(MASK), MASK);
        long length = mask.shape().size(1);
        boolean same =
                request.inputs().values().stream().allMatch(data -> data.shape().size(1) == length);
        return same && isPlain(numbers(mask), Math.toIntExact(length)) ? length : 0;
    }

    private static double[] numbers(TensorData data) {
        return switch (data.dtype()) {
            case F32, F64, F16, BF16 -> data.toDoubleArray();
            case I8, U8, I32, I64, BOOL ->
                Arrays.stream(data.toLongArray()).asDoubleStream().toArray();
        };
    }

    private static boolean isPlain(double[] mask, int length) {
        boolean shows = true;
        for (int i = 0; i < mask.length; i++) {
            if (i % length == 0) {
                if (!shows) {
                    return false;
                }
                shows = false;
            }
            if (mask[i] != 0 && mask[i] != 1) {
                return false;
            }
            shows |= mask[i] == 1;
        }
        return shows;
    }

    /**
     * Which dimensions of a sequence's outputs have become longer by padding.
     *
     * @param length of the sequence
     * @param padded the length that it was padded to
     * @return the dimensions of each output; null if one has become another size than that
     */
    static @Nullable Padding between(
            Map<String, TensorData> apart, long length, Map<String, TensorData> together, long padded) {
        Map<String, List<Integer>> lengths = new LinkedHashMap<>();
        for (Map.Entry<String, TensorData> entry : apart.entrySet()) {
            Shape own = entry.getValue().shape();
            Shape longer = Objects.requireNonNull(together.get(entry.getKey()), entry.getKey())
                    .shape();
            if (own.rank() != longer.rank()) {
                return null;
            }
            List<Integer> dims = new ArrayList<>();
            for (int dim = 0; dim < own.rank(); dim++) {
                if (own.size(dim) == longer.size(dim)) {
                    continue;
                }
                if (own.size(dim) != length || longer.size(dim) != padded) {
                    return null;
                }
                dims.add(dim);
            }
            lengths.put(entry.getKey(), dims);
        }
        return new Padding(lengths);
    }

    /** Outputs of a sequence, without what belongs to padding. */
    Map<String, TensorData> cut(Map<String, TensorData> outputs, long length) {
        Map<String, TensorData> cut = new LinkedHashMap<>();
        outputs.forEach((name, data) -> {
            TensorData kept = data;
            for (int dim : lengths.getOrDefault(name, List.of())) {
                kept = Rows.cut(kept, dim, length);
            }
            cut.put(name, kept);
        });
        return cut;
    }
}
