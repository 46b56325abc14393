package dev.lanewise.examples.train;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.examples.JsonLine;
import dev.lanewise.examples.Output;
import dev.lanewise.nn.Layer;
import dev.lanewise.tensor.Scope;
import java.io.PrintWriter;
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
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lanewise predict MODEL --load FILE INPUT...}. */
@Command(name = "predict", description = "Ask a trained reference model.", sortOptions = false)
public final class PredictCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "MODEL", description = "A model of 'lanewise train'.")
    private String model = "";

    @Option(
            names = "--load",
            paramLabel = "FILE",
            required = true,
            description = "What 'lanewise train --save FILE' wrote; the file FILE.json must be next to it.")
    private Path load = Path.of("");

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "INPUT",
            description = "An image file, a line of text, a CSV row or file, a number, the beginning of a text or a"
                    + " user.")
    private List<String> inputs = List.of();

    @Option(names = "--json", description = "Print one JSON object per answer and nothing else.")
    private boolean json;

    /** Called by the command line. */
    public PredictCommand() {}

    @Override
    public Integer call() {
        ReferenceModel reference = ReferenceModels.find(model)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(),
                        "unknown model '" + model + "' (expected one of " + String.join(", ", ReferenceModels.ids())
                                + ")"));
        Card card = Card.read(load, reference.id());
        Layer network = reference.restored(card, load);
        // All answers first: a bad input among good ones leaves nothing half-written.
        List<Answer> answers = new ArrayList<>();
        for (String input : inputs) {
            answers.addAll(Autograd.noGrad(() -> {
                try (var ignored = Scope.open("prediction")) {
                    return reference.predict(card, network, input);
                }
            }));
        }
        answers.forEach(this::print);
        return 0;
    }

    private void print(Answer answer) {
        PrintWriter out = spec.commandLine().getOut();
        boolean isClass = !Double.isNaN(answer.probability());
        if (json) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("model", model);
            fields.put("input", answer.input());
            fields.put(isClass ? "class" : "output", answer.text());
            if (isClass) {
                fields.put("probability", answer.probability());
            }
            out.println(JsonLine.of(fields));
        } else {
            String probability = isClass ? String.format(Locale.ROOT, " %.4f", answer.probability()) : "";
            // a class is a name on one line; text that a model writes may have several
            String text = isClass ? Output.oneLine(answer.text()) : answer.text();
            out.println(Output.oneLine(answer.input()) + ": " + text + probability);
        }
        out.flush();
    }
}
