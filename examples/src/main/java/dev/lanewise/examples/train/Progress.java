package dev.lanewise.examples.train;

import dev.lanewise.examples.JsonLine;
import dev.lanewise.examples.Output;
import dev.lanewise.nn.shared.TextBar;
import dev.lanewise.nn.train.Callback;
import dev.lanewise.nn.train.EpochFigures;
import dev.lanewise.nn.train.ProgressBar;
import dev.lanewise.nn.train.Training;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What a person or a program sees of a training run: a bar on a terminal, else plain lines, or JSON lines. */
public final class Progress {
    private final String model;
    private final boolean json;
    private final PrintWriter out;
    private final PrintWriter err;
    private final PrintWriter drawing;
    private final boolean bar;

    public Progress(String model, boolean json, PrintWriter out, PrintWriter err) {
        this.model = model;
        this.json = json;
        this.out = out;
        this.err = err;
        this.drawing = Output.drawing(out);
        this.bar = !json && ProgressBar.isTerminal();
    }

    /** A remark that is not a result. */
    public void notice(String line) {
        err.println(line);
        err.flush();
    }

    public void download(String file, long received, long total) {
        if (bar) {
            drawing.print(String.format(
                    Locale.ROOT,
                    "\r%s %s %.1f of %.1f MB\u001b[K",
                    file,
                    TextBar.of(received, total),
                    received / 1e6,
                    total / 1e6));
            if (received == total) {
                drawing.println();
            }
            drawing.flush();
        }
    }

    /** Reports the progress of a model's training. */
    public Callback[] of(ReferenceModel reference) {
        Callback lines = new Lines(reference);
        return bar
                ? new Callback[] {new RunningAccuracy(), new ProgressBar(drawing, Duration.ofMillis(100)), lines}
                : new Callback[] {lines};
    }

    /** A line after every epoch. */
    private final class Lines implements Callback {
        private final ReferenceModel reference;

        Lines(ReferenceModel reference) {
            this.reference = reference;
        }

        @Override
        public void onEpochEnd(Training training, EpochFigures epoch) {
            Map<String, Double> figures = reference.figures(epoch, training.model());
            if (json) {
                printJson(epoch, figures);
            } else {
                printLine(epoch, training.epochs(), figures);
            }
            out.flush();
        }
    }

    private void printJson(EpochFigures epoch, Map<String, Double> figures) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("model", model);
        fields.put("epoch", epoch.epoch());
        fields.put("train_s", epoch.seconds());
        fields.put("samples_per_s", epoch.samplesPerSecond());
        fields.put("train_loss", epoch.loss());
        fields.putAll(figures);
        out.println(JsonLine.of(fields));
    }

    private void printLine(EpochFigures epoch, int epochs, Map<String, Double> figures) {
        out.println(String.format(
                Locale.ROOT,
                "epoch %d/%d: loss %.4f, %s, %.1f s, %.0f samples/s",
                epoch.epoch(),
                epochs,
                epoch.loss(),
                text(figures),
                epoch.seconds(),
                epoch.samplesPerSecond()));
    }

    /** What was measured, as {@code test accuracy 97.50%, test auc 0.8400}. */
    private static String text(Map<String, Double> figures) {
        return figures.entrySet().stream()
                .map(figure -> figure.getKey().replace('_', ' ') + " "
                        + (figure.getKey().endsWith("accuracy")
                                ? String.format(Locale.ROOT, "%.2f%%", 100 * figure.getValue())
                                : String.format(Locale.ROOT, "%.4f", figure.getValue())))
                .collect(Collectors.joining(", "));
    }

    /** Lines for people after training; a program has read all figures already. */
    public void report(String lines) {
        if (!json) {
            out.print(lines);
            out.flush();
        }
    }
}
