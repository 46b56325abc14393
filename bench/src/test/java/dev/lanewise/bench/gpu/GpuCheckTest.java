package dev.lanewise.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.lanewise.bench.Child;
import dev.lanewise.bench.Json;
import dev.lanewise.bench.Main;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.spi.BackendProvider;
import dev.lanewise.tensor.spi.Backends;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine;

final class GpuCheckTest {
    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();

    private String home;

    /** Where the peer's script and the reference cases are. */
    @BeforeEach
    void findProject() {
        home = System.setProperty(
                "lanewise.home", Path.of("..").toAbsolutePath().normalize().toString());
    }

    @AfterEach
    void forgetProject() {
        if (home == null) {
            System.clearProperty("lanewise.home");
        } else {
            System.setProperty("lanewise.home", home);
        }
    }

    private int check(String... arguments) {
        List<String> all = new ArrayList<>(List.of("--results", folder.toString(), "--quick"));
        all.addAll(List.of(arguments));
        return new CommandLine(new GpuCheckCommand())
                .setOut(new PrintWriter(out))
                .execute(all.toArray(String[]::new));
    }

    private Map<String, Object> report() throws IOException {
        return Json.object(Files.readString(folder.resolve("gpu-check.json")));
    }

    @Test
    void withoutAGpuNothingIsRunAndTheReportSaysWhy() throws IOException {
        assumeThat(Backends.providers())
                .filteredOn(provider -> provider.kind() == Device.Kind.CUDA)
                .noneMatch(provider -> provider.availability() instanceof BackendProvider.Availability.Available);
        assertThat(check("threads", "--device", "cuda:0")).isEqualTo(1);
        assertThat(out.toString()).contains("no CUDA: nothing can be run on cuda:0", "panama-cuda", "gpu-check.md");
        assertThat((List<?>) report().get("steps"))
                .hasSize(GpuStep.values().length)
                .allSatisfy(step -> assertThat(((Map<?, ?>) step).get("status")).isEqualTo("not run"));
        assertThat(folder.resolve("gpu-check.md")).content().contains("| golden | the reference cases | not run |");
    }

    @Test
    void aStepRunsInItsProcessesAndStaysInTheReport() throws IOException {
        assertThat(check("threads", "--device", "cpu")).as(out.toString()).isZero();
        assertThat(out.toString()).contains("[1/1] threads: ", "passed in ", "weights differ by 0.0 at most");
        assertThat(folder.resolve("gpu-check.md"))
                .content()
                .contains("| threads | two threads give what one after the other gives | passed |", "## doctor");
        assertThat(folder.resolve("threads.json")).content().contains("\"in_two_threads\":0.0");
        assertThat(entries(folder.resolve("gpu-check.zip")))
                .contains("threads.json", "threads.log", "facts.json", "gpu-check.json", "gpu-check.md");
    }

    private static List<String> entries(Path archive) throws IOException {
        try (ZipFile zip = new ZipFile(archive.toFile())) {
            return zip.stream().map(ZipEntry::getName).toList();
        }
    }

    /** Asked to end, or killed: the machine's own limit gives no time to write or to end anything. */
    @Test
    void aRunThatIsCutOffLeavesWhatItHadInTheArchiveOfTheCallersChoice() throws Exception {
        CutOff asked = new CutOff(folder.resolve("asked"));
        CutOff killed = new CutOff(folder.resolve("killed"));
        FileTime last = asked.end(Process::destroy);
        assertThat(Files.getLastModifiedTime(asked.archive))
                .as("written once more at the end")
                .isGreaterThan(last);
        killed.end(Process::destroyForcibly);
    }

    /** A run that will not come to its end. */
    private static final class CutOff {
        final Path results;
        final Path archive;
        final Process process;

        CutOff(Path results) throws IOException {
            this.results = results;
            archive = results.resolve("out").resolve("results.zip");
            List<String> command = Child.java(
                    List.of(
                            "-XX:TieredStopAtLevel=1",
                            "-Dlanewise.home=" + Path.of("").toAbsolutePath().getParent()),
                    Main.class,
                    List.of("bench", "gpu-check", "golden", "--device", "cpu"));
            command.addAll(List.of("--results", results.toString(), "--archive", archive.toString()));
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        }

        /** Ends it; returns when the archive had been written last. */
        FileTime end(Consumer<Process> end) throws Exception {
            List<ProcessHandle> started;
            FileTime last;
            try (BufferedReader lines = process.inputReader()) {
                List<String> said = new ArrayList<>();
                assertThat(lines.lines().peek(said::add).anyMatch(line -> line.contains("] golden: ")))
                        .as("%s", said)
                        .isTrue();
                awaitArchived(archive, "golden.json");
                started = process.descendants().toList();
                last = Files.getLastModifiedTime(archive);
                end.accept(process);
                assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
            }
            assertThat(entries(archive)).contains("golden.json", "facts.json", "gpu-check.md");
            assertThat(results.resolve("golden.json")).content().contains("\"status\":\"stopped\"", "so far: ");
            assertThat(started).isNotEmpty();
            for (ProcessHandle child : started) {
                child.onExit().get(1, TimeUnit.MINUTES);
            }
            return last;
        }
    }

    private static void awaitArchived(Path archive, String entry) throws Exception {
        for (int i = 0; i < 1_800; i++) {
            if (Files.exists(archive) && entries(archive).contains(entry)) {
                return;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("no " + entry + " in " + archive + " after 3 minutes");
    }

    @Test
    void profilesFitTheirTimeAndBeginWithShortSteps() {
        assertThat(Schedule.PROFILES.values())
                .allSatisfy(profile -> assertThat(profile.steps())
                        .anySatisfy(step -> assertThat(step.seconds())
                                .isGreaterThan(profile.steps().getFirst().seconds())));
        for (Schedule profile : List.of(Schedule.FIRST, Schedule.SECOND)) {
            assertThat(profile.steps()).isSortedAccordingTo(Comparator.comparingInt(Schedule.Planned::seconds));
            assertThat(profile.facts()
                            + profile.steps().stream()
                                    .mapToInt(Schedule.Planned::seconds)
                                    .sum())
                    .isLessThanOrEqualTo(profile.total());
        }
        assertThat(Schedule.FIRST.total())
                .as("with ten seconds to start and to end")
                .isEqualTo(230);
        assertThat(Schedule.SECOND.total()).isEqualTo(385);
        assertThat(Schedule.of(List.of())).isEqualTo(Schedule.FIRST);
        assertThat(Schedule.of(List.of("golden=7", "threads")).steps())
                .containsExactly(
                        new Schedule.Planned(GpuStep.GOLDEN, 7),
                        new Schedule.Planned(GpuStep.THREADS, GpuStep.THREADS.seconds));
        Schedule limited = Schedule.of(List.of("first")).within(30, 100);
        assertThat(limited.total()).isEqualTo(100);
        assertThat(limited.steps())
                .isNotEmpty()
                .allSatisfy(step -> assertThat(step.seconds()).isLessThanOrEqualTo(30));
    }

    /** A step whose process is ended at once hands over what says what there is, as for the end of the whole run. */
    @ParameterizedTest
    @EnumSource(
            value = GpuStep.class,
            names = {"LEAK", "THREADS", "ATTENTION", "CAPTURED", "GOLDEN", "TRAIN_FP32"})
    void everyStepSaysWhatItHasSoFar(GpuStep step) {
        List<Supplier<StepResult>> soFar = new ArrayList<>();
        Deadline deadline = Deadline.in(Duration.ofMillis(1));
        GpuRun run = new GpuRun(step, "cpu", true, true, deadline, folder, line -> {}, soFar::add);
        StepResult result = step.body.apply(run);
        assertThat(result.status()).isEqualTo(StepResult.FAILED);
        assertThat(result + "").containsAnyOf("was stopped by its time limit", "the step's time was over");
        assertThat(soFar).hasSize(1);
        assertThat(soFar.getFirst().get().stopped().status()).isEqualTo(StepResult.STOPPED);
    }

    /** Without PyTorch no time is spent on it, and our own results stay. */
    @Test
    void whatThereIsNoPyTorchForIsSaid() {
        Deadline over = Deadline.in(Duration.ZERO);
        GpuRun run = new GpuRun(GpuStep.TRAIN_BF16, "cpu", true, false, over, folder, line -> {}, soFar -> {});
        assertThat(GpuStep.TRAIN_BF16.body.apply(run).failures())
                .startsWith("PyTorch: not found by python3, so there is nothing to compare with")
                .noneMatch(failure -> failure.startsWith("pytorch"))
                .anyMatch(failure -> failure.startsWith("ours eager: "));
        assertThat(Facts.mayHavePeer(Map.of("pytorch", "not found"))).isFalse();
        assertThat(Facts.mayHavePeer(Map.of("pytorch", "no answer in time"))).isTrue();
        assertThat(Facts.mayHavePeer(Map.of())).isTrue();
    }

    @Test
    void memoryInUseIsWhatTheBackendSays() {
        Map<String, String> details = Map.of("memory", "143771 MiB", "free memory", "143000 MiB", "driver", "13.0");
        assertThat(SoakProcess.used(details)).isEqualTo(771);
        assertThatThrownBy(() -> SoakProcess.used(Map.of("memory", "143771 MiB")))
                .hasMessageContaining("the backend says 'free memory' is ''");
    }

    @Test
    void stepsThatAreStoppedKeepWhatTheirProcessesPrinted() {
        LastLine said = new LastLine();
        assertThat(SoakProcess.result(said.members(), "").stopped().summary()).isEqualTo("nothing yet");
        said.accept("{\"steps\":2000,\"before_mib\":100.0,\"after_mib\":101.0}");
        said.accept("{\"steps\":4000,\"bef");
        StepResult leak = SoakProcess.result(said.members(), "stopped");
        assertThat(leak.status()).isEqualTo(StepResult.FAILED);
        assertThat(leak.stopped().summary())
                .isEqualTo("so far: 100 MiB after the first steps of 2000, 101 MiB after all of them");
        assertThat(leak.failures()).containsExactly("stopped");

        assertThat(ThreadsProcess.result(Map.of(), "").stopped().summary()).isEqualTo("nothing yet");
        StepResult threads = ThreadsProcess.result(Map.of("one_after_the_other", 0.0), "stopped");
        assertThat(threads.status()).isEqualTo(StepResult.FAILED);
        assertThat(threads.stopped().summary()).isEqualTo("so far: weights of two runs in one thread differ by 0.0");
        assertThat(ThreadsProcess.result(Map.of("one_after_the_other", 0.0, "in_two_threads", 0.5), "")
                        .status())
                .isEqualTo(StepResult.FAILED);

        float[] weights = {1, 2, 3};
        float[] broken = {1, Float.NaN, 3};
        assertThat(ThreadsProcess.difference(List.of(weights), List.of(new float[] {1, 2.5f, 3})))
                .isEqualTo(0.5);
        assertThat(ThreadsProcess.difference(List.of(weights, broken), List.of(weights, weights)))
                .isNaN();
        StepResult notANumber =
                ThreadsProcess.result(Map.of("one_after_the_other", "NaN", "in_two_threads", "NaN"), "");
        assertThat(notANumber.status()).isEqualTo(StepResult.FAILED);
        assertThat(notANumber.summary())
                .isEqualTo("weights differ by NaN at most; those of two runs in one thread by NaN");

        assertThat(AttentionProcess.compare(Map.of(), Map.of()).stopped().summary())
                .isEqualTo("nothing yet");
        Map<String, Object> gradients = Map.of("dq", List.of(1.0), "dk", List.of(1.0), "dv", List.of(1.0));
        StepResult attention =
                AttentionProcess.compare(Map.of("fp32", gradients, "bf16", gradients), Map.of("fp32", gradients));
        assertThat(attention.rows()).hasSize(3);
        assertThat(attention.failures()).containsExactly("bf16: PyTorch printed no gradients");
    }

    /** Where a JVM says why it crashed, which launch fails, and that no algorithm of another accuracy is taken. */
    @Test
    void processesThatCheckResultsLeaveEvidence() {
        for (GpuStep step : GpuStep.values()) {
            Deadline deadline = Deadline.in(Duration.ofSeconds(1));
            GpuRun run = new GpuRun(step, "cuda:0", true, true, deadline, folder, line -> {}, soFar -> {});
            boolean measured = step.isMeasured();
            List<String> command = run.java(CaseProcess.class, List.of("GOLDEN"));
            assertThat(command).contains("-XX:ErrorFile=" + folder.resolve("hs_err_%p.log"));
            assertThat(command.contains("-Dlanewise.cuda.convolutionTransforms=false"))
                    .as(step.id())
                    .isNotEqualTo(measured);
            assertThat(measured && run.environment().containsKey("CUDA_LAUNCH_BLOCKING"))
                    .as(step.id())
                    .isFalse();
        }
        for (GpuStep step : List.of(GpuStep.GOLDEN, GpuStep.CONFORMANCE, GpuStep.ATTENTION)) {
            Deadline deadline = Deadline.in(Duration.ofSeconds(1));
            GpuRun run = new GpuRun(step, "cuda:0", true, true, deadline, folder, line -> {}, soFar -> {});
            assertThat(run.environment()).containsEntry("CUDA_LAUNCH_BLOCKING", "1");
        }
        Facts facts = new Facts("cuda:0", folder.resolve("facts.log"), Deadline.in(Duration.ofSeconds(1)));
        assertThat(List.of(facts.probe(), facts.doctor()))
                .allSatisfy(
                        command -> assertThat(command).contains("-XX:ErrorFile=" + folder.resolve("hs_err_%p.log")));
    }

    /** A driver may crash at the end of a process. */
    @Test
    void aCompleteAnswerCountsHoweverItsProcessEnds() {
        Facts facts = new Facts("cuda:0", folder.resolve("facts.log"), Deadline.in(Duration.ofMinutes(2)));
        assertThat(facts.probe(List.of("sh", "-c", "echo '{\"summary\":\"a card\"}'; exit 134")))
                .isEqualTo(Map.of(
                        "summary", "a card", "probe", "the process ended with 134 after its answer; see facts.log"));
        assertThat(facts.probe(List.of("echo", "{\"summary\":\"a card\"}"))).isEqualTo(Map.of("summary", "a card"));
        assertThat(facts.probe(List.of("echo", "{\"summary\":")))
                .isEqualTo(Map.of("unavailable", "the process that tried cuda:0 ended with 0; see facts.log"));
        assertThat(facts.allLines(List.of("sh", "-c", "echo begun; exit 3")))
                .containsExactly("begun", "the process ended with 3");
        // libraries print, too
        assertThat(facts.probe(List.of("printf", "%s\\n", "{\"summary\":\"a card\"}", "{no JSON}")))
                .isEqualTo(Map.of("summary", "a card"));
        assertThat(facts.peer(List.of("printf", "%s\\n", "{\"torch\":\"2.11\"}", "bye")))
                .isEqualTo(Map.of("torch", "2.11"));
        assertThat(facts.peer(List.of("printf", "no module"))).isEqualTo("not found");
    }

    /** Between the processes of two steps the driver would else reset the GPU. */
    @Test
    void theDeviceStaysOpen() throws Exception {
        assertThat(HeldDevice.file("cuda:1")).isEqualTo(Path.of("/dev/nvidia1"));
        HeldDevice.hold(folder.resolve("none"));
        Path file = Files.createFile(folder.resolve("device")).toRealPath();
        HeldDevice.hold(file);
        for (int i = 0; i < 6_000 && !openFiles().contains(file); i++) {
            Thread.sleep(10);
        }
        assertThat(openFiles()).contains(file);
    }

    private static List<Path> openFiles() throws IOException {
        List<Path> open = new ArrayList<>();
        try (DirectoryStream<Path> numbers = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path number : numbers) {
                try {
                    open.add(Files.readSymbolicLink(number));
                } catch (IOException e) {
                    open.add(number); // closed meanwhile
                }
            }
        }
        return open;
    }

    /** On a machine that has just been started everything is read from a cold disk, and only this answer is needed. */
    @Test
    void theDeviceMayAnswerLaterThanEverythingElse() {
        Map<String, Object> facts = Facts.collect(
                "cpu",
                false,
                folder.resolve("facts.log"),
                Deadline.in(Duration.ZERO),
                Deadline.in(Duration.ofSeconds(Schedule.PATIENCE)));
        assertThat(facts).containsKey("summary").doesNotContainKey("unavailable");
        assertThat(facts.get("doctor")).isEqualTo(List.of("the process was stopped by its time limit"));
    }

    @Test
    void stepsOfEarlierCallsAreReported() throws IOException {
        Report report = new Report(folder);
        Map<String, Object> facts = Map.of("device", "cuda:0", "summary", "a card");
        report.save(facts);
        StepResult result = new StepResult(
                StepResult.FAILED, "1 | 2", List.of(Map.of("ratio", 0.976)), List.of("exp: 3\nis not 4"));
        report.save(GpuStep.OPS, result, facts, 2.34);
        report.write();
        assertThat(folder.resolve("gpu-check.md"))
                .content()
                .contains("| ops | operations against PyTorch, fp32 | failed | 2.3 | 1 \\| 2 |")
                .contains("| ratio |\n| --- |\n| 0.98 |")
                .contains("- exp: 3 is not 4\n", ", a card");
        assertThat((List<?>) report().get("steps"))
                .filteredOn(step -> "ops".equals(((Map<?, ?>) step).get("step")))
                .singleElement()
                .satisfies(
                        step -> assertThat(((Map<?, ?>) step).get("rows")).isEqualTo(List.of(Map.of("ratio", 0.976))));
    }

    @Test
    void resultsThatCannotBeWrittenAreSaidBeforeAnythingRuns() throws IOException {
        Files.createDirectories(folder.resolve("gpu-check.md.tmp"));
        assertThat(check("threads", "--device", "cpu")).isEqualTo(1);
        assertThat(out.toString())
                .startsWith("the results can't be written (")
                .contains("gpu-check.md.tmp")
                .doesNotContain("threads");
    }

    /** The disk may be full for a while. */
    @Test
    void whatCannotBeWrittenIsWrittenLater() throws IOException {
        Path inTheWay = Files.createDirectories(folder.resolve("gpu-check.json.tmp"));
        Path archive = folder.resolve("results.zip");
        try (Keeper keeper = new Keeper(new Report(folder), new Archive(folder, archive))) {
            assertThat(keeper.write()).isEmpty();
            assertThat(keeper.problem()).contains("gpu-check.json.tmp");
            Files.delete(inTheWay);
            keeper.done(GpuStep.GOLDEN, StepResult.notRun("no time"));
            assertThat(keeper.write()).hasSize(3).contains(archive);
            assertThat(keeper.problem()).isEmpty();
        }
        assertThat(entries(archive)).containsExactly("golden.json", "gpu-check.json", "gpu-check.md");
        assertThat(Files.getPosixFilePermissions(archive))
                .isEqualTo(Files.getPosixFilePermissions(folder.resolve("golden.json")));
    }

    @Test
    void unknownStepsAreUsageErrors() throws IOException {
        assertThat(check("goldn")).isEqualTo(2);
        assertThat(check("golden=x")).isEqualTo(2);
        assertThat(check("golden", "--limit", "0")).isEqualTo(2);
        assertThat(check("golden", "--total", "-1")).isEqualTo(2);
        assertThat(check("golden", "--device", "gpu")).isEqualTo(2);
        assertThat(check("golden", "--archive", folder.toString())).isEqualTo(2);
        assertThat(check("--plans", folder.resolve("none.json").toString())).isEqualTo(2);
        Path inTheWay = Files.createFile(folder.resolve("file"));
        assertThat(new CommandLine(new GpuCheckCommand())
                        .setErr(new PrintWriter(out))
                        .execute("--results", inTheWay.resolve("results").toString()))
                .isEqualTo(2);
        assertThat(out.toString()).contains("gpu-check: --results " + inTheWay.resolve("results"), "can't be written");
        assertThat(check("--list")).isZero();
        assertThat(out.toString()).contains("first", "second", "golden", "train-bf16", "compile-fp32");
    }
}
