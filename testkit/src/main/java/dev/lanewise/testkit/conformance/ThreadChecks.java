package dev.lanewise.testkit.conformance;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Update;
import dev.lanewise.tensor.spi.Storage;
import java.lang.foreign.MemorySegment;
import java.util.function.BiPredicate;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;

/** The same bits for any number of threads. */
final class ThreadChecks {
    private final Device device;
    private final BiPredicate<Op, DType> included;
    private final IntConsumer useThreads;

    ThreadChecks(Device device, BiPredicate<Op, DType> included, IntConsumer useThreads) {
        this.device = device;
        this.included = included;
        this.useThreads = useThreads;
    }

    /** A test per operation, on its first type. */
    Stream<DynamicNode> all() {
        return OpCatalogue.ops().stream()
                .filter(op -> included.test(op, dtype(op)))
                .map(op -> dynamicTest(OracleChecks.name(op), () -> sameBits(op)));
    }

    private static DType dtype(Op op) {
        return OracleChecks.dtypes(op).contains(DType.F32)
                ? DType.F32
                : OracleChecks.dtypes(op).iterator().next();
    }

    private void sameBits(Op op) {
        DType dtype = dtype(op);
        try (var ignored = Scope.open(op.opName())) {
            Tensor[] operands = LargeSamples.of(op)
                    .operands()
                    .apply(new Operands(
                            device, dtype, Layout.CONTIGUOUS, op.opName().hashCode()));
            byte[][] one = run(op, operands, 1);
            for (int threads : new int[] {2, 5}) {
                byte[][] several = run(op, operands, threads);
                for (int i = 0; i < one.length; i++) {
                    long difference = MemorySegment.ofArray(one[i]).mismatch(MemorySegment.ofArray(several[i]));
                    if (difference >= 0) {
                        throw new AssertionError(OracleChecks.name(op) + ": result " + i + " with " + threads
                                + " threads differs from that with one from byte " + difference + " of "
                                + one[i].length);
                    }
                }
            }
        }
    }

    private byte[][] run(Op op, Tensor[] operands, int threads) {
        useThreads.accept(threads);
        Tensor[] results;
        if (op instanceof Update update) {
            Tensor[] copies = new Tensor[operands.length];
            for (int i = 0; i < copies.length; i++) {
                copies[i] = operands[i].copy();
            }
            results = OracleChecks.changed(update, copies);
            Storage.update(update, results, copies);
        } else {
            results = OracleChecks.run(op, device, operands);
        }
        byte[][] bytes = new byte[results.length][];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = new byte[Math.toIntExact(results[i].spec().bytes())];
            results[i].copyTo(MemorySegment.ofArray(bytes[i]));
        }
        return bytes;
    }
}
