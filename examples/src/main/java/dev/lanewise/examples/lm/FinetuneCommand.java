package dev.lanewise.examples.lm;

import dev.lanewise.examples.JsonLine;
import dev.lanewise.examples.Usage;
import dev.lanewise.examples.train.Progress;
import dev.lanewise.lm.Encoder;
import dev.lanewise.lm.FineTuning;
import dev.lanewise.lm.Models;
import dev.lanewise.lm.PretrainedModel;
import dev.lanewise.lm.TextEncoder;
import dev.lanewise.lm.Tokenizers;
import dev.lanewise.lm.adapter.Lora;
import dev.lanewise.lm.adapter.LoraConfig;
import dev.lanewise.tensor.Rng;
import dev.lanewise.text.Tokenizer;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lanewise lm finetune}. */
@Command(
        name = "finetune",
        description = {
            "Train a low-rank adapter on texts, and write it in peft's format.",
            "Each line of the data is a text; for a classifier, its class, a tab, and the text.",
            "Without data, classes of film reviews are trained (rt-polarity), from LANEWISE_DATA, the cache or the web."
        })
final class FinetuneCommand implements Callable<Integer> {
    /** What follows the encoder in classifiers, which is new unless the folder has a pooler: it is trained and saved in full. */
    private static final Map<String, String[]> HEADS = Map.of(
            "bert", new String[] {"pooler", "classifier"},
            "roberta", new String[] {"classifier.dense", "classifier.out_proj"},
            "distilbert", new String[] {"pre_classifier", "classifier"});

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "MODEL", description = "A model's folder, or minilm as for the command embed.")
    private Path model;

    @Option(
            names = "--data",
            defaultValue = TrainingTexts.REVIEWS,
            paramLabel = "FILE",
            description = "The texts, in UTF-8; default: rt-polarity.")
    private Path data = Path.of("");

    @Option(names = "--output", required = true, paramLabel = "DIR", description = "Where the adapter is written.")
    private Path output = Path.of("");

    @Option(
            names = "--lora",
            split = ",",
            paramLabel = "KEY=VALUE",
            description = {
                "r (8), alpha (16), dropout (0), kind (lora, rslora, dora, adalora, ia3), bias (none, adapted, all),",
                "target (by family; + between names, or all-linear). Of adalora, r is the mean rank that is left;",
                "ia3 has only kind and target."
            })
    private Map<String, String> lora = new LinkedHashMap<>();

    @Option(names = "--epochs", defaultValue = "3", description = "How often each text is seen.")
    private int epochs;

    @Option(names = "--batch", defaultValue = "8", description = "Texts per step.")
    private int batch;

    @Option(names = "--rate", defaultValue = "5e-4", description = "The learning rate.")
    private double rate;

    @Option(names = "--length", defaultValue = "256", description = "How many tokens of a text are read at most.")
    private int length;

    @Option(names = "--seed", defaultValue = "0", description = "The seed of the order of texts.")
    private long seed;

    @Option(
            names = "--classes",
            paramLabel = "N",
            description = "Put a new head for so many classes on an encoder; it is trained and saved with the adapter.")
    private int classes;

    @Option(
            names = "--test",
            paramLabel = "FILE",
            description = "Like the data: print the share of right classes at the end; rt-polarity is split for it.")
    private @Nullable Path test;

    @Option(names = "--json", description = "Print a JSON object for each step.")
    private boolean json;

    FinetuneCommand() {}

    @Override
    public Integer call() {
        Usage.check(spec, "--classes", classes, classes == 0 || classes > 1, "2 or more, or 0 for the model's own");
        FineTuning.Options options =
                Usage.settings(spec, () -> new FineTuning.Options(epochs, batch, rate, length, seed));
        Usage.settings(spec, () -> new AdapterSettings(spec, lora).config("", 1));
        Progress remarks = Remarks.of(spec);
        TrainingTexts texts = TrainingTexts.of(data, test, remarks::download);
        int labels = classes == 0 ? texts.classes() : classes;
        Path folder = MiniLm.folder(model);
        Rng random = new Rng(seed);
        PretrainedModel base = labels > 0 ? Models.classifier(folder, labels, random) : Models.load(folder);
        long steps = (long) epochs * Math.ceilDiv(texts.training().size(), batch);
        LoraConfig config = new AdapterSettings(spec, lora).config(base.family(), steps);
        Tokenizer tokenizer = Tokenizers.load(folder);
        String[] head = labels > 0 ? HEADS.get(base.family()) : null;
        Lora adapter = Lora.apply(base, head == null ? config : config.withModulesToSave(head), random);
        PrintWriter out = spec.commandLine().getOut();
        long start = System.nanoTime();
        FineTuning.run(base, tokenizer, adapter, texts.training(), options, step -> print(step, out));
        double seconds = (System.nanoTime() - start) / 1e9;
        adapter.save(output);
        List<FineTuning.Sample> asked = texts.test();
        if (!asked.isEmpty()) {
            double share = right(new TextEncoder(as(base), tokenizer), asked);
            out.println(
                    json
                            ? JsonLine.of(Map.of("accuracy", share, "texts", asked.size()))
                            : String.format(Locale.ROOT, "accuracy %.4f on %d texts", share, asked.size()));
        }
        out.println(
                json
                        ? JsonLine.of(Map.of(
                                "adapter", output.toString(), "numbers", adapter.parameterCount(), "seconds", seconds))
                        : String.format(
                                Locale.ROOT,
                                "%d numbers in %s, trained in %.1f s",
                                adapter.parameterCount(),
                                output,
                                seconds));
        out.flush();
        return 0;
    }

    private Encoder as(PretrainedModel base) {
        if (base instanceof Encoder encoder) {
            return encoder;
        }
        throw new ParameterException(
                spec.commandLine(), "--test: expected an encoder with classes, got a model of family " + base.family());
    }

    private static double right(TextEncoder encoder, List<FineTuning.Sample> samples) {
        float[][] scores =
                encoder.classify(samples.stream().map(FineTuning.Sample::text).toList());
        int right = 0;
        for (int i = 0; i < scores.length; i++) {
            int best = 0;
            for (int c = 1; c < scores[i].length; c++) {
                best = scores[i][c] > scores[i][best] ? c : best;
            }
            right += best == samples.get(i).label() ? 1 : 0;
        }
        return samples.isEmpty() ? 0 : (double) right / samples.size();
    }

    private void print(FineTuning.Step step, PrintWriter out) {
        if (json) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("epoch", step.epoch());
            fields.put("step", step.step());
            fields.put("steps", step.steps());
            fields.put("loss", step.loss());
            out.println(JsonLine.of(fields));
        } else {
            out.println(
                    String.format(Locale.ROOT, "step %d of %d  loss %.4f", step.step() + 1, step.steps(), step.loss()));
        }
        out.flush();
    }
}
