package dev.lanewise.serve;

import dev.lanewise.onnx.ElementType;
import dev.lanewise.onnx.ValueInfo;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an ONNX graph declares, as a signature. */
final class OnnxSignature {
    private OnnxSignature() {}

    static List<TensorInfo> of(String role, List<ValueInfo> values) {
        List<TensorInfo> infos = new ArrayList<>();
        for (ValueInfo value : values) {
            ElementType type = value.type();
            if (value.kind() != ValueInfo.Kind.TENSOR || type == null || !type.isOwn()) {
                throw new TensorException("serve: " + role + " " + value
                        + " (expected a tensor of a type that tensors have); export the model with other ones");
            }
            infos.add(new TensorInfo(value.name(), type.carrier(), sizes(value.dims())));
        }
        return infos;
    }

    /** Names and sizes that the file leaves open are open. */
    private static @Nullable List<Long> sizes(@Nullable List<String> dims) {
        return dims == null
                ? null
                : dims.stream()
                        .map(dim -> dim.matches("\\d{1,18}") ? Long.parseLong(dim) : TensorInfo.OPEN)
                        .toList();
    }
}
