package dev.lanewise.examples.train;

import dev.lanewise.examples.JsonLine;
import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.train.Callback;
import dev.lanewise.nn.train.EpochFigures;
import dev.lanewise.nn.train.StepFigures;
import dev.lanewise.nn.train.Training;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import java.io.Console;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What a person or a program sees of a training run: a bar on a terminal, else plain lines, or JSON lines. */
final class Progress {
    private static final long REDRAW_NANOS = 100_000_000;
    private static final int WIDTH = 24;

    private final String model;
    private final boolean json;
    private final PrintWriter out;
    private final PrintWriter err;
    private final boolean bar;

    Progress(String model, boolean json, PrintWriter out, PrintWriter err) {
        this.model = model;
        this.json = json;
        this.out = out;
        this.err = err;
        this.bar = !json && isTerminal();
    }

    @SuppressWarnings("SystemConsoleNull") // null on JDK 22 to 24 is handled, isTerminal decides since
    private static boolean isTerminal() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    /** A remark that is not a result. */
    void notice(String line) {
        err.println(line);
        err.flush();
    }

    void download(String file, long received, long total) {
        if (bar) {
            draw(String.format(
                    Locale.ROOT, "%s %s %.1f of %.1f MB", file, bar(received, total), received / 1e6, total / 1e6));
            if (received == total) {
                out.println();
            }
        }
    }

    /** What tells of a model's training. */
    Callback of(ReferenceModel reference) {
        return new Told(reference);
    }

    private final class Told implements Callback {
        private final ReferenceModel reference;
        private long before;
        private long places;
        private long right;
        private long started;
        private long drawn;

        Told(ReferenceModel reference) {
            this.reference = reference;
        }

        @Override
        public void onEpochStart(Training training, int epoch) {
            before = -1;
            places = 0;
            right = 0;
            started = System.nanoTime();
            drawn = started;
        }

        /** Counts what was right, where the targets are classes. */
        @Override
        public void onOutput(Training training, Batch batch, Tensor output) {
            if (bar && batch.y().dtype() == DType.I64) {
                right += output.argmax(-1).eq(batch.y()).sum().itemLong();
                places += batch.y().shape().elements();
            }
        }

        @Override
        public void onStep(Training training, StepFigures step) {
            if (before < 0) {
                before = step.samples() - step.size();
            }
            long now = System.nanoTime();
            if (bar && now - drawn >= REDRAW_NANOS) {
                drawn = now;
                double rate = (step.samples() - before) / ((now - started) / 1e9);
                draw(String.format(
                        Locale.ROOT,
                        "epoch %d/%d %s loss %.4f%s, %.0f samples/s, %s left",
                        step.epoch(),
                        training.epochs(),
                        bar(step.samples(), training.samples()),
                        step.meanLoss(),
                        places == 0 ? "" : ", accuracy " + percent((double) right / places),
                        rate,
                        time((training.samples() - step.samples()) / rate)));
            }
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
        String line = String.format(
                Locale.ROOT,
                "epoch %d/%d: loss %.4f, %s, %.1f s, %.0f samples/s",
                epoch.epoch(),
                epochs,
                epoch.loss(),
                text(figures),
                epoch.seconds(),
                epoch.samplesPerSecond());
        if (bar) {
            draw(line);
        } else {
            out.print(line);
        }
        out.println();
    }

    /** What was measured, as {@code test accuracy 97.50%, test auc 0.8400}. */
    private static String text(Map<String, Double> figures) {
        return figures.entrySet().stream()
                .map(figure -> figure.getKey().replace('_', ' ') + " "
                        + (figure.getKey().endsWith("accuracy")
                                ? percent(figure.getValue())
                                : String.format(Locale.ROOT, "%.4f", figure.getValue())))
                .collect(Collectors.joining(", "));
    }

    private static String percent(double part) {
        return String.format(Locale.ROOT, "%.2f%%", 100 * part);
    }

    /** Lines for people after the training; a program has read all figures already. */
    void report(String lines) {
        if (!json) {
            out.print(lines);
            out.flush();
        }
    }

    private void draw(String line) {
        out.print("\r" + line + "\u001b[K");
        out.flush();
    }

    private static String bar(long done, long total) {
        int full = total <= 0 ? WIDTH : (int) (WIDTH * Math.min(done, total) / total);
        return "[" + "=".repeat(full) + " ".repeat(WIDTH - full) + "]";
    }

    private static String time(double seconds) {
        long whole = Math.round(seconds);
        return whole >= 3600
                ? String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
                : String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60);
    }
}
