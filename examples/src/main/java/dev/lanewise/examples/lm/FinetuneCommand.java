package dev.lanewise.examples.lm;

import dev.lanewise.examples.JsonLine;
import dev.lanewise.lm.FineTuning;
import dev.lanewise.lm.Models;
import dev.lanewise.lm.PretrainedModel;
import dev.lanewise.lm.Tokenizers;
import dev.lanewise.lm.adapter.Lora;
import dev.lanewise.lm.adapter.LoraConfig;
import dev.lanewise.nn.data.text.TextFiles;
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

/** {@code lanewise lm finetune}. */
@Command(
        name = "finetune",
        description = {
            "Train a low-rank adapter on texts, and write it in peft's format.",
            "Each line of the data is a text; for a classifier, its class, a tab, and the text."
        })
final class FinetuneCommand implements Callable<Integer> {
    private static final Map<String, String[]> TARGETS = Map.of(
            "gpt2", new String[] {"c_attn"},
            "bert", new String[] {"query", "value"},
            "roberta", new String[] {"query", "value"},
            "distilbert", new String[] {"q_lin", "v_lin"});

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "MODEL", description = "A model's folder.")
    private Path model;

    @Option(names = "--data", required = true, paramLabel = "FILE", description = "The texts, in UTF-8.")
    private Path data = Path.of("");

    @Option(names = "--output", required = true, paramLabel = "DIR", description = "Where the adapter is written.")
    private Path output = Path.of("");

    @Option(
            names = "--lora",
            split = ",",
            paramLabel = "KEY=VALUE",
            description = "r (8), alpha (16), target (by family; + between names), kind (lora, rslora, dora).")
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

    @Option(names = "--json", description = "Print a JSON object for each step.")
    private boolean json;

    FinetuneCommand() {}

    @Override
    public Integer call() {
        PretrainedModel base = Models.load(model);
        Lora adapter = Lora.apply(base, config(base.family()));
        PrintWriter out = spec.commandLine().getOut();
        FineTuning.run(
                base,
                Tokenizers.load(model),
                adapter,
                samples(),
                new FineTuning.Options(epochs, batch, rate, length, seed),
                step -> print(step, out));
        adapter.save(output);
        if (!json) {
            out.println(adapter.parameterCount() + " numbers in " + output);
        }
        out.flush();
        return 0;
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
            out.println(String.format("step %d of %d  loss %.4f", step.step() + 1, step.steps(), step.loss()));
        }
        out.flush();
    }

    private LoraConfig config(String family) {
        int rank = 8;
        double alpha = 16;
        LoraConfig.Kind kind = LoraConfig.Kind.LORA;
        String[] targets = TARGETS.getOrDefault(family, new String[] {"q_proj", "v_proj"});
        for (Map.Entry<String, String> option : lora.entrySet()) {
            String value = option.getValue();
            try {
                switch (option.getKey()) {
                    case "r" -> rank = Integer.parseInt(value);
                    case "alpha" -> alpha = Double.parseDouble(value);
                    case "target" -> targets = value.split("\\+");
                    case "kind" -> kind = LoraConfig.Kind.valueOf(value.toUpperCase(Locale.ROOT));
                    default -> throw new IllegalArgumentException("unknown");
                }
            } catch (IllegalArgumentException e) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--lora " + option.getKey() + "=" + value
                                + ": expected r, alpha, target or kind with its value",
                        e);
            }
        }
        return LoraConfig.lora(rank, alpha, targets).withKind(kind);
    }

    private List<FineTuning.Sample> samples() {
        List<FineTuning.Sample> all = new ArrayList<>();
        for (String line : TextFiles.read(data).lines().toList()) {
            if (!line.isBlank()) {
                all.add(sample(line));
            }
        }
        return all;
    }

    private static FineTuning.Sample sample(String line) {
        int tab = line.indexOf('\t');
        String first = tab < 0 ? "" : line.substring(0, tab);
        return first.matches("\\d{1,6}")
                ? new FineTuning.Sample(line.substring(tab + 1), Integer.parseInt(first))
                : new FineTuning.Sample(line, 0);
    }
}
