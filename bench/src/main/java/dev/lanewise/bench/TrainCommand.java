package dev.lanewise.bench;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.spi.Backends;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code lanewise bench train}. */
@Command(name = "train", description = "Time whole training steps.")
final class TrainCommand implements Callable<Integer> {
    @Mixin
    private MeasureOptions options;

    TrainCommand() {}

    @Override
    public Integer call() {
        Device device = options.device();
        Timing timing = options.timing(Timing.STEP);
        for (TrainWorkload workload : options.selected(List.of(TrainWorkload.values()), w -> w.id)) {
            double seconds = timing.seconds(workload.prepare(device), Backends.of(device)::synchronize);
            options.print(workload.line(device, seconds));
        }
        return 0;
    }
}
