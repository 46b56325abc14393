package dev.lanewise.bench.jmh;

import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Supplier;

/** Code shared by the benchmarks. */
final class Steps {
    /** Stands in until JMH calls the set-up. */
    static final Tensor UNSET = Tensor.zeros(0);

    private Steps() {}

    /** Runs an operation and releases its results, as a loop in a program would. */
    static void run(Supplier<?> operation) {
        try (var ignored = Scope.open("benchmark")) {
            Objects.requireNonNull(operation.get());
        }
    }

    /** The sizes in {@code 64x32x26}. */
    static long[] sizes(String shape) {
        return Arrays.stream(shape.split("x")).mapToLong(Long::parseLong).toArray();
    }
}
