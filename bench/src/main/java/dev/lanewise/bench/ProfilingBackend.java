package dev.lanewise.bench;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.BackendInfo;
import dev.lanewise.tensor.spi.Buffer;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** Takes the time of every operation of a backend, for one thread that runs operations. */
final class ProfilingBackend implements Backend {
    /** Runs and nanoseconds of one kind of operation. */
    static final class Total {
        long runs;
        long nanos;
    }

    private final Backend backend;
    private final boolean byShape;
    private final Map<String, Total> totals = new LinkedHashMap<>();

    /**
     * A decorator.
     *
     * @param byShape whether operations of different shapes count apart
     */
    ProfilingBackend(Backend backend, boolean byShape) {
        this.backend = backend;
        this.byShape = byShape;
    }

    /** What was measured since the last {@link #reset}, by operation. */
    Map<String, Total> totals() {
        return totals;
    }

    /** Forgets what was measured. */
    void reset() {
        totals.clear();
    }

    @Override
    public void execute(Op op, Tensor[] inputs, Tensor[] outputs) {
        long start = System.nanoTime();
        backend.execute(op, inputs, outputs);
        backend.synchronize();
        long nanos = System.nanoTime() - start;
        Total total = totals.computeIfAbsent(byShape ? named(op, inputs) : op.opName(), name -> new Total());
        total.runs++;
        total.nanos += nanos;
    }

    private static String named(Op op, Tensor[] inputs) {
        // an optimizer's step has as many operands as the model has parameters
        return op.opName()
                + Arrays.stream(inputs)
                        .limit(3)
                        .map(x -> x.shape() + (x.isContiguous() ? "" : " strided"))
                        .collect(Collectors.joining(" x ", " ", inputs.length > 3 ? " ..." : ""));
    }

    @Override
    public Device device() {
        return backend.device();
    }

    @Override
    public Buffer allocate(long bytes) {
        return backend.allocate(bytes);
    }

    @Override
    public boolean supports(Op.Fused op, Tensor[] inputs) {
        return backend.supports(op, inputs);
    }

    @Override
    public void copyIn(MemorySegment source, Buffer target, long byteOffset) {
        backend.copyIn(source, target, byteOffset);
    }

    @Override
    public void copyOut(Buffer source, long byteOffset, MemorySegment target) {
        backend.copyOut(source, byteOffset, target);
    }

    @Override
    public void synchronize() {
        backend.synchronize();
    }

    @Override
    public BackendInfo describe() {
        return backend.describe();
    }
}
