package dev.lanewise.bench;

import dev.lanewise.nn.io.BadFileException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lanewise bench versus-pytorch}. */
@Command(
        name = "versus-pytorch",
        description = "Run our benchmark and PyTorch's alternately and compare the best of each.",
        sortOptions = false)
final class VersusCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "ops|train", arity = "0..1", description = "What to run. Default: ops.")
    private String what = "ops";

    @Option(names = "--threads", paramLabel = "N", description = "Threads of both. Default: all cores.")
    private @Nullable Integer threads;

    @Option(names = "--device", paramLabel = "DEVICE", description = "cpu or cuda. Default: cpu.")
    private String device = "cpu";

    @Option(names = "--precision", paramLabel = "NAME", description = "fp32, tf32 or bf16, for both.")
    private @Nullable Precision precision;

    @Option(names = "--mode", paramLabel = "NAME", description = "eager or graphs, for both; only for train.")
    private @Nullable Mode mode;

    @Option(names = "--only", paramLabel = "NAMES", description = "Only these; names separated by commas.")
    private @Nullable String only;

    @Option(names = "--turns", paramLabel = "N", description = "How often each runs. Default: 3.")
    private int turns = 3;

    @Option(names = "--rounds", paramLabel = "N", description = "Rounds per measurement.")
    private @Nullable Integer rounds;

    @Option(names = "--budget", paramLabel = "SECONDS", description = "How long a round takes about.")
    private @Nullable Double budget;

    VersusCommand() {}

    @Override
    public Integer call() {
        if (!what.equals("ops") && !what.equals("train")) {
            throw usage("versus-pytorch: unknown '" + what + "' (expected ops or train)");
        }
        if (turns < 1) {
            throw usage("--turns " + turns + " (expected 1 or more)");
        }
        PrintWriter out = spec.commandLine().getOut();
        if (!Child.peerIsThere()) {
            out.println("versus-pytorch: python3 with torch was not found; nothing to compare with");
            return 0;
        }
        List<String> arguments = arguments();
        List<String> ours = new ArrayList<>();
        List<String> peer = new ArrayList<>();
        for (int turn = 0; turn < turns; turn++) {
            spec.commandLine().getErr().println("turn " + (turn + 1) + " of " + turns);
            // the order alternates, so that a machine that becomes slower or faster favours neither
            if (turn % 2 == 0) {
                ours.addAll(ours(arguments));
                peer.addAll(Child.lines(Child.peer(arguments)));
            } else {
                peer.addAll(Child.lines(Child.peer(arguments)));
                ours.addAll(ours(arguments));
            }
        }
        Path folder = folder();
        write(folder.resolve(what + "-ours.jsonl"), ours);
        write(folder.resolve(what + "-peer.jsonl"), peer);
        Comparison comparison =
                Comparison.of(Measurements.parse("our lines", ours), Measurements.parse("the peer's lines", peer));
        CompareCommand.report(comparison, folder.resolve(what), out);
        return 0;
    }

    private static List<String> ours(List<String> arguments) {
        List<String> all = new ArrayList<>(List.of("bench"));
        all.addAll(arguments);
        all.add("--json");
        return Child.lines(Child.java(List.of(), Main.class, all));
    }

    private List<String> arguments() {
        List<String> arguments = new ArrayList<>(List.of(what, "--device", device));
        Child.option(arguments, "--threads", threads);
        Child.option(arguments, "--precision", precision == null ? null : precision.id());
        Child.option(arguments, "--mode", mode == null ? null : mode.id());
        Child.option(arguments, "--only", only);
        Child.option(arguments, "--rounds", rounds);
        Child.option(arguments, "--budget", budget);
        return arguments;
    }

    private static Path folder() {
        Path folder = Path.of(System.getProperty("lanewise.home", ""))
                .resolve("target")
                .resolve("bench");
        try {
            return Files.createDirectories(folder);
        } catch (IOException e) {
            throw BadFileException.unwritable(folder, e);
        }
    }

    private static void write(Path file, List<String> lines) {
        try {
            Files.write(file, lines);
        } catch (IOException e) {
            throw BadFileException.unwritable(file, e);
        }
    }

    private ParameterException usage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
