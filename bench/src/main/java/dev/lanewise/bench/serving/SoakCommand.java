package dev.lanewise.bench.serving;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code lanewise bench soak}. */
@Command(
        name = "soak",
        description = {
            "Put a server under load while its models are exchanged and clients go away: every answer must be right,",
            "no accepted request may be lost, and memory must not grow. Then send five times as many requests as a",
            "model can compute: the others must be answered by 429 within 50 ms."
        },
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:all of that holds", "1:something does not", "2:wrong usage"},
        sortOptions = false)
public final class SoakCommand implements Callable<Integer> {
    private static final double MOST_MILLIS = 50;
    private static final double ALMOST_ALL = 0.999;
    private static final double MILLIS_PER_MINUTE = 60_000;
    /** Thirty years, of which the nanoseconds can still be counted. */
    private static final double LONGEST_MILLIS = 1e12;

    private static final Logger ROOT = Logger.getLogger("");

    @Spec
    private CommandSpec spec;

    @Option(names = "--minutes", paramLabel = "N", description = "How long. Default: 10.")
    private double minutes = 10;

    @Option(names = "--exchange", paramLabel = "SECONDS", description = "How often to exchange versions. Default: 10.")
    private int exchange = 10;

    @Option(names = "--clients", paramLabel = "N", description = "Clients of each kind. Default: 8.")
    private int clients = 8;

    /** Called by the command line. */
    public SoakCommand() {}

    @Override
    public Integer call() throws InterruptedException {
        if (!(minutes > 0) || exchange < 1 || clients < 1) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--minutes " + minutes + ", --exchange " + exchange + ", --clients " + clients
                            + " (expected more than 0)");
        }
        ROOT.setLevel(Level.SEVERE);
        try {
            Path temporary = Files.createTempDirectory("lanewise-soak");
            try {
                boolean held = soak(temporary);
                return overload() && held ? 0 : 1;
            } finally {
                ExchangedModels.delete(temporary);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void say(String line) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(line);
        out.flush();
    }

    private boolean soak(Path temporary) throws IOException, InterruptedException {
        Duration time = Duration.ofMillis((long) Math.min(minutes * MILLIS_PER_MINUTE, LONGEST_MILLIS));
        return new Soak(time, Duration.ofSeconds(exchange), clients, this::say)
                .run(temporary)
                .held();
    }

    private boolean overload() throws InterruptedException {
        Overload.Seen seen = Overload.run((int) Math.ceil(Math.min(minutes * 6, 20)));
        double most = seen.quantile(ALMOST_ALL);
        say(String.format(
                Locale.ROOT,
                "overload: %d computed, %d answered by 429, in %.1f ms (99%%: %.1f, 99.9%%: %.1f, longest: %.1f)",
                seen.computed(),
                seen.refused().length,
                seen.quantile(0.5),
                seen.quantile(0.99),
                most,
                seen.quantile(1)));
        return seen.computed() > 0 && most <= MOST_MILLIS;
    }
}
