package dev.lanewise.examples.lm;

import dev.lanewise.examples.JsonLine;
import dev.lanewise.lm.GenerationOptions;
import dev.lanewise.lm.TextGenerator;
import dev.lanewise.lm.TextStream;
import dev.lanewise.text.ChatTemplate;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lanewise lm chat}. */
@Command(
        name = "chat",
        description = {
            "Talk to a model: a line of standard input is a message.",
            "An empty line, or the end of input, ends it."
        })
final class ChatCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "MODEL", description = "A model's folder, or a .gguf file.")
    private Path model;

    @Option(
            names = "--system",
            paramLabel = "TEXT",
            description = "The system message, which the model is given first.")
    private @Nullable String system;

    @Option(names = "--json", description = "Print a JSON object for each answer instead, without a prompt.")
    private boolean json;

    @Mixin
    private AdapterOption adapter;

    @Mixin
    private SamplingOptions sampling;

    ChatCommand() {}

    @Override
    public Integer call() throws IOException {
        GenerationOptions options = sampling.options(spec);
        TextGenerator generator = TextGenerator.load(model);
        adapter.apply(generator.model());
        sampling.apply(generator.model());
        PrintWriter out = spec.commandLine().getOut();
        List<Map<String, Object>> messages = new ArrayList<>();
        if (system != null) {
            messages.add(ChatTemplate.message("system", system));
        }
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        show(out, "> ");
        for (String line = in.readLine(); line != null && !line.isBlank(); line = in.readLine()) {
            messages.add(ChatTemplate.message("user", line));
            StringBuilder answer = new StringBuilder();
            try (TextStream stream = generator.chat(messages, options)) {
                stream.forEachRemaining(piece -> {
                    answer.append(piece);
                    show(out, piece);
                });
            }
            messages.add(ChatTemplate.message("assistant", answer.toString()));
            if (json) {
                Map<String, Object> fields = new LinkedHashMap<>();
                fields.put("message", line);
                fields.put("answer", answer.toString());
                out.println(JsonLine.of(fields));
                out.flush();
            }
            show(out, System.lineSeparator() + "> ");
        }
        show(out, System.lineSeparator());
        return 0;
    }

    /** Shows a person what a program does not ask for. */
    private void show(PrintWriter out, String text) {
        if (!json) {
            out.print(text);
            out.flush();
        }
    }
}
