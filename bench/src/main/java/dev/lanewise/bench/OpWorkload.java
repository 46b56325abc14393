package dev.lanewise.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One operation on tensors of given sizes.
 *
 * @param op its name in the lines
 * @param shape the sizes in the lines; what they mean depends on the operation
 * @param rate what is counted per second, or {@code Rate.NONE}
 * @param count how much of it one run does
 * @param prepare makes the operands and returns the operation on them
 */
record OpWorkload(String op, List<Long> shape, Rate rate, double count, Preparation prepare) {
    /** What is counted per second. */
    enum Rate {
        NONE(""),
        GFLOPS("gflops"),
        GELEMS("gelems");

        final String key;

        Rate(String key) {
            this.key = key;
        }
    }

    /** Makes the operands of an operation. */
    interface Preparation {
        /** The operation, to be run inside a scope. */
        Runnable on(Operands operands);
    }

    /** The line of a measurement: the keys and units of the peer's script. */
    Map<String, Object> line(double seconds) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("op", op);
        line.put("shape", shape);
        line.put("us", seconds * 1e6);
        if (rate != Rate.NONE) {
            line.put(rate.key, count / seconds / 1e9);
        }
        return line;
    }
}
