package dev.lanewise.testkit.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Source;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;

/** Operands that don't match: the error names the operation, what was found and a remedy. */
final class ErrorChecks {
    private final Device device;

    ErrorChecks(Device device) {
        this.device = device;
    }

    /** A container per operation, in it a test for each kind of mistake that can be made with it. */
    Stream<DynamicNode> all() {
        return OpCatalogue.ops().stream()
                .filter(op -> !(op instanceof Source))
                .map(op -> dynamicContainer(OracleChecks.name(op), tests(op)));
    }

    private List<DynamicTest> tests(Op op) {
        DType dtype = op.dtypes().contains(DType.F32)
                ? DType.F32
                : op.dtypes().iterator().next();
        List<DynamicTest> tests = new ArrayList<>();
        tests.add(dynamicTest(
                "no operands",
                () -> assertThatThrownBy(() -> Tensor.applyAll(op))
                        .isInstanceOf(TensorException.class)
                        .hasMessageContaining("operands")));
        tests.add(dynamicTest("types", () -> mixedTypes(op, dtype)));
        if (!op.dtypes().equals(DType.ALL)) {
            tests.add(dynamicTest("unsupported type", () -> unsupportedType(op, dtype)));
        }
        Misfits.of(op, dtype).ifPresent(specs -> tests.add(dynamicTest("shapes", () -> rejects(op, specs))));
        if (!device.isCpu()) {
            tests.add(dynamicTest("devices", () -> mixedDevices(op, dtype)));
        }
        return tests;
    }

    /** Each operand but the first once with another type. */
    private void mixedTypes(Op op, DType dtype) {
        TensorSpec[] fitting = fitting(op, dtype);
        for (int i = 1; i < fitting.length; i++) {
            TensorSpec[] specs = fitting.clone();
            specs[i] = specs[i].with(specs[i].dtype() == DType.F64 ? DType.F32 : DType.F64);
            rejects(op, specs);
        }
    }

    private void unsupportedType(Op op, DType dtype) {
        for (DType wrong : DType.values()) {
            if (!op.dtypes().contains(wrong)) {
                rejects(
                        op,
                        Arrays.stream(fitting(op, dtype))
                                .map(spec -> spec.dtype() == dtype ? spec.with(wrong) : spec)
                                .toArray(TensorSpec[]::new));
            }
        }
    }

    private void mixedDevices(Op op, DType dtype) {
        try (var ignored = Scope.open(op.opName())) {
            Operands make = new Operands(device, dtype, Layout.CONTIGUOUS, 0);
            Tensor[] operands = Samples.of(op, dtype).getFirst().operands().apply(make);
            if (operands.length > 1) {
                operands[1] = operands[1].to(Device.CPU);
                assertThatThrownBy(() -> Tensor.applyAll(op, operands))
                        .isInstanceOf(TensorException.class)
                        .hasMessageStartingWith(op.opName() + ": operands on different devices")
                        .hasMessageContaining("move one with to(Device)");
            }
        }
    }

    private TensorSpec[] fitting(Op op, DType dtype) {
        try (var ignored = Scope.open(op.opName())) {
            Operands make = new Operands(device, dtype, Layout.CONTIGUOUS, 0);
            return Arrays.stream(Samples.of(op, dtype).getLast().operands().apply(make))
                    .map(Tensor::spec)
                    .toArray(TensorSpec[]::new);
        }
    }

    private static void rejects(Op op, TensorSpec[] specs) {
        String operands = Arrays.stream(specs).map(TensorSpec::toString).collect(Collectors.joining(" x "));
        assertThatThrownBy(() -> op.infer(specs))
                .as("%s of %s", op, operands)
                .isInstanceOf(TensorException.class)
                .satisfies(e -> {
                    String message = String.valueOf(e.getMessage());
                    String named = message.substring(0, Math.max(message.indexOf(':'), 0));
                    // a backward operation may hand its operands to the forward one's check
                    assertThat(named).as("name in: %s", message).isNotEmpty();
                    assertThat(op.opName()).as("name in: %s", message).startsWith(named);
                    assertThat(Arrays.stream(specs).map(spec -> spec.shape().toString()))
                            .as("a shape in: %s", message)
                            .anyMatch(message::contains);
                    assertThat(message).as("a remedy behind a semicolon").matches("(?s).*; \\S.*");
                });
    }
}
