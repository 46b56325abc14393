package dev.lanewise.examples.lm;

import dev.lanewise.examples.JsonLine;
import dev.lanewise.examples.Usage;
import dev.lanewise.lm.Encoder;
import dev.lanewise.lm.Models;
import dev.lanewise.lm.PretrainedModel;
import dev.lanewise.lm.TextEncoder;
import dev.lanewise.lm.Tokenizers;
import dev.lanewise.nn.data.text.TextFiles;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lanewise lm classify}. */
@Command(
        name = "classify",
        description = {
            "Print the class of each line of a file, its probability, a tab, and the text.",
            "The model is a classifier, or an encoder with an adapter that the command finetune trained with --classes."
        })
final class ClassifyCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "MODEL", description = MiniLm.OR_FOLDER)
    private Path model;

    @Option(names = "--file", required = true, paramLabel = "FILE", description = "One text per line, in UTF-8.")
    private Path file = Path.of("");

    @Option(
            names = "--classes",
            paramLabel = "N",
            description = "How many classes the adapter's head tells apart, for an encoder without a head.")
    private int classes;

    @Mixin
    private AdapterOption adapter;

    @Option(names = "--json", description = "Print a JSON object for each text, with all probabilities.")
    private boolean json;

    ClassifyCommand() {}

    @Override
    public Integer call() {
        Usage.check(spec, "--classes", classes, classes == 0 || classes > 1, "2 or more, or 0 for the model's own");
        Path folder = MiniLm.folder(model);
        PretrainedModel base = classes > 0 ? Models.classifier(folder, classes, new Rng(0)) : Models.load(folder);
        if (!(base instanceof Encoder encoder)) {
            throw new ParameterException(
                    spec.commandLine(), "expected an encoder with classes, got a model of family " + base.family());
        }
        adapter.apply(base);
        List<String> texts = TextFiles.read(file).lines().toList();
        float[][] scores = new TextEncoder(encoder, Tokenizers.load(folder)).classify(texts);
        PrintWriter out = spec.commandLine().getOut();
        for (int i = 0; i < scores.length; i++) {
            print(texts.get(i), scores[i], out);
        }
        out.flush();
        return 0;
    }

    private void print(String text, float[] scores, PrintWriter out) {
        Tensor row = Tensor.of(scores);
        int best = (int) row.argmax(0).item();
        float[] shares = row.softmax(0).toFloatArray();
        if (json) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("text", text);
            fields.put("class", best);
            fields.put("probabilities", shares);
            out.println(JsonLine.of(fields));
        } else {
            out.println(String.format(Locale.ROOT, "%d  %.3f\t%s", best, shares[best], text));
        }
    }
}
