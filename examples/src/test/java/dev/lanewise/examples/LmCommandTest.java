package dev.lanewise.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.lm.Models;
import dev.lanewise.lm.TextEncoder;
import dev.lanewise.lm.adapter.Lora;
import dev.lanewise.lm.adapter.LoraConfig;
import dev.lanewise.nn.Checkpoint;
import dev.lanewise.onnx.OnnxModel;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.text.Encoding;
import dev.lanewise.text.HfTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LmCommandTest {
    @TempDir
    private Path folder;

    private static String lanewise(String... args) {
        return Run.successful(args);
    }

    @Test
    void textsAreFoundByTheirMeaning() throws IOException {
        SmallEncoder.write(folder, 16);
        List<String> texts = new ArrayList<>();
        for (String first : SmallEncoder.WORDS.subList(4, 12)) {
            for (String second : SmallEncoder.WORDS.subList(4, 12)) {
                texts.add(first + " " + second);
            }
        }
        Path file = Files.write(folder.resolve("texts.txt"), texts);
        String found = lanewise(
                "lm",
                "search",
                folder.toString(),
                "--file",
                file.toString(),
                "--query",
                "ships sail",
                "--top",
                "2",
                "--probes",
                "8",
                "--recall",
                "20",
                "--json");
        List<String> lines = found.lines().toList();
        assertThat(lines).hasSize(3);
        assertThat(lines.getFirst()).contains("\"text\":\"ships sail\"");
        // all cells are looked into
        assertThat(lines.getLast()).contains("\"recall\":1.0");
        String few = lanewise(
                "lm", "search", folder.toString(), "--file", file.toString(), "--probes", "1", "--recall", "64");
        Matcher recall = Pattern.compile("with 1 of 8 cells: (\\S+)").matcher(few);
        assertThat(recall.find()).as(few).isTrue();
        assertThat(Double.parseDouble(recall.group(1))).isBetween(0.2, 0.999);
        Path csv =
                Files.writeString(folder.resolve("texts.csv"), "\"1\",\"cats\",\"sleep\"\n\"2\",\"ships\",\"sail\"\n");
        assertThat(lanewise(
                        "lm",
                        "search",
                        folder.toString(),
                        "--file",
                        csv.toString(),
                        "--query",
                        "cats sleep",
                        "--top",
                        "1"))
                .contains("  1.000  cats sleep");
    }

    @Test
    void aNewHeadLearnsClasses() throws IOException {
        SmallEncoder.write(folder, 16);
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 96; i++) {
            boolean animal = i % 2 == 0;
            String word = SmallEncoder.WORDS.get((animal ? 4 : 8) + i / 2 % 4);
            lines.add((animal ? "0" : "1") + "\t" + word + " " + word);
        }
        Path data = Files.write(folder.resolve("data.tsv"), lines);
        Path adapter = folder.resolve("adapter");
        String said = lanewise(
                "lm",
                "finetune",
                folder.toString(),
                "--data",
                data.toString(),
                "--test",
                data.toString(),
                "--classes",
                "2",
                "--epochs",
                "6",
                "--batch",
                "8",
                "--rate",
                "1e-2",
                "--output",
                adapter.toString());
        assertThat(said).contains("accuracy 1.0000");
        assertThat(Files.readString(adapter.resolve("adapter_config.json"))).contains("\"classifier\"");
        String texts = Files.writeString(folder.resolve("texts"), "cats run\nships sail\n")
                .toString();
        List<String> classes = lanewise(
                        "lm",
                        "classify",
                        folder.toString(),
                        "--classes",
                        "2",
                        "--adapter",
                        adapter.toString(),
                        "--file",
                        texts)
                .lines()
                .toList();
        assertThat(classes).hasSize(2);
        assertThat(classes.getFirst()).startsWith("0  ").endsWith("\tcats run");
        assertThat(classes.getLast()).startsWith("1  ").endsWith("\tships sail");
        // a classifier's adapter does not fit the encoder alone
        assertThat(Run.of(List.of(), "lm", "embed", folder.toString(), "--file", texts, "--adapter", adapter.toString())
                        .err()
                        .lines())
                .hasSize(1);
    }

    @Test
    void adaptersOfEveryKindAreTrainedAndRead() throws IOException {
        SmallEncoder.write(folder, 16);
        String model = folder.toString();
        Path data = Files.writeString(folder.resolve("data.tsv"), "0\tcats run\n1\tships sail\n".repeat(8));
        String texts = Files.writeString(folder.resolve("texts"), "cats run\n").toString();
        for (String settings : List.of(
                "r=2,kind=rslora,dropout=0.1,bias=adapted",
                "r=2,kind=dora,alpha=4,bias=all,target=query+output.dense",
                "r=2,target=all-linear",
                "r=2,kind=adalora",
                "kind=ia3",
                "kind=ia3,target=all-linear")) {
            String adapter = folder.resolve("adapter " + settings).toString();
            String said = lanewise(
                    "lm",
                    "finetune",
                    model,
                    "--data",
                    data.toString(),
                    "--classes",
                    "2",
                    "--epochs",
                    "4",
                    "--batch",
                    "4",
                    "--output",
                    adapter,
                    "--lora",
                    settings,
                    "--json");
            assertThat(said.lines()).as(settings).hasSize(17);
            assertThat(said.lines().toList().getLast()).contains("\"numbers\":");
            String json = lanewise(
                    "lm", "classify", model, "--classes", "2", "--adapter", adapter, "--file", texts, "--json");
            assertThat(json).as(settings).contains("\"probabilities\":[");
        }
        assertThat(Files.readString(folder.resolve("adapter r=2,kind=adalora").resolve("adapter_config.json")))
                .contains("\"peft_type\":\"ADALORA\"", "\"init_r\":3", "\"target_r\":2", "false]");
        assertThat(Files.readString(folder.resolve("adapter kind=ia3").resolve("adapter_config.json")))
                .contains("\"peft_type\":\"IA3\"", "\"feedforward_modules\":[\"output.dense\"]");
    }

    @Test
    void decodersAnswerInJsonToo() throws IOException {
        SmallEncoder.write(folder, 16);
        Path config = folder.resolve("config.json");
        Files.writeString(config, """
                {"model_type":"gpt2","architectures":["GPT2LMHeadModel"],"vocab_size":12,"n_embd":8,"n_layer":1,"n_head":2,
                "n_positions":16}
                """);
        Checkpoint.saveWeights(folder.resolve("model.safetensors"), Models.untrained(config, new Rng(3)));
        Files.writeString(folder.resolve("chat_template.jinja"), "{{ messages[-1].content }}");
        String said = lanewise("lm", "generate", folder.toString(), "--prompt", "cats run", "--json");
        // four tokens of the prompt, twelve more, and one that has no position of its own
        assertThat(said).contains("\"prompt\":\"cats run\"", "\"tokens\":13", "\"seconds\":");
        InputStream in = System.in;
        try {
            System.setIn(new ByteArrayInputStream("ships sail\ncats\n".getBytes(StandardCharsets.UTF_8)));
            List<String> answers = lanewise("lm", "chat", folder.toString(), "--tokens", "2", "--json")
                    .lines()
                    .toList();
            assertThat(answers).hasSize(2);
            assertThat(answers.getFirst()).startsWith("{\"message\":\"ships sail\",\"answer\":\"");
        } finally {
            System.setIn(in);
        }
    }

    @Test
    void adaptersChangeVectors() throws IOException {
        SmallEncoder.write(folder, 16);
        Lora lora = Lora.apply(Models.load(folder), LoraConfig.lora(2, 4, "query"));
        lora.parameters()
                .forEach(parameter ->
                        parameter.tensor().assign(parameter.tensor().onesLike()));
        Path adapter = folder.resolve("adapter");
        lora.save(adapter);
        String texts = Files.writeString(folder.resolve("texts"), "cats run\nships sail\n")
                .toString();
        String plain = lanewise("lm", "embed", folder.toString(), "--file", texts);
        String adapted = lanewise("lm", "embed", folder.toString(), "--file", texts, "--adapter", adapter.toString());
        assertThat(adapted).contains("\"text\":\"ships sail\"").isNotEqualTo(plain);
        String file = folder.resolve("vectors.npy").toString();
        assertThat(lanewise("lm", "embed", folder.toString(), "--file", texts, "--output", file, "--json"))
                .contains("\"vectors\":2", "\"size\":16");
        String empty = Files.writeString(folder.resolve("empty"), "").toString();
        Run run = Run.of(List.of(), "lm", "search", folder.toString(), "--file", empty, "--query", "a");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("0 bytes");
    }

    /** The real model is not in the repository. */
    @Test
    void miniLmAsAnEncoderEqualsItsGraph() throws IOException {
        String named = System.getenv("LANEWISE_MINILM");
        assumeTrue(named != null, "LANEWISE_MINILM names no file all-minilm-l6-v2.onnx");
        Path file = Path.of(Objects.requireNonNull(named));
        Path tokenizer = file.resolveSibling("all-minilm-l6-v2-tokenizer.json");
        lanewise(
                "lm",
                "import",
                file.toString(),
                "--tokenizer",
                tokenizer.toString(),
                "--heads",
                "12",
                "--output",
                folder.toString());
        List<String> texts = List.of(
                "A rocket carries people into space.",
                "Eine Rakete bringt Menschen ins All.",
                "",
                "int main() { return 0; }",
                "The committee met for the third time this week, and once more the members could not agree on the wording"
                        + " of a single sentence; the chair adjourned the meeting shortly before midnight.");
        float[][] got = TextEncoder.load(folder).embed(texts);
        OnnxModel graph = OnnxModel.load(file);
        HfTokenizer words = HfTokenizer.load(tokenizer).withPadding(null).withTruncation(null);
        for (int i = 0; i < texts.size(); i++) {
            Encoding encoding = words.encode(texts.get(i), true);
            long[] ids = new long[encoding.size()];
            for (int t = 0; t < ids.length; t++) {
                ids[t] = encoding.ids()[t];
            }
            Tensor tokens = Tensor.of(ids, 1, ids.length);
            Tensor states = Objects.requireNonNull(graph.forward(Map.of(
                            "input_ids",
                            tokens,
                            "attention_mask",
                            tokens.onesLike(),
                            "token_type_ids",
                            tokens.zerosLike()))
                    .get("output_0"));
            Tensor mean = states.mean(1).select(0, 0);
            Tensor want = mean.div(mean.norm(-1, Keep.KEEP));
            double cosine = want.mul(Tensor.of(got[i])).to(DType.F64).sum().item();
            assertThat(cosine).as(texts.get(i)).isCloseTo(1, within(1e-5));
        }
    }
}
