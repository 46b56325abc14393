package dev.lanewise.nn.train;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Writes a line about training after every epoch, such as {@code epoch 3/10: loss 0.2310, validation_accuracy
 * 0.9710, 3.1 s, 19200 samples/s}, and, if requested, one at intervals during it.
 */
public final class ProgressLog implements Callback {
    private final Consumer<String> sink;
    private final long everyNanos;
    private long last;

    /**
     * A log that gives a line after every epoch.
     *
     * @param sink receives each line
     */
    public ProgressLog(Consumer<String> sink) {
        Objects.requireNonNull(sink, "sink");
        this.sink = sink;
        this.everyNanos = Long.MAX_VALUE;
    }

    /**
     * A line after every epoch, and within an epoch after the first step that ends at least this long after the
     * previous line.
     *
     * @param sink receives each line
     * @param every the interval, above 0
     */
    public ProgressLog(Consumer<String> sink, Duration every) {
        Objects.requireNonNull(sink, "sink");
        this.sink = sink;
        this.everyNanos = every.toNanos();
    }

    @Override
    public void onStart(Training training) {
        last = System.nanoTime();
    }

    @Override
    public void onStep(Training training, StepFigures figures) {
        if (System.nanoTime() - last >= everyNanos) {
            write(String.format(
                    Locale.ROOT,
                    "epoch %d/%d, %d of %d samples: loss %.4f%s",
                    figures.epoch(),
                    training.epochs(),
                    figures.samples(),
                    training.samples(),
                    figures.meanLoss(),
                    text(figures.more())));
        }
    }

    @Override
    public void onEpochEnd(Training training, EpochFigures figures) {
        Map<String, Double> all = figures.asMap();
        all.keySet().removeIf(name -> !name.startsWith(EpochFigures.VALIDATION));
        write(String.format(
                Locale.ROOT,
                "epoch %d/%d: loss %.4f%s, %.1f s, %.0f samples/s",
                figures.epoch(),
                training.epochs(),
                figures.loss(),
                text(all),
                figures.seconds(),
                figures.samplesPerSecond()));
    }

    @Override
    public void onEnd(Training training, TrainingResult result) {
        if (result.end() != TrainingResult.End.COMPLETED) {
            write("ended: " + result.reason());
        }
    }

    private void write(String line) {
        last = System.nanoTime();
        sink.accept(line);
    }

    static String text(Map<String, Double> figures) {
        StringBuilder text = new StringBuilder();
        figures.forEach((name, value) -> text.append(String.format(Locale.ROOT, ", %s %.4f", name, value)));
        return text.toString();
    }
}
