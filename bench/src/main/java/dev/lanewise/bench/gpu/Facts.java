package dev.lanewise.bench.gpu;

import dev.lanewise.bench.Child;
import dev.lanewise.bench.Main;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** The facts about the machine, collected by other processes so that a crashing driver loses none of the answers. */
final class Facts {
    private static final String VERSIONS = "import torch, json;"
            + " print(json.dumps({'torch': torch.__version__, 'cuda': str(torch.version.cuda),"
            + " 'cudnn': str(torch.backends.cudnn.version())}))";

    private static final String PEER = "pytorch";
    private static final String NO_PEER = "not found";

    private final String device;
    private final Path log;
    private final Deadline deadline;

    /** For {@link #collect}. */
    Facts(String device, Path log, Deadline deadline) {
        this.device = device;
        this.log = log;
        this.deadline = deadline;
    }

    /**
     * The facts; among them {@code unavailable} with the reason if nothing serves the device. All are collected at
     * once.
     *
     * @param peer whether to ask for PyTorch's version
     * @param log the file for the processes' errors
     * @param deadline when facts that are still missing are omitted
     * @param patience when the device counts as unavailable if there is no answer
     */
    static Map<String, Object> collect(String device, boolean peer, Path log, Deadline deadline, Deadline patience) {
        Facts facts = new Facts(device, log, deadline);
        Facts ofDevice = new Facts(device, log, patience);
        CompletableFuture<Map<String, Object>> probe = later(() -> ofDevice.probe(ofDevice.probe()));
        CompletableFuture<List<String>> card = later(() -> facts.lines(List.of(
                "nvidia-smi",
                "--query-gpu=name,driver_version,memory.total,persistence_mode",
                "--format=csv,noheader")));
        CompletableFuture<Object> versions = later(() -> peer ? facts.peer() : NO_PEER);
        CompletableFuture<List<String>> doctor = later(() -> facts.allLines(facts.doctor()));
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("date", now());
        found.put("device", device);
        noted("commit").ifPresent(commit -> found.put("commit", commit));
        noted("kernels.txt").ifPresent(kernels -> found.put("kernels", kernels));
        found.put("java", System.getProperty("java.runtime.version") + ", " + System.getProperty("os.arch"));
        found.putAll(probe.join());
        if (!card.join().isEmpty()) {
            found.put("nvidia_smi", card.join());
        }
        if (peer) {
            found.put(PEER, versions.join());
        }
        found.put("doctor", doctor.join());
        return found;
    }

    private static <T> CompletableFuture<T> later(Supplier<T> question) {
        return CompletableFuture.supplyAsync(
                question, task -> Thread.ofPlatform().start(task));
    }

    /** This moment, to the second. */
    static String now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** The command that tries the device: what is likeliest to crash. */
    List<String> probe() {
        return java(ProbeProcess.class, device);
    }

    /** The command that says what is installed. */
    List<String> doctor() {
        return java(Main.class, "doctor");
    }

    private List<String> java(Class<?> main, String argument) {
        Path results = log.toAbsolutePath().resolveSibling("");
        return Child.java(List.of(GpuRun.errorFile(results)), main, List.of(argument));
    }

    /** What a command says of the device: a complete answer counts however the process ends after it. */
    Map<String, Object> probe(List<String> command) {
        LastLine said = new LastLine();
        LimitedProcess.End end = LimitedProcess.run(command, Map.of(), deadline, log, said);
        if (said.members().isEmpty()) {
            return Map.of(
                    "unavailable", "the process that tried %s %s; see %s".formatted(device, end, log.getFileName()));
        }
        Map<String, Object> found = new LinkedHashMap<>(said.members());
        if (!end.good()) {
            found.put("probe", "the process %s after its answer; see %s".formatted(end, log.getFileName()));
        }
        return found;
    }

    /** The versions of PyTorch, or why there are none. */
    private Object peer() {
        return peer(List.of("python3", "-c", VERSIONS));
    }

    /** What a command says of PyTorch. */
    Object peer(List<String> command) {
        LastLine said = new LastLine();
        LimitedProcess.End end = LimitedProcess.run(command, Map.of(), deadline, log, said);
        if (!end.inTime()) {
            return "no answer in time";
        }
        return end.good() && !said.members().isEmpty() ? said.members() : NO_PEER;
    }

    /** Whether there may be a PyTorch to compare with, as far as the facts say. */
    static boolean mayHavePeer(Map<String, Object> facts) {
        return !NO_PEER.equals(facts.get(PEER));
    }

    /** The lines of a command; none if it fails or is not there. */
    private List<String> lines(List<String> command) {
        List<String> lines = new ArrayList<>();
        LimitedProcess.End end = LimitedProcess.run(command, Map.of(), deadline, log, lines::add);
        return end.good() ? lines : List.of();
    }

    /** The lines of a command, and how it ended if it failed. */
    List<String> allLines(List<String> command) {
        List<String> lines = new ArrayList<>();
        LimitedProcess.End end = LimitedProcess.run(command, Map.of(), deadline, log, lines::add);
        if (!end.good()) {
            lines.add("the process " + end);
        }
        return lines;
    }

    /** What {@code gpu-check.sh} noted in its pack: the state of the sources, the kernels that are compiled. */
    private static Optional<String> noted(String name) {
        Path file = Path.of(System.getProperty("lanewise.home", ""), name);
        try {
            return Files.isRegularFile(file)
                    ? Optional.of(Files.readString(file).strip())
                    : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
