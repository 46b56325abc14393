package dev.lanewise.examples.golden;

import dev.lanewise.examples.JsonLine;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.testkit.golden.GoldenResult;
import dev.lanewise.testkit.golden.GoldenRunner;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code lanewise golden}: compares with PyTorch's results. */
@Command(name = "golden", description = "Check every operation against reference cases computed by PyTorch.")
public final class GoldenCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            description = "Folder with the cases. Default: ${DEFAULT-VALUE}, from the project's folder.")
    private Path dir = Path.of("testkit", "golden", "cases");

    @Option(names = "--device", paramLabel = "DEVICE", description = "cpu or cuda:N. Default: ${DEFAULT-VALUE}.")
    private String device = "cpu";

    @Option(names = "--json", description = "Print one JSON object per case and nothing else.")
    private boolean json;

    /** Called by the command line. */
    public GoldenCommand() {}

    @Override
    public Integer call() {
        Device checked = device();
        Path folder = home(dir);
        if (!Files.isDirectory(folder)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--dir " + dir + ": no such folder (expected one with"
                            + " *.safetensors); give the folder of the cases");
        }
        List<GoldenRunner.Pending> cases = GoldenRunner.of(folder, checked).cases();
        if (cases.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--dir " + dir + ": no cases in it (expected *.safetensors); give the folder of the cases");
        }
        PrintWriter out = spec.commandLine().getOut();
        List<GoldenResult> results = new ArrayList<>();
        for (GoldenRunner.Pending pending : cases) {
            GoldenResult result = pending.check().get();
            results.add(result);
            if (json) {
                out.println(line(result));
                out.flush();
            }
        }
        if (!json) {
            out.println(GoldenResult.table(results));
        }
        boolean passed = results.stream().allMatch(r -> r.status() == GoldenResult.Status.PASSED);
        return passed ? 0 : 1;
    }

    /** The device, checked to be available. */
    private Device device() {
        Device parsed;
        try {
            parsed = Device.parse(device);
        } catch (TensorException unknown) {
            throw new ParameterException(spec.commandLine(), "--device: " + unknown.getMessage(), unknown);
        }
        return parsed.requireAvailable();
    }

    private static String line(GoldenResult result) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("id", result.id());
        fields.put("op", result.op());
        fields.put("status", result.status().name().toLowerCase(Locale.ROOT));
        fields.put("max_error", result.maxError());
        fields.put("message", result.message());
        return JsonLine.of(fields);
    }

    /** A relative default also works from elsewhere: the launcher says where the project is. */
    private static Path home(Path dir) {
        String home = System.getProperty("lanewise.home");
        return Files.isDirectory(dir) || home == null ? dir : Path.of(home).resolve(dir);
    }
}
