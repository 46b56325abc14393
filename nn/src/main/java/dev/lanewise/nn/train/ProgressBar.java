package dev.lanewise.nn.train;

import dev.lanewise.nn.shared.TextBar;
import java.io.Console;
import java.io.PrintWriter;
import java.io.Writer;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;

/**
 * Draws the progress of an epoch in one line of a terminal:
 * {@code epoch 3/10 [=========               ] loss 0.2310, 19200 samples/s, 0:02 left}, with what other callbacks
 * {@linkplain Training#measured measured}. The line is erased when the epoch ends, so that a {@link ProgressLog} that
 * is added after the bar keeps its lines intact.
 */
public final class ProgressBar implements Callback {
    private static final String ERASE = "\r\u001b[K";

    private final PrintWriter out;
    private final long everyNanos;
    private long before;
    private long started;
    private long drawn;

    /** Draws on standard output ten times per second if it is a terminal; otherwise draws nothing. */
    public ProgressBar() {
        this(
                isTerminal()
                        ? new PrintWriter(System.out, true, System.out.charset())
                        : new PrintWriter(Writer.nullWriter()),
                Duration.ofMillis(100));
    }

    /**
     * A bar that draws on a given writer.
     *
     * @param out a terminal that understands ANSI escape sequences
     * @param every the minimum time between two drawings
     */
    public ProgressBar(PrintWriter out, Duration every) {
        Objects.requireNonNull(out, "out");
        this.out = out;
        this.everyNanos = every.toNanos();
    }

    /** {@return whether standard output is a terminal} */
    @SuppressWarnings("SystemConsoleNull") // null, on JDK 22 to 24, is handled; since then isTerminal decides
    public static boolean isTerminal() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    @Override
    public void onEpochStart(Training training, int epoch) {
        before = -1;
        started = System.nanoTime();
        drawn = started;
    }

    @Override
    public void onStep(Training training, StepFigures step) {
        if (before < 0) {
            before = step.samples() - step.size();
        }
        long now = System.nanoTime();
        if (now - drawn >= everyNanos) {
            drawn = now;
            double rate = (step.samples() - before) / ((now - started) / 1e9);
            out.print(ERASE
                    + String.format(
                            Locale.ROOT,
                            "epoch %d/%d %s loss %.4f%s, %.0f samples/s, %s left",
                            step.epoch(),
                            training.epochs(),
                            TextBar.of(step.samples(), training.samples()),
                            step.meanLoss(),
                            ProgressLog.text(step.more()),
                            rate,
                            time((training.samples() - step.samples()) / rate)));
            out.flush();
        }
    }

    @Override
    public void onEpochEnd(Training training, EpochFigures figures) {
        erase();
    }

    @Override
    public void onEnd(Training training, TrainingResult result) {
        erase();
    }

    private void erase() {
        out.print(ERASE);
        out.flush();
    }

    private static String time(double seconds) {
        long whole = Math.round(seconds);
        return whole >= 3600
                ? String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
                : String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60);
    }
}
