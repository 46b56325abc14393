package dev.lanewise.bench;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.DelegatingBackend;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** Measures the time of every operation of a backend, for one thread that runs operations. */
final class ProfilingBackend extends DelegatingBackend {
    /** An operation on operands of certain shapes. */
    record Kind(String op, String shapes) {}

    /** Runs and nanoseconds of one kind of operation. */
    static final class Total {
        long runs;
        long nanos;
        long shortest = Long.MAX_VALUE;

        private void add(long taken) {
            runs++;
            nanos += taken;
            shortest = Math.min(shortest, taken);
        }
    }

    private final Map<Kind, Total> totals = new LinkedHashMap<>();
    private long nanos;

    /** A decorator. */
    ProfilingBackend(Backend backend) {
        super(backend);
    }

    /** What was measured since the last {@link #reset}. */
    Map<Kind, Total> totals() {
        return totals;
    }

    /** Nanoseconds in operations since the last {@link #reset}. */
    long nanos() {
        return nanos;
    }

    /** Forgets what was measured. */
    void reset() {
        totals.clear();
        nanos = 0;
    }

    @Override
    public void execute(Op op, Tensor[] inputs, Tensor[] outputs) {
        long start = System.nanoTime();
        super.execute(op, inputs, outputs);
        synchronize();
        long taken = System.nanoTime() - start;
        nanos += taken;
        totals.computeIfAbsent(new Kind(op.opName(), shapes(inputs)), kind -> new Total())
                .add(taken);
    }

    private static String shapes(Tensor[] inputs) {
        // an optimizer's step has as many operands as the model has parameters
        return Arrays.stream(inputs)
                .limit(3)
                .map(x -> x.shape() + (x.isContiguous() ? "" : " strided"))
                .collect(Collectors.joining(" x ", "", inputs.length > 3 ? " ..." : ""));
    }
}
