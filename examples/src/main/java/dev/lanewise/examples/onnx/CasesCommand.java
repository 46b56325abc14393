package dev.lanewise.examples.onnx;

import dev.lanewise.examples.JsonLine;
import dev.lanewise.examples.Output;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.onnx.cases.OnnxCases;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lanewise onnx cases}. */
@Command(
        name = "cases",
        description = {
            "Run cases in ONNX's layout, NAME/model.onnx and test_data_set_K/input_I.pb, output_I.pb.",
            "Exits with 0 if all passed, with 1 otherwise."
        })
final class CasesCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "PATH", description = "A folder or zip file of cases.")
    private Path path;

    @Option(names = "--json", description = "Print a JSON object for each case and data set.")
    private boolean json;

    CasesCommand() {}

    @Override
    public Integer call() {
        return run(path, json, spec.commandLine().getOut());
    }

    static int run(Path path, boolean json, PrintWriter out) {
        Map<OnnxCases.Status, Integer> counts = new EnumMap<>(OnnxCases.Status.class);
        OnnxCases.run(path, result -> {
            counts.merge(result.status(), 1, Integer::sum);
            print(result, json, out);
        });
        if (counts.isEmpty()) {
            throw new BadFileException(
                    path, "no case", "NAME/model.onnx and test_data_set_K/output_I.pb", "check the path");
        }
        if (!json) {
            counts.forEach((status, count) -> out.println(name(status) + " " + count));
        }
        out.flush();
        return counts.keySet().stream().allMatch(status -> status == OnnxCases.Status.PASSED) ? 0 : 1;
    }

    private static String name(OnnxCases.Status status) {
        return status.name().toLowerCase(Locale.ROOT);
    }

    private static void print(OnnxCases.Result result, boolean json, PrintWriter out) {
        if (json) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("id", result.id());
            fields.put("set", result.set());
            fields.put("status", name(result.status()));
            fields.put("detail", result.detail());
            out.println(JsonLine.of(fields));
        } else {
            String detail = result.detail().isEmpty() ? "" : "  " + Output.oneLine(result.detail());
            out.println(String.format("%-11s %s [%d]%s", name(result.status()), result.id(), result.set(), detail));
        }
    }
}
