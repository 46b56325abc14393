package dev.lanewise.testkit.conformance;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.op.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;

/**
 * The first of the {@linkplain HostileCase hostile cases} of every kind of operation; fuzzing runs as many as time
 * allows.
 */
final class HostileCases {
    private static final long SEED = 1;
    private static final int OPERATIONS = 60;
    private static final int GRADIENTS = 25;

    private final Device device;
    private final BiPredicate<Op, DType> included;
    private final int calls;

    HostileCases(Device device, BiPredicate<Op, DType> included, int calls) {
        this.device = device;
        this.included = included;
        this.calls = calls;
    }

    /** For each kind of operation, a test of results and one of gradients; and one of the methods of tensors. */
    Stream<DynamicNode> all() {
        return Stream.concat(
                HostileCase.kinds().stream()
                        .filter(ops -> ops.stream().anyMatch(this::isIncluded))
                        .flatMap(this::ofKind),
                Stream.of(dynamicTest("methods", () -> run(HostileCase.Mode.CALL, calls, List.of()))));
    }

    private boolean isIncluded(Op op) {
        return OracleChecks.dtypes(op).stream().allMatch(dtype -> included.test(op, dtype));
    }

    private Stream<DynamicNode> ofKind(List<Op> ops) {
        String name = OpCatalogue.typeOf(ops.getFirst()).getSimpleName();
        List<Op> templates = ops.stream().filter(this::isIncluded).toList();
        DynamicNode results =
                dynamicTest(name + " results", () -> run(HostileCase.Mode.OPERATION, OPERATIONS, templates));
        return templates.stream().noneMatch(GradientChecks::isDifferentiable)
                ? Stream.of(results)
                : Stream.of(
                        results,
                        dynamicTest(name + " gradients", () -> run(HostileCase.Mode.GRADIENT, GRADIENTS, templates)));
    }

    private void run(HostileCase.Mode mode, int count, List<Op> templates) {
        List<String> faults = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            new HostileCase(device, SEED, number, mode, templates)
                    .run(text -> {})
                    .ifPresent(fault -> faults.add(fault.text()));
        }
        if (!faults.isEmpty()) {
            throw new AssertionError(faults.size() + " of " + count + " cases: " + String.join("; ", faults));
        }
    }
}
