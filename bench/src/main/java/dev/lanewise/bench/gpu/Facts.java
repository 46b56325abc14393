package dev.lanewise.bench.gpu;

import dev.lanewise.bench.Child;
import dev.lanewise.bench.Json;
import dev.lanewise.bench.Main;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the machine has: asked of other processes, so that a driver that crashes takes none of the answers along. */
final class Facts {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String VERSIONS = "import torch, json;"
            + " print(json.dumps({'torch': torch.__version__, 'cuda': str(torch.version.cuda),"
            + " 'cudnn': str(torch.backends.cudnn.version())}))";

    private final Path log;

    private Facts(Path log) {
        this.log = log;
    }

    /**
     * The facts; among them {@code unavailable} with the reason if nothing serves the device.
     *
     * @param peer whether to ask for PyTorch's version
     * @param log where the processes' errors go
     */
    static Map<String, Object> collect(String device, boolean peer, Path log) {
        Facts facts = new Facts(log);
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("date", now());
        found.put("device", device);
        commit().ifPresent(commit -> found.put("commit", commit));
        found.put("java", System.getProperty("java.runtime.version") + ", " + System.getProperty("os.arch"));
        found.putAll(facts.probe(device));
        List<String> card = facts.lines(
                List.of("nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"));
        if (!card.isEmpty()) {
            found.put("nvidia_smi", card);
        }
        if (peer && !found.containsKey("unavailable")) {
            List<String> versions = facts.lines(List.of("python3", "-c", VERSIONS));
            found.put("pytorch", versions.isEmpty() ? "not found" : Json.object(versions.getLast()));
        }
        found.put("doctor", facts.lines(Child.java(List.of(), Main.class, List.of("doctor"))));
        return found;
    }

    /** This moment, to the second. */
    static String now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private Map<String, Object> probe(String device) {
        List<String> lines = lines(Child.java(List.of(), ProbeProcess.class, List.of(device)));
        if (lines.isEmpty()) {
            return Map.of("unavailable", "the process that tried " + device + " failed; see " + log.getFileName());
        }
        return Json.object(lines.getLast());
    }

    /** The lines of a command; none if it fails or is not there. */
    private List<String> lines(List<String> command) {
        List<String> lines = new ArrayList<>();
        try {
            LimitedProcess.End end = LimitedProcess.run(command, Map.of(), Deadline.in(PATIENCE), log, lines::add);
            return end.good() ? lines : List.of();
        } catch (UncheckedIOException e) {
            return List.of();
        }
    }

    /** Which state of the sources this is, where {@code gpu-check.sh} noted it. */
    private static Optional<String> commit() {
        Path file = Path.of(System.getProperty("lanewise.home", ""), "commit");
        try {
            return Files.isRegularFile(file)
                    ? Optional.of(Files.readString(file).strip())
                    : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
