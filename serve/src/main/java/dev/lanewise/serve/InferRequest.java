package dev.lanewise.serve;

import dev.lanewise.nn.io.TensorData;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request for an inference, checked against the model's signature.
 *
 * @param id what the client calls it, repeated in the answer; null if it does not
 * @param inputs one for each of the signature's inputs
 * @param outputs what the answer contains, in this order
 * @param timeout how long the client waits; null if it does not say
 */
record InferRequest(
        @Nullable String id,
        Map<String, TensorData> inputs,
        List<Output> outputs,
        @Nullable Duration timeout) {

    /** An output of the answer, in binary or as JSON. */
    record Output(String name, boolean binary) {}
}
