package dev.lanewise.serve;

import dev.lanewise.nn.io.TensorData;
import java.util.Map;

/**
 * What a model has answered to one request.
 *
 * @param outputs the outputs that the request asked for
 * @param queueNanos how long it waited
 * @param computeNanos how long its batch was computed
 * @param rows of the batch
 */
record Answer(Map<String, TensorData> outputs, long queueNanos, long computeNanos, long rows) {}
