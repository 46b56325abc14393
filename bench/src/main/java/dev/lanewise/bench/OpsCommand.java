package dev.lanewise.bench;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.Backends;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code lanewise bench ops}. */
@Command(name = "ops", description = "Time operations: microseconds, and 1e9 operations or elements per second.")
final class OpsCommand implements Callable<Integer> {
    @Mixin
    private MeasureOptions options;

    OpsCommand() {}

    @Override
    public Integer call() {
        Device device = options.device();
        Timing timing = options.timing(Timing.OPERATION);
        for (OpWorkload workload : options.selected(OpWorkloads.all(!device.isCpu()), OpWorkload::op)) {
            options.print(workload.line(seconds(workload, device, timing)));
        }
        return 0;
    }

    private double seconds(OpWorkload workload, Device device, Timing timing) {
        Precision precision = options.precision();
        return Autograd.noGrad(() -> precision.run(() -> seconds(workload, device, precision, timing)));
    }

    private static double seconds(OpWorkload workload, Device device, Precision precision, Timing timing) {
        Backend backend = Backends.of(device);
        try (var ignored = Scope.open("operands")) {
            Runnable op = workload.prepare().on(new Operands(device, precision.operands, Rng.global()));
            return timing.seconds(
                    () -> {
                        try (var ignoredToo = Scope.open("operation")) {
                            op.run();
                        }
                    },
                    backend::synchronize);
        }
    }
}
