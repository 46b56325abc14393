package dev.lanewise.examples.lm;

import dev.lanewise.examples.JsonLine;
import dev.lanewise.lm.GenerationOptions;
import dev.lanewise.lm.TextGenerator;
import dev.lanewise.lm.TextStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lanewise lm generate}. */
@Command(name = "generate", description = "Continue a text, printing it as it is generated.")
final class GenerateCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "MODEL", description = "A model's folder, or a .gguf file.")
    private Path model;

    @Option(names = "--prompt", required = true, description = "The text to continue.")
    private String prompt = "";

    @Option(names = "--json", description = "Print one JSON object instead, with the text and its speed.")
    private boolean json;

    @Mixin
    private AdapterOption adapter;

    @Mixin
    private SamplingOptions sampling;

    GenerateCommand() {}

    @Override
    public Integer call() {
        GenerationOptions options = sampling.options(spec);
        TextGenerator generator = TextGenerator.load(model);
        adapter.apply(generator.model());
        sampling.apply(generator.model());
        PrintWriter out = spec.commandLine().getOut();
        long start = System.nanoTime();
        StringBuilder text = new StringBuilder();
        int count;
        try (TextStream stream = generator.stream(prompt, options)) {
            stream.forEachRemaining(piece -> {
                text.append(piece);
                if (!json) {
                    out.print(piece);
                    out.flush();
                }
            });
            count = stream.count();
        }
        if (json) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("prompt", prompt);
            fields.put("text", text.toString());
            fields.put("tokens", count);
            fields.put("seconds", (System.nanoTime() - start) / 1e9);
            out.println(JsonLine.of(fields));
        } else {
            out.println();
        }
        out.flush();
        return 0;
    }
}
