package dev.lanewise.examples.lm;

import dev.lanewise.examples.JsonLine;
import dev.lanewise.examples.Output;
import dev.lanewise.lm.cases.LmCases;
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

/** {@code lanewise lm cases}. */
@Command(
        name = "cases",
        description = {
            "Run stored cases of models, tokenizers and related parts.",
            "Exits with 0 if all supported cases passed, with 1 otherwise."
        })
final class CasesCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DIR", description = "A folder of cases: models, tokenizers, gguf, ...")
    private Path folder;

    @Option(names = "--only", paramLabel = "PART", description = "Run one part: the name of a folder in DIR.")
    private String only = "";

    @Option(names = "--json", description = "Print a JSON object for each check.")
    private boolean json;

    CasesCommand() {}

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        Map<LmCases.Status, Integer> counts = new EnumMap<>(LmCases.Status.class);
        LmCases.run(folder, only, result -> {
            counts.merge(result.status(), 1, Integer::sum);
            print(result, out);
        });
        if (!json) {
            counts.forEach((status, count) -> out.println(name(status) + " " + count));
        }
        out.flush();
        return counts.containsKey(LmCases.Status.FAILED) || counts.containsKey(LmCases.Status.ERROR) ? 1 : 0;
    }

    private static String name(LmCases.Status status) {
        return status.name().toLowerCase(Locale.ROOT);
    }

    private void print(LmCases.Result result, PrintWriter out) {
        if (json) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("id", result.id());
            fields.put("status", name(result.status()));
            fields.put("detail", result.detail());
            out.println(JsonLine.of(fields));
        } else {
            String detail = result.detail().isEmpty() ? "" : "  " + Output.oneLine(result.detail());
            out.println(String.format("%-11s %s%s", name(result.status()), result.id(), detail));
        }
    }
}
