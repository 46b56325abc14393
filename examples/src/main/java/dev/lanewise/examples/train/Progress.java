package dev.lanewise.examples.train;

import dev.lanewise.examples.JsonLine;
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
    private int epoch;
    private int epochs;
    private long samples;
    private double correct;
    private long seen;
    private long started;
    private long drawn;

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

    void begin(int newEpoch, int newEpochs, long newSamples) {
        epoch = newEpoch;
        epochs = newEpochs;
        samples = newSamples;
        correct = 0;
        seen = 0;
        started = System.nanoTime();
        drawn = started;
    }

    /** After a step: the mean loss so far and the part of the step's samples that was right, NaN for none. */
    void step(long samplesSeen, double loss, double accuracy, long stepSize) {
        correct += accuracy * stepSize;
        seen += stepSize;
        long now = System.nanoTime();
        if (bar && now - drawn >= REDRAW_NANOS) {
            drawn = now;
            double rate = samplesSeen / ((now - started) / 1e9);
            draw(String.format(
                    Locale.ROOT,
                    "epoch %d/%d %s loss %.4f%s, %.0f samples/s, %s left",
                    epoch,
                    epochs,
                    bar(samplesSeen, samples),
                    loss,
                    Double.isNaN(correct) ? "" : ", accuracy " + percent(correct / seen),
                    rate,
                    time((samples - samplesSeen) / rate)));
        }
    }

    /** After an epoch: the training loss, and what was measured on other data. */
    void end(double seconds, double loss, Map<String, Double> figures) {
        double rate = samples / seconds;
        if (json) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("model", model);
            fields.put("epoch", epoch);
            fields.put("train_s", seconds);
            fields.put("samples_per_s", rate);
            fields.put("train_loss", loss);
            fields.putAll(figures);
            out.println(JsonLine.of(fields));
        } else {
            String line = String.format(
                    Locale.ROOT,
                    "epoch %d/%d: loss %.4f, %s, %.1f s, %.0f samples/s",
                    epoch,
                    epochs,
                    loss,
                    text(figures),
                    seconds,
                    rate);
            if (bar) {
                draw(line);
            } else {
                out.print(line);
            }
            out.println();
        }
        out.flush();
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
