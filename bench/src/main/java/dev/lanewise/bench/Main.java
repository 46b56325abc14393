package dev.lanewise.bench;

import java.util.List;

/** The command line {@code lanewise} with its command {@code bench}. */
public final class Main {
    private Main() {}

    /** Runs a command and exits. */
    public static void main(String[] args) {
        System.exit(run(args));
    }

    /** Runs a command and returns its exit code. */
    static int run(String... args) {
        return dev.lanewise.examples.Main.run(List.of(new BenchCommand()), args);
    }
}
