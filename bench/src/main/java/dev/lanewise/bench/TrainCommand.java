package dev.lanewise.bench;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.spi.Backends;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lanewise bench train}. */
@Command(name = "train", description = "Time whole training steps.")
final class TrainCommand implements Callable<Integer> {
    @Mixin
    private MeasureOptions options;

    @Option(
            names = "--mode",
            paramLabel = "NAME",
            description = "eager, or graphs: the step is captured once on a GPU and replayed. Default: eager.")
    private Mode mode = Mode.EAGER;

    TrainCommand() {}

    @Override
    public Integer call() {
        Device device = options.device();
        Timing timing = options.timing(Timing.STEP);
        for (TrainWorkload workload : options.selected(TrainWorkload.in(mode), w -> w.id)) {
            Runnable step = workload.prepare(device, options.precision(), mode);
            double seconds = timing.seconds(step, Backends.of(device)::synchronize);
            options.print(workload.line(device, options.precision(), mode, seconds));
        }
        return 0;
    }
}
