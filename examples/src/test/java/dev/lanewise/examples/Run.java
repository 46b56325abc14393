package dev.lanewise.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What a call of the command line gave: its exit status, and what it printed on the two streams. */
record Run(int code, String out, String err) {
    /** Calls the command line with other tasks besides its own. */
    static Run of(List<?> more, String... args) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream newOut = new ByteArrayOutputStream();
        ByteArrayOutputStream newErr = new ByteArrayOutputStream();
        try {
            System.setOut(new PrintStream(newOut, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(newErr, true, StandardCharsets.UTF_8));
            int code = Main.run(more, args);
            return new Run(code, newOut.toString(StandardCharsets.UTF_8), newErr.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    /** What a call that succeeds prints as its result. */
    static String successful(String... args) {
        Run run = of(List.of(), args);
        assertThat(run.code).as(run.err).isZero();
        return run.out;
    }
}
