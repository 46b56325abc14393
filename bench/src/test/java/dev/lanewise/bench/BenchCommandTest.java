package dev.lanewise.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.testkit.ChildJvm;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BenchCommandTest {
    @TempDir
    private Path folder;

    private record Run(int code, String out, String err) {}

    private static Run lanewise(String... args) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream newOut = new ByteArrayOutputStream();
        ByteArrayOutputStream newErr = new ByteArrayOutputStream();
        try {
            System.setOut(new PrintStream(newOut, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(newErr, true, StandardCharsets.UTF_8));
            int code = Main.run(args);
            return new Run(code, newOut.toString(StandardCharsets.UTF_8), newErr.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    private static void assertOneLine(Run run, int code, String... parts) {
        assertThat(run.code()).as(run.err()).isEqualTo(code);
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.err()).contains(parts);
        assertThat(run.out()).isEmpty();
    }

    @Test
    void wrongUsageIsOneLineAndExitCodeTwo() {
        assertOneLine(lanewise("bench"), 2, "ops", "train");
        assertOneLine(lanewise("bench", "dance"), 2, "dance");
        assertOneLine(lanewise("bench", "ops", "--only", "matmull"), 2, "matmull", "matmul");
        assertOneLine(lanewise("bench", "train", "--only", "mlp,lenets"), 2, "lenets", "lenet");
        assertOneLine(lanewise("bench", "ops", "--threads", "0"), 2, "--threads 0", "1 or more");
        assertOneLine(lanewise("bench", "ops", "--rounds", "0"), 2, "--rounds 0");
        assertOneLine(lanewise("bench", "ops", "--device", "tpu"), 2, "tpu");
        assertOneLine(lanewise("bench", "memory", "--only", "mlpp"), 2, "mlpp", "mlp");
        assertOneLine(lanewise("bench", "cold", "--rounds", "0"), 2, "--rounds 0");
        assertOneLine(lanewise("bench", "sparse", "--only", "adam"), 2, "adam", "sparse_adam");
        assertOneLine(lanewise("bench", "versus-pytorch", "fit"), 2, "fit", "ops or train");
        assertOneLine(lanewise("bench", "scaling", "--ranks", "1"), 2, "--ranks 1");
        assertOneLine(lanewise("bench", "scaling", "--only", "mnist"), 2, "mnist-cnn");
        assertOneLine(lanewise("bench", "jmh", "-wi", "many"), 2, "many");
    }

    @Test
    void nothingIsComputedBeforeACommandRuns() throws IOException, InterruptedException {
        // with this number every computation fails
        String output = ChildJvm.run(List.of("-Dlanewise.threads=0"), Main.class, "bench", "fuzz", "--help");
        assertThat(output).contains("Usage: lanewise bench fuzz").doesNotContain("Exception");
    }

    @Test
    void missingFilesAreOneLineAndExitCodeOne() {
        Path none = folder.resolve("none.jsonl");
        assertOneLine(lanewise("bench", "compare", none.toString(), none.toString()), 1, "none.jsonl");
    }

    @Test
    void jsonHasThePeersKeys() {
        Run run = lanewise(
                "bench", "ops", "--only", "linear", "--json", "--rounds", "1", "--budget", "0", "--warm-up", "0");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out().lines())
                .hasSize(5)
                .first()
                .asString()
                .matches("\\{\"op\":\"linear\",\"shape\":\\[128,784,100],\"us\":[0-9.E-]+,\"gflops\":[0-9.E-]+}");
    }

    @Test
    void precisionIsInTheLine() {
        Run run = lanewise(
                "bench",
                "train",
                "--only",
                "mlp",
                "--precision",
                "bf16",
                "--json",
                "--rounds",
                "1",
                "--budget",
                "0",
                "--warm-up",
                "0");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains("\"workload\":\"mlp\"", "\"mode\":\"eager\"", "\"precision\":\"bf16\"");
    }

    @Test
    void operationsRunOnNarrowOperands() {
        Run run = lanewise(
                "bench",
                "ops",
                "--only",
                "softmax,linear,batch_norm_train",
                "--precision",
                "bf16",
                "--rounds",
                "1",
                "--budget",
                "0",
                "--warm-up",
                "0");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out().lines()).hasSize(9);
    }

    @Test
    void whatCannotBeCapturedIsOneLine() {
        assertOneLine(
                lanewise("bench", "train", "--only", "mlp", "--mode", "graphs"), 1, "graphs", "cpu", "--mode eager");
        assertOneLine(lanewise("bench", "train", "--precision", "fp8"), 2, "fp8", "BF16");
    }

    @Test
    void profileNamesTheOperations() {
        Run run = lanewise("bench", "profile", "--only", "text", "--rounds", "1", "--budget", "0", "--warm-up", "0");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains("text: ", "adam_step", "outside operations");
    }

    @Test
    void compareWritesTableAndChart() throws IOException {
        Path ours = folder.resolve("ours.jsonl");
        Path peer = folder.resolve("peer.jsonl");
        Files.writeString(ours, "{\"op\":\"exp\",\"shape\":[4096],\"us\":2.0}\n");
        Files.writeString(peer, "{\"op\":\"exp\",\"shape\":[4096],\"us\":3.0}\n");
        Run run = lanewise("bench", "compare", ours.toString(), peer.toString());
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains("exp 4096", "1.50", "geometric mean");
        assertThat(folder.resolve("ours.md")).content().contains("| exp 4096 | 2.0 | 3.0 | 1.50 |");
        assertThat(folder.resolve("ours.png")).isNotEmptyFile();
    }
}
