package dev.lanewise.onnx.run;

import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.tensor.TensorException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The values of a graph while it runs, and those of the graphs around it. */
public final class Env {
    private final Map<String, OnnxValue> values;
    private final @Nullable Env outer;
    private @Nullable NodeTimes times;

    public Env(@Nullable Env outer, int size) {
        this.outer = outer;
        this.values = HashMap.newHashMap(size);
    }

    /** Turns on measuring the times of this graph's nodes. */
    public void measure(NodeTimes newTimes) {
        times = newTimes;
    }

    /** Where the times of nodes are recorded, or null. */
    public @Nullable NodeTimes times() {
        return times;
    }

    public void put(String name, OnnxValue value) {
        values.put(name, value);
    }

    /** Forgets a value of this graph; returns it. */
    public @Nullable OnnxValue remove(String name) {
        return values.remove(name);
    }

    public OnnxValue get(String name) {
        for (Env env = this; env != null; env = env.outer) {
            OnnxValue value = env.values.get(name);
            if (value != null) {
                return value;
            }
        }
        throw new TensorException("onnx: no value '" + name + "' (expected one computed before); check the graph");
    }
}
