package dev.lanewise.bench.gpu;

import dev.lanewise.bench.Child;
import dev.lanewise.cuda.CudaPrecision;
import dev.lanewise.examples.JsonLine;
import dev.lanewise.examples.Main;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A process that trains one model in several settings, one after the other, and prints the lines of its epochs and after
 * each setting its exit code.
 */
final class TrainerProcess {
    /** The member that the last line of a setting has. */
    static final String ENDED = "setting_ended";

    /** The model whose batches have several shapes. */
    private static final String UNEQUAL_BATCHES = "text-classifier";

    private TrainerProcess() {}

    /** Trains: device, model, settings. */
    public static void main(String[] args) {
        Child.endWithParent();
        for (int i = 2; i < args.length; i++) {
            TrainerSetting setting = TrainerSetting.valueOf(args[i]);
            CudaPrecision.allowTf32(setting.precision.equals("tf32"));
            int code = Main.run(List.of(), arguments(args[0], args[1], setting).toArray(String[]::new));
            System.out.println(JsonLine.of(Map.of(ENDED, code)));
            System.out.flush();
        }
    }

    static List<String> arguments(String device, String model, TrainerSetting setting) {
        List<String> arguments = new ArrayList<>(List.of("train", model, "--data", "synthetic", "--limit", "64"));
        // a small rate: what differs by rounding must not grow within these steps
        arguments.addAll(List.of("--batch", "16", "--epochs", "2", "--lr", "0.001", "--json", "--device", device));
        arguments.addAll(List.of("--precision", setting.precision));
        if (setting.graphs) {
            arguments.add("--graphs");
        }
        if (setting.graphs && model.equals(UNEQUAL_BATCHES)) {
            arguments.add("--or-eager");
        }
        return arguments;
    }
}
