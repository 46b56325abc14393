package dev.lanewise.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.SafetensorsFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every reference trainer goes one short way on its stand-in, is saved, and answers. */
final class TrainersTest {
    @TempDir
    private Path folder;

    private static Run lanewise(List<String> args) {
        return Run.of(List.of(), args.toArray(String[]::new));
    }

    private String weights() {
        return folder.resolve("model.safetensors").toString();
    }

    private Run train(String model, String... more) {
        return train(1, model, more);
    }

    private Run train(int epochs, String model, String... more) {
        List<String> args = new ArrayList<>(
                List.of("train", model, "--data", "synthetic", "--epochs", "" + epochs, "--json", "--save", weights()));
        args.addAll(List.of(more));
        Run run = lanewise(args);
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out().lines()).isNotEmpty().allMatch(line -> line.contains("\"model\":\"" + model + "\""));
        return run;
    }

    private Run predict(String model, String... inputs) {
        List<String> args = new ArrayList<>(List.of("predict", model, "--load", weights()));
        args.addAll(List.of(inputs));
        Run run = lanewise(args);
        assertThat(run.code()).as(run.err()).isZero();
        return run;
    }

    private static void assertOneLine(Run run, int code, String... parts) {
        assertThat(run.code()).as(run.err()).isEqualTo(code);
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.err()).contains(parts).doesNotContain("unexpected");
        assertThat(run.out()).isEmpty();
    }

    private String image() throws IOException {
        Path file = folder.resolve("image.png");
        ImageIO.write(new BufferedImage(40, 36, BufferedImage.TYPE_INT_RGB), "png", file.toFile());
        return file.toString();
    }

    @Test
    void linearRegressionFindsTheLine() {
        Run run = train(60, "linear-regression");
        String last = run.out().lines().reduce((a, b) -> b).orElseThrow();
        assertThat(figure(last, "a")).isBetween(2.45, 2.55);
        assertThat(figure(last, "b")).isBetween(-1.53, -1.47);
        assertThat(figure(last, "test_loss")).isLessThan(0.012);
        assertThat(predict("linear-regression", "1").out()).startsWith("1: 1.0");
        assertOneLine(
                lanewise(List.of("predict", "linear-regression", "--load", weights(), "one")), 1, "'one'", "number");
    }

    private static double figure(String line, String name) {
        return Double.parseDouble(line.replaceAll(".*\"" + name + "\":([0-9.E-]+).*", "$1"));
    }

    @Test
    void digitsAreTrainedAndRecognized() throws IOException {
        train("mnist-cnn", "--limit", "64");
        assertThat(predict("mnist-cnn", image()).out()).matches("(?s).*image\\.png: \\d [01]\\.\\d{4}\\R");
        assertOneLine(
                lanewise(List.of("predict", "mnist-cnn", "--load", weights(), folder + "/none.png")), 1, "none.png");
        assertOneLine(lanewise(List.of("predict", "mnist-mlp", "--load", weights(), image())), 1, "mnist-cnn");
    }

    @Test
    void theReportHasTheClassesTheTimeAndTheMemory() throws IOException {
        for (String model : List.of("mnist-mlp", "mnist-lenet")) {
            Run run = lanewise(List.of(
                    "train", model, "--data", "synthetic", "--limit", "64", "--epochs", "2", "--save", weights()));
            assertThat(run.code()).as(run.err()).isZero();
            List<String> lines = run.out().lines().toList();
            assertThat(lines.get(0)).matches("epoch 1/2: loss .*, test accuracy .*%, .* s, .* samples/s");
            assertThat(lines.get(2).trim()).matches("precision +recall +f1 +support");
            assertThat(lines.subList(3, 15))
                    .extracting(line -> line.trim().replaceAll("( +[01]\\.\\d{4}){3} +\\d+$", ""))
                    .containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "macro", "weighted");
            assertThat(lines.get(15)).matches(" +accuracy +[01]\\.\\d{4}");
            assertThat(lines.get(16))
                    .matches("[\\d,]+ parameters, 2 epochs of 64 samples in [\\d.]+ s: [\\d,]+ samples/s; peak memory"
                            + " [\\d,]+ MB");
            assertThat(lines).hasSize(17);
            assertThat(predict(model, image()).out()).matches("(?s).*image\\.png: \\d [01]\\.\\d{4}\\R");
        }
    }

    @Test
    void residualNetworksTrainAndLoadByName() throws IOException {
        train("cifar-resnet18", "--limit", "16", "--batch", "8");
        assertThat(predict("cifar-resnet18", image()).out()).contains("image.png: ");
        train("image-folder", "--limit", "16", "--batch", "8");
        assertThat(predict("image-folder", image()).out()).contains("image.png: ");
        Path card = folder.resolve("model.safetensors.json");
        Files.writeString(card, Files.readString(card).replaceAll("(\"side\":\\[\")\\d+", "$1999999999"));
        assertOneLine(
                lanewise(List.of("predict", "image-folder", "--load", weights(), image())),
                1,
                "'999999999' for 'side'",
                "from 1 to 4096");
        Path first = folder.resolve("first.safetensors");
        Files.move(Path.of(weights()), first);
        train("image-folder", "--limit", "16", "--batch", "8", "--freeze", "--load", first.toString());
        try (SafetensorsFile before = Safetensors.open(first);
                SafetensorsFile after = Safetensors.open(Path.of(weights()))) {
            assertThat(after.names()).contains("layer4.0.downsample.1.running_var");
            for (String name : after.names()) {
                assertThat(after.entry(name).equals(before.entry(name)))
                        .as(name)
                        .isEqualTo(!name.startsWith("fc."));
            }
        }
    }

    @Test
    void textsAreToldApartByBothEncoders() {
        Run run = train(4, "text-classifier");
        assertThat(run.out()).contains("\"test_accuracy\":");
        assertThat(predict("text-classifier", "the film is superb", "").out().lines())
                .hasSize(2);
        assertThat(predict("text-classifier", "--json", "boring").out())
                .startsWith("{\"model\":\"text-classifier\",\"input\":\"boring\",\"class\":\"");
        train("text-classifier", "--encoder", "lstm", "--limit", "100");
        assertThat(predict("text-classifier", "the film is superb").out()).contains("superb: ");
    }

    @Test
    void tablesGiveTheAreaAndAnswerRows() throws IOException {
        Run run = train("tabular");
        assertThat(figure(run.out(), "test_auc")).isBetween(0.6, 1.0);
        train("tabular", "--logistic");
        assertThat(predict("tabular", "C1,2,Month-to-month,110,No").out()).matches("C1.*: (Yes|No) [01]\\.\\d{4}\\R");
        Path file = folder.resolve("rows.csv");
        Files.writeString(file, "Partner,MonthlyCharges,Contract,tenure\nNo,100,One year,3\nYes,,Two year,70\n");
        assertThat(predict("tabular", file.toString()).out()).contains("rows.csv:2: ", "rows.csv:3: ");
        assertOneLine(lanewise(List.of("predict", "tabular", "--load", weights(), "a,b")), 1, "a,b", "tenure");
        assertOneLine(
                lanewise(List.of("train", "tabular", "--data", file.toString(), "--label", "Plan")),
                1,
                "Plan",
                "--label");
    }

    @Test
    void charactersAreForetoldAndWritten() {
        Run run = train("char-gpt", "--limit", "64");
        assertThat(run.out()).contains("\"validation_loss\":");
        assertThat(predict("char-gpt", "the king").out()).startsWith("the king: the king");
        assertOneLine(lanewise(List.of("predict", "char-gpt", "--load", weights(), "QQ#")), 1, "QQ#");
    }

    @Test
    void itemsAreRankedAndRecommended() throws IOException {
        Run run = train("recommender", "--limit", "2000");
        assertThat(figure(run.out(), "test_hr@10")).isBetween(0.05, 1.0);
        assertThat(figure(run.out(), "test_ndcg@10")).isBetween(0.02, 1.0);
        assertThat(predict("recommender", "user7").out().lines())
                .hasSize(10)
                .allMatch(line -> line.matches("user7: item\\d+ [01]\\.\\d{4}"));
        assertOneLine(
                lanewise(List.of("predict", "recommender", "--load", weights(), "me")), 1, "'me'", "943", "user1");
        Path card = folder.resolve("model.safetensors.json");
        Files.writeString(card, Files.readString(card).replace("\"6 ", "\"6 99999 "));
        assertOneLine(lanewise(List.of("predict", "recommender", "--load", weights(), "user7")), 1, "99999", "seen");

        StringBuilder ratings = new StringBuilder();
        for (int i = 0; i < 30; i++) {
            ratings.append(i % 3)
                    .append('\t')
                    .append(i % 20)
                    .append("\t5\t")
                    .append(i)
                    .append('\n');
        }
        Path file = Files.writeString(folder.resolve("u.data"), ratings);
        run = lanewise(List.of("train", "recommender", "--data", folder.toString(), "--epochs", "1"));
        assertThat(run.out()).as(run.err()).contains("test hr@10 ", "epochs of 135 samples");
        Files.writeString(file, "1,2\n");
        assertOneLine(lanewise(List.of("train", "recommender", "--data", file.toString())), 1, "u.data", "line 1");
    }

    @Test
    void pixelsAreToldApart() throws IOException {
        Run run = train("segmentation", "--limit", "16", "--batch", "8");
        assertThat(figure(run.out(), "test_iou")).isBetween(0.0, 1.0);
        assertThat(figure(run.out(), "test_dice")).isBetween(0.0, 1.0);
        assertThat(predict("segmentation", image()).out())
                .matches("(?s).*image\\.png: ground [\\d.]+%, disc [\\d.]+%, square [\\d.]+%, triangle [\\d.]+%\\R");
        assertOneLine(lanewise(List.of("train", "segmentation", "--data", folder.toString())), 1, "images", "masks");

        for (int i = 0; i < 3; i++) {
            BufferedImage picture = new BufferedImage(20, 10, BufferedImage.TYPE_INT_RGB);
            BufferedImage mask = new BufferedImage(20, 10, BufferedImage.TYPE_BYTE_GRAY);
            mask.setRGB(3, 4, 0xffffff);
            Files.createDirectories(folder.resolve("images"));
            Files.createDirectories(folder.resolve("masks"));
            ImageIO.write(picture, "png", folder.resolve("images/" + i + ".png").toFile());
            ImageIO.write(mask, "png", folder.resolve("masks/" + i + ".png").toFile());
        }
        run = lanewise(List.of("train", "segmentation", "--data", folder.toString(), "--epochs", "1"));
        assertThat(run.out()).as(run.err()).contains("grey 0", "grey 255", "epochs of 2 samples");
        Files.delete(folder.resolve("masks/1.png"));
        assertOneLine(
                lanewise(List.of("train", "segmentation", "--data", folder.toString())), 1, "1.png", "no such file");
    }

    @Test
    void wrongUsageIsOneLine() throws IOException {
        assertOneLine(lanewise(List.of("predict", "mnist-mlp", "x.png")), 2, "--load");
        assertOneLine(lanewise(List.of("predict", "mnist-mpl", "--load", "f", "x.png")), 2, "mnist-mpl");
        assertOneLine(lanewise(List.of("predict", "mnist-mlp", "--load", folder + "/f", "x.png")), 1, "f.json");
        assertOneLine(lanewise(List.of("train", "image-folder", "--freeze")), 2, "--freeze", "--load");
        assertOneLine(lanewise(List.of("train", "text-classifier", "--encoder", "gru")), 2, "gru");
        assertOneLine(lanewise(List.of("train", "char-gpt", "--data", folder + "/none")), 1, "none");
        Path card = folder.resolve("model.safetensors.json");
        Files.writeString(card, "{\"model\":[1]}");
        assertOneLine(lanewise(List.of("predict", "tabular", "--load", weights(), "1,2")), 1, "model.safetensors.json");
    }
}
