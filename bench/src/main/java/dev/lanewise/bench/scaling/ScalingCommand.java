package dev.lanewise.bench.scaling;

import dev.lanewise.bench.Child;
import dev.lanewise.bench.Json;
import dev.lanewise.examples.JsonLine;
import dev.lanewise.tensor.TensorException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code lanewise bench scaling}. */
@Command(
        name = "scaling",
        description = {
            "Train in one process of one thread, in several that exchange nothing, and in several together: what several",
            "reach without exchanging anything is the most that this machine lets them reach together."
        },
        sortOptions = false)
public final class ScalingCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--only",
            paramLabel = "NAME",
            split = ",",
            description = "The models, of ${COMPLETION-CANDIDATES}. Default: all.")
    private List<ScaledModel> models = List.of(ScaledModel.values());

    @Option(names = "--ranks", paramLabel = "N", description = "How many processes. Default: 2.")
    private int ranks = 2;

    @Option(
            names = "--engine",
            paramLabel = "NAME",
            split = ",",
            description = "What connects them, of ${COMPLETION-CANDIDATES}. Default: RING.")
    private List<Engine> engines = List.of(Engine.RING);

    @Option(
            names = "--batch",
            paramLabel = "N",
            split = ",",
            description = "Samples per step of each process. Default: that of one process, and its part.")
    private List<Integer> batches = List.of();

    @Option(names = "--warm-up", paramLabel = "S", description = "Seconds before it is measured. Default: 20.")
    private double warmUp = 20;

    @Option(names = "--seconds", paramLabel = "S", description = "How long to measure each. Default: 10.")
    private double seconds = 10;

    @Option(names = "--json", description = "Print one JSON object per line.")
    private boolean json;

    /** Called by the command line. */
    public ScalingCommand() {}

    /** What connects processes. */
    private enum Engine {
        RING,
        MPI
    }

    @Override
    public Integer call() {
        if (ranks < 2 || !(warmUp >= 0) || !(seconds > 0) || batches.stream().anyMatch(batch -> batch < 1)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--ranks " + ranks + ", --warm-up " + warmUp + ", --seconds " + seconds + ", --batch " + batches
                            + " (expected 2 or more ranks, and times and batches above 0)");
        }
        for (ScaledModel model : models) {
            measure(model);
        }
        return 0;
    }

    private void measure(ScaledModel model) {
        double one = sum(model, alone(model, model.batch, 1));
        print(model, "one process", model.batch, one, one, Map.of());
        List<Integer> parts = batches.isEmpty() ? List.of(model.batch, Math.max(1, model.batch / ranks)) : batches;
        for (int batch : parts) {
            if (batch != model.batch) {
                print(model, "one process", batch, sum(model, alone(model, batch, 1)), one, Map.of());
            }
            print(
                    model,
                    ranks + " that exchange nothing",
                    batch,
                    sum(model, alone(model, batch, ranks)),
                    one,
                    Map.of());
            for (Engine engine : engines) {
                Map<String, Object> seen = results(model, engine == Engine.MPI ? mpi(model, batch) : ring(model, batch))
                        .getFirst();
                print(model, ranks + " by " + engine.name().toLowerCase(Locale.ROOT), batch, rate(seen), one, seen);
            }
        }
    }

    // ---- processes

    private List<String> rank(ScaledModel model, int batch, String... connection) {
        List<String> arguments = new ArrayList<>(
                List.of(model.name(), Integer.toString(batch), Double.toString(warmUp), Double.toString(seconds)));
        arguments.addAll(List.of(connection));
        return Child.java(List.of("-Dlanewise.threads=1"), ScalingRank.class, arguments);
    }

    private List<List<String>> alone(ScaledModel model, int batch, int processes) {
        List<List<String>> commands = new ArrayList<>();
        for (int i = 0; i < processes; i++) {
            commands.add(rank(model, batch, "alone"));
        }
        return commands;
    }

    private List<List<String>> ring(ScaledModel model, int batch) {
        String port = Integer.toString(freePort());
        List<List<String>> commands = new ArrayList<>();
        for (int i = 0; i < ranks; i++) {
            commands.add(rank(model, ranks * batch, "ring", Integer.toString(i), Integer.toString(ranks), port));
        }
        return commands;
    }

    private List<List<String>> mpi(ScaledModel model, int batch) {
        List<String> command = new ArrayList<>(List.of("mpirun", "-np", Integer.toString(ranks)));
        command.addAll(rank(model, ranks * batch, "mpi"));
        return List.of(command);
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs processes side by side; what each has printed, if it did. */
    private static List<Map<String, Object>> results(ScaledModel model, List<List<String>> commands) {
        List<Process> processes = new ArrayList<>();
        String secret = UUID.randomUUID().toString();
        try {
            for (List<String> command : commands) {
                ProcessBuilder builder = new ProcessBuilder(command).redirectError(Redirect.INHERIT);
                builder.environment().put(ScalingRank.SECRET, secret);
                processes.add(builder.start());
            }
            List<Map<String, Object>> results = new ArrayList<>();
            for (Process process : processes) {
                try (BufferedReader reader = process.inputReader()) {
                    reader.lines()
                            .filter(line -> line.startsWith("{"))
                            .map(Json::object)
                            .forEach(results::add);
                }
                check(model, process.waitFor());
            }
            return results;
        } catch (IOException e) {
            throw new UncheckedIOException("bench scaling: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TensorException("bench scaling: interrupted", e);
        } finally {
            processes.forEach(Process::destroyForcibly);
        }
    }

    private static void check(ScaledModel model, int code) {
        if (code != 0) {
            throw new TensorException("bench scaling: a process that trains " + model + " ended with " + code
                    + " (expected 0); see above");
        }
    }

    private static double sum(ScaledModel model, List<List<String>> commands) {
        return results(model, commands).stream()
                .mapToDouble(ScalingCommand::rate)
                .sum();
    }

    private static double rate(Map<String, Object> seen) {
        return ((Number) seen.getOrDefault("samples_per_s", Double.NaN)).doubleValue();
    }

    // ---- the report

    private void print(
            ScaledModel model, String processes, int batch, double rate, double one, Map<String, Object> more) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("model", model.id);
            line.put("processes", processes);
            line.put("batch_of_each", batch);
            line.put("ratio", rate / one);
            line.putAll(more);
            line.put("samples_per_s", rate);
            out.println(JsonLine.of(line));
        } else {
            out.println(String.format(
                    Locale.ROOT,
                    "%-15s %-24s batch of each %4d: %8.1f samples per second, %.2f of one process%s",
                    model.id,
                    processes,
                    batch,
                    rate,
                    rate / one,
                    shares(more)));
        }
        out.flush();
    }

    private static String shares(Map<String, Object> more) {
        Object waited = more.get("waited_share");
        return waited instanceof Double share
                ? String.format(Locale.ROOT, ", %.0f%% of the time waiting for others", 100 * share)
                : "";
    }
}
