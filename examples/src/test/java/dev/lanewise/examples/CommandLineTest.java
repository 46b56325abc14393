package dev.lanewise.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.nn.Checkpoint;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.SafetensorsFile;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.spi.Backends;
import dev.lanewise.testkit.OpRecorder;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

final class CommandLineTest {
    @TempDir
    private Path folder;

    private static Run lanewise(String... args) {
        return Run.of(List.of(), args);
    }

    private static void assertOneLine(Run run, int code, String... parts) {
        assertThat(run.code()).as(run.err()).isEqualTo(code);
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.err()).contains(parts);
        assertThat(run.out()).isEmpty();
    }

    @Test
    void wrongUsageIsOneLineAndExitCodeTwo() {
        assertOneLine(lanewise("train", "mnist-mpl"), 2, "mnist-mpl", "mnist-mlp, mnist-lenet");
        assertOneLine(lanewise("train", "mnist-mlp", "--batch", "0"), 2, "--batch 0", "1 or more");
        assertOneLine(lanewise("train", "mnist-mlp", "--epochs", "many"), 2, "--epochs", "many");
        assertOneLine(lanewise("train", "mnist-mlp", "--lr", "-1"), 2, "--lr -1");
        assertOneLine(lanewise("train", "mnist-mlp", "--device", "tpu"), 2, "tpu", "cuda:N");
        assertOneLine(lanewise("train", "mnist-mlp", "--save", folder + "/no/file"), 2, "--save", "folder");
        assertOneLine(lanewise("train", "mnist-mlp", "--save", folder.toString()), 2, "--save", "is a folder");
        // found out before training, and said of the file that the user knows
        assertOneLine(
                lanewise("train", "mnist-mlp", "--data", "synthetic", "--save", "/proc/x"), 1, "lanewise: /proc/x:");
        assertOneLine(lanewise("dance"), 2, "dance");
        assertOneLine(lanewise("golden", "--dir", folder.toString()), 2, "--dir", "no cases");
        assertOneLine(lanewise("golden", "--device", "tpu"), 2, "tpu", "cuda:N");
    }

    @Test
    void numbersThatCanNotBeUsedAreWrongUsageBeforeAnythingIsRead() {
        String none = folder + "/none";
        assertOneLine(lanewise("train", "mnist-mlp", "--threads", "100000"), 2, "--threads 100000", "4096");
        assertOneLine(lanewise("lm", "generate", none, "--prompt", "a", "--tokens", "-1"), 2, "-1");
        assertOneLine(lanewise("lm", "generate", none, "--prompt", "a", "--temperature", "NaN"), 2, "NaN");
        assertOneLine(lanewise("lm", "chat", none, "--top-p", "7"), 2, "7");
        assertOneLine(lanewise("lm", "generate", none, "--prompt", "a", "--cache", "I64"), 2, "F16, BF16, F32");
        assertOneLine(lanewise("lm", "search", none, "--query", "a", "--top", "-1"), 2, "--top -1");
        assertOneLine(lanewise("lm", "search", none, "--recall", "-2"), 2, "--recall -2");
        assertOneLine(lanewise("lm", "finetune", none, "--output", none, "--rate", "NaN"), 2, "NaN");
        assertOneLine(lanewise("lm", "finetune", none, "--output", none, "--lora", "r=-1"), 2, "-1");
        assertOneLine(
                lanewise("lm", "classify", none, "--file", none, "--classes", "1"), 2, "--classes 1", "2 or more");
        assertOneLine(lanewise("lm", "finetune", none, "--output", none, "--lora", "kind=ia3,r=4"), 2, "r=4", "ia3");
        assertOneLine(lanewise("lm", "finetune", none, "--output", none, "--lora", "q=4"), 2, "q=4", "kind");
        assertOneLine(lanewise("onnx", "export", "mnist-mlp", "--out", none, "--opset", "1"), 2, "--opset 1");
        assertOneLine(lanewise("onnx", "bench", none, "--dim", "n=-4"), 2, "--dim n=-4");
        assertOneLine(lanewise("onnx", "run", none, "--input", "x"), 2, "Value for option '--input'");
        for (String option : List.of(
                "--port",
                "--queue",
                "--wait",
                "--deadline",
                "--idle",
                "--connections",
                "--warm-up",
                "--texts-memory")) {
            assertOneLine(lanewise("serve", "--models", none, option, "-1"), 2, "expected");
        }
        assertOneLine(lanewise("serve", "--models", none, "--texts-memory", "99999999999999999"), 2, "--texts-memory");
    }

    @Test
    void wrongUseOfSeveralProcessesIsOneLine() {
        assertOneLine(lanewise("train", "mnist-mlp", "--ranks", "2"), 2, "need --distributed");
        String[] byHand = "train mnist-mlp --distributed ring --ranks 2 --rank 1 --master here".split(" ");
        assertOneLine(lanewise(byHand), 2, "--master here (expected HOST:PORT");
        assertOneLine(
                lanewise("train", "mnist-mlp", "--distributed", "mpi", "--ranks", "2"), 2, "mpirun says how many");
        assertOneLine(lanewise("train", "mnist-mlp", "--distributed", "nccl"), 2, "--distributed nccl without --ranks");
        if (Device.available().equals(List.of(Device.CPU))) {
            Run run = lanewise("train", "mnist-mlp", "--distributed", "nccl", "--ranks", "2");
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.err())
                    .startsWith("lanewise: no backend for device cuda:1")
                    .contains("CUDA driver");
        }
    }

    @Test
    void nothingToCheckIsNoSuccess() {
        assertOneLine(lanewise("onnx", "cases", folder.toString()), 1, folder.toString(), "no case");
        assertOneLine(lanewise("onnx", "verify", folder + "/model.onnx"), 1, folder.toString(), "no case");
    }

    @Test
    void unknownHostAndColumnAreNamed() {
        assertOneLine(
                lanewise("serve", "--models", folder.toString(), "--host", "no.such.host.invalid"), 1, "unknown host");
        assertOneLine(lanewise("train", "tabular", "--data", "synthetic", "--label", "nope"), 1, "nope", "--label");
    }

    @Test
    void missingAndDamagedDataAreOneLineAndExitCodeOne() throws IOException {
        assertOneLine(lanewise("train", "mnist-mlp", "--data", folder.toString()), 1, folder.toString());
        Path images = folder.resolve("train-images-idx3-ubyte");
        Files.write(images, new byte[] {0, 0, 8, 9, 0, 0, 0, 1});
        Files.write(folder.resolve("train-labels-idx1-ubyte"), new byte[] {0, 0, 8, 1, 0, 0, 0, 1, 5});
        assertOneLine(lanewise("train", "mnist-mlp", "--data", folder.toString()), 1, "train-images-idx3-ubyte");
    }

    @Test
    void missingBackendSaysWhy() {
        assertOneLine(lanewise("train", "mnist-mlp", "--device", "cuda:0"), 1, "cuda:0");
        assertOneLine(lanewise("golden", "--device", "cuda:0"), 1, "cuda:0");
    }

    @Test
    void stepsAreCapturedOrRunAsTheyAre() {
        assertOneLine(lanewise("train", "mnist-mlp", "--or-eager"), 2, "--or-eager", "--graphs");
        assertOneLine(lanewise("train", "mnist-mlp", "--precision", "fp8"), 2, "fp8", "BF16");
        String[] tiny = {
            "train", "linear-regression", "--limit", "70", "--epochs", "2", "--json", "--device", "cpu", "--graphs"
        };
        assertOneLine(lanewise(tiny), 1, "--graphs: cpu captures no steps", "--or-eager");
        Run eager = lanewise(with(tiny, "--or-eager"));
        assertThat(eager.out().lines()).as(eager.err()).hasSize(2);

        OpRecorder recorder = new OpRecorder(Backends.of(Device.CPU));
        Backends.decorate(Device.CPU, backend -> recorder);
        try {
            Run captured = lanewise(tiny);
            assertThat(captured.code()).as(captured.err()).isZero();
            // two whole batches per epoch, three steps that warm up
            assertThat(recorder.replays()).isEqualTo(1);
            assertThat(losses(captured)).isEqualTo(losses(eager));
            assertThat(losses(lanewise(with(tiny, "--precision", "bf16")))).isNotEqualTo(losses(eager));
            assertThat(recorder.replays()).isEqualTo(2);
            assertOneLine(lanewise(with(tiny, "--precision", "f16")), 1, "--precision f16", "--or-eager");
            assertThat(recorder.isClosed()).isTrue();
        } finally {
            Backends.decorate(Device.CPU, backend -> recorder.inner());
        }
    }

    private static String[] with(String[] args, String... more) {
        return Stream.concat(Arrays.stream(args), Arrays.stream(more)).toArray(String[]::new);
    }

    private static List<String> losses(Run run) {
        return run.out()
                .lines()
                .map(line -> line.substring(line.indexOf("\"train_loss\"")))
                .toList();
    }

    @Test
    void damagedCheckpointsAreOneLineAndExitCodeOne() throws IOException {
        Path file = folder.resolve("c.safetensors");
        Files.write(file, new byte[] {-1, -1, -1, -1, -1, -1, -1, 127, '{', '}'});
        assertOneLine(lanewise("train", "mnist-mlp", "--resume", file.toString()), 1, "c.safetensors");
        assertOneLine(lanewise("train", "mnist-mlp", "--resume", folder + "/none"), 1, "none");
    }

    @Test
    void explodingLossStopsWithALine() {
        Run run = lanewise(
                "train", "mnist-mlp", "--data", "synthetic", "--epochs", "1", "--lr", "1e30", "--save", folder + "/m");
        assertOneLine(run, 1, "loss became", "--lr");
        assertThat(folder.resolve("m")).doesNotExist();
    }

    @Test
    void jsonIsOneObjectAnEpochAndResumeGoesOn() {
        Path file = folder.resolve("m.safetensors");
        String[] mlp = {"train", "mnist-mlp", "--data", "synthetic", "--limit", "640"};
        Run first = lanewise(with(mlp, "--epochs", "1", "--json", "--save", file.toString()));
        assertThat(first.code()).as(first.err()).isZero();
        assertThat(first.out().lines())
                .singleElement()
                .asString()
                .matches("\\{\"model\":\"mnist-mlp\",\"epoch\":1,\"train_s\":[0-9.E-]+,\"samples_per_s\":[0-9.E-]+,"
                        + "\"train_loss\":[0-9.E-]+,\"test_accuracy\":[0-9.E-]+}");
        try (SafetensorsFile weights = Safetensors.open(file)) {
            assertThat(weights.names()).containsExactlyInAnyOrder("1.weight", "1.bias", "3.weight", "3.bias");
        }
        Run second = lanewise(with(mlp, "--epochs", "2", "--json", "--resume", file.toString()));
        assertThat(second.out().lines()).singleElement().asString().contains("\"epoch\":2");
        assertOneLine(
                lanewise(with(mlp, "--epochs", "1", "--resume", file.toString())),
                0,
                "m.safetensors: trained up to epoch 1 already, so nothing was done; --epochs 2 goes on");
        assertOneLine(
                lanewise("train", "mnist-lenet", "--data", "synthetic", "--limit", "640", "--resume", file.toString()),
                1,
                "m.safetensors",
                "missing");
    }

    /** A command that fails with what the virtual machine throws. */
    @Command(name = "fail")
    static final class Failing implements Callable<Integer> {
        private final Error error;

        Failing(Error error) {
            this.error = error;
        }

        @Override
        public Integer call() {
            throw error;
        }
    }

    @Test
    void errorsOfTheVirtualMachineAreOneLineAndExitCodeOne() {
        assertOneLine(
                Run.of(List.of(new Failing(new OutOfMemoryError("Java heap space"))), "fail"),
                1,
                "lanewise: Java heap space (the Java heap has at most ",
                "-Xmx8g");
        assertOneLine(
                Run.of(List.of(new Failing(new StackOverflowError())), "fail"),
                1,
                "lanewise: java.lang.StackOverflowError (an unexpected StackOverflowError; --verbose shows where)");
        Error initializer = new ExceptionInInitializerError(new IllegalStateException("no such\n  table"));
        assertOneLine(
                Run.of(List.of(new Failing(initializer)), "fail"),
                1,
                "lanewise: no such table (an unexpected ExceptionInInitializerError; --verbose shows where)");
        Run verbose = Run.of(List.of(new Failing(initializer)), "fail", "--verbose");
        assertThat(verbose.code()).isEqualTo(1);
        assertThat(verbose.err()).contains("Caused by: java.lang.IllegalStateException", "at dev.lanewise.examples");
    }

    /** Prints what a file or a user could have named. */
    @Command(name = "echo")
    static final class Echo implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Parameters
        private List<String> words = List.of();

        @Override
        public Integer call() {
            words.forEach(spec.commandLine().getOut()::println);
            return 0;
        }
    }

    @Test
    void argumentsAreTakenAsTheyAreAndSteerNoTerminal() throws IOException {
        Path file = Files.writeString(folder.resolve("arguments"), "read from a file");
        Run run = Run.of(
                List.of(new Echo()), "echo", "@" + file, "a\u001b[31mb", "c\u009bd\re", "f\u202eg", "\u00e9\tok");
        assertThat(run.out().lines())
                .as(run.err())
                .containsExactly("@" + file, "a?[31mb", "c?d?e", "f?g", "\u00e9\tok");
        assertOneLine(lanewise("train", "\u001b[2Jx"), 2, "unknown model '?[2Jx'");
        assertThat(JsonLine.of(Map.of("class", "a\u001b\u009b\u202e\u00e9")))
                .isEqualToIgnoringCase("{\"class\":\"a\\u001b\\u009b\\u202e\u00e9\"}");
    }

    @Test
    void outputThatNobodyTakesEndsTheCommandAtTheNextLine() {
        PrintStream full = new PrintStream(new OutputStream() {
            private int left = 5;

            @Override
            public void write(int b) throws IOException {
                if (left-- <= 0) {
                    throw new IOException("No space left on device");
                }
            }
        });
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        try {
            System.setOut(full);
            System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
            for (String[] args :
                    new String[][] {{"echo", "a", "longer", "never"}, {"--help"}, {"doctor"}, {"--version"}}) {
                errors.reset();
                assertThat(Main.run(List.of(new Echo()), args)).isEqualTo(1);
                assertThat(errors.toString(StandardCharsets.UTF_8).lines())
                        .singleElement()
                        .asString()
                        .startsWith("lanewise: standard output is closed or full");
            }
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    @Test
    void foreignReferenceCasesAreOneLineAndExitCodeOne() throws IOException {
        for (byte[] content : List.of(new byte[0], new byte[20], "{}".getBytes(StandardCharsets.UTF_8))) {
            Files.write(folder.resolve("a.safetensors"), content);
            assertOneLine(
                    lanewise("golden", "--dir", folder.toString()),
                    1,
                    "a.safetensors: found no reference cases; expected",
                    "generate.py");
        }
        Path file = folder.resolve("a.safetensors");
        Checkpoint.saveWeights(file, new Linear(1, 1));
        assertOneLine(lanewise("golden", "--dir", folder.toString()), 1, "a.safetensors: found no reference cases");
    }

    @Test
    void cardsThatDoNotFitAreOneLineAndExitCodeOne() throws IOException {
        String model = folder.resolve("m").toString();
        String image = folder.resolve("d.png").toString();
        ImageIO.write(new BufferedImage(28, 28, BufferedImage.TYPE_BYTE_GRAY), "png", new File(image));
        lanewise("train", "mnist-mlp", "--data", "synthetic", "--epochs", "1", "--limit", "50", "--save", model);
        String[] predict = {"predict", "mnist-mlp", "--load", model, image};
        assertThat(lanewise(predict).out()).startsWith(image + ": ");
        Path card = Path.of(model + ".json");
        String right = Files.readString(card);
        Files.writeString(card, right.replace("\"0\",", ""));
        assertOneLine(lanewise(predict), 1, "found 9 classes; expected 10");
        Files.writeString(card, right.replace("\"0\",", "\"0\",\"x\","));
        assertOneLine(lanewise(predict), 1, "found 11 classes; expected 10");
        Files.writeString(card, right.replace("\"0\",", "\"1\","));
        assertOneLine(lanewise(predict), 1, "m.json: found '1' twice in 'classes'");
    }

    @Test
    void aTestSetOfOneClassHasNoAreaButEndsTheTraining() throws IOException {
        Path table = folder.resolve("t.csv");
        Files.writeString(table, "x,Churn\n1,Yes\n2,No\n3,No\n4,No\n5,No\n6,No\n");
        Run run = lanewise("train", "tabular", "--data", table.toString(), "--epochs", "1", "--json");
        assertThat(run.out()).as(run.err()).contains("\"test_accuracy\"").doesNotContain("test_auc");
        assertThat(run.code()).isZero();
    }

    @Test
    void doctorNamesTheBackends() {
        Run run = lanewise("doctor");
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("vector-cpu for cpu", "threads", "java home", "cuda");
    }
}
