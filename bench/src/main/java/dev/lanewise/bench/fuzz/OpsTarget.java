package dev.lanewise.bench.fuzz;

import dev.lanewise.tensor.Device;
import dev.lanewise.testkit.conformance.HostileCase;
import java.util.Optional;
import java.util.function.Consumer;

/** Random operations of the catalogue, their gradients, and methods of tensors, compared with the scalar oracle. */
final class OpsTarget implements FuzzTarget {
    @Override
    public Optional<Fault> run(long seed, long number, Consumer<String> begins) {
        return new HostileCase(Device.CPU, seed, number)
                .run(begins::accept)
                .map(fault -> new Fault(kind(fault.kind()), fault.text()));
    }

    private static String kind(HostileCase.Kind kind) {
        return switch (kind) {
            case EXCEPTION -> "undocumented exception";
            case WRONG -> "wrong result";
        };
    }
}
