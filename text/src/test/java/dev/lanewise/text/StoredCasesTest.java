package dev.lanewise.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.text.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/** Everything equals what the tokenizers library, SentencePiece and Jinja stored; {@code src/test/python} made the cases. */
class StoredCasesTest {
    @TempDir
    static Path folder;

    private static Path unpacked() throws IOException {
        if (Files.notExists(folder.resolve("tokenizers"))) {
            Path zip = folder.resolve("cases.zip");
            try (InputStream in = StoredCasesTest.class.getResourceAsStream("cases.zip")) {
                Files.copy(in, zip);
            }
            try (FileSystem files = FileSystems.newFileSystem(zip);
                    Stream<Path> all = Files.walk(files.getPath("/"))) {
                for (Path file : all.filter(Files::isRegularFile).toList()) {
                    Path target = folder.resolve(file.toString().substring(1));
                    Files.createDirectories(target.getParent());
                    Files.copy(file, target);
                }
            }
        }
        return folder;
    }

    private static List<Path> children(Path parent) throws IOException {
        try (Stream<Path> all = Files.list(parent)) {
            return all.sorted().toList();
        }
    }

    @TestFactory
    List<DynamicTest> everyPartOfATokenizerDoesWhatTheLibraryDoes() throws IOException {
        List<DynamicTest> out = new ArrayList<>();
        for (Path tokenizer : children(unpacked().resolve("tokenizers"))) {
            out.add(DynamicTest.dynamicTest(
                    tokenizer.getFileName().toString(),
                    () -> check(tokenizer, tokenizer.resolve("cases.jsonl"), tokenizer.resolve("batches.jsonl"))));
        }
        assertThat(out).hasSizeGreaterThan(100);
        return out;
    }

    @TestFactory
    @EnabledIfEnvironmentVariable(named = "LANEWISE_LM_CASES", matches = ".+")
    List<DynamicTest> tokenizersOfTheReferenceDataDoToo() throws IOException {
        List<DynamicTest> out = new ArrayList<>();
        for (Path tokenizer : children(Path.of(System.getenv("LANEWISE_LM_CASES"), "tokenizers"))) {
            out.add(DynamicTest.dynamicTest(
                    tokenizer.getFileName().toString(),
                    () -> check(
                            tokenizer, tokenizer.resolve("cases.jsonl.gz"), tokenizer.resolve("batches.jsonl.gz"))));
        }
        return out;
    }

    private static void check(Path tokenizer, Path cases, Path batches) throws IOException {
        HfTokenizer own = HfTokenizer.load(tokenizer.resolve("tokenizer.json"));
        HfTokenizer plain = own.withTruncation(null).withPadding(null);
        for (Json c : StoredCases.lines(cases)) {
            assertThat(StoredCases.check(plain, c))
                    .as("%s", c.get("text").value())
                    .isEmpty();
            assertStreamEqualsWhole(
                    plain,
                    StoredCases.ints(c.need("ids")).stream().mapToInt(i -> i).toArray());
        }
        if (Files.exists(batches)) {
            for (Json c : StoredCases.lines(batches)) {
                assertThat(StoredCases.checkBatch(own, c)).as("%s", c.value()).isEmpty();
            }
        }
    }

    private static void assertStreamEqualsWhole(HfTokenizer tokenizer, int[] ids) {
        String whole = tokenizer.decode(ids, false);
        if (whole.contains("\uFFFD")) {
            return; // of broken characters, a stream gives each by itself
        }
        DecodeStream stream = tokenizer.decodeStream(false);
        StringBuilder parts = new StringBuilder();
        for (int id : ids) {
            String part = stream.next(id);
            assertThat(part).doesNotEndWith("\uFFFD");
            parts.append(part);
        }
        assertThat(parts.append(stream.finish()).toString()).isEqualTo(whole);
    }

    @TestFactory
    List<DynamicTest> sentencePieceModelsDoWhatSentencePieceDoes() throws IOException {
        List<DynamicTest> out = new ArrayList<>();
        for (Path model : children(unpacked().resolve("sentencepiece"))) {
            out.add(DynamicTest.dynamicTest(
                    model.getFileName().toString(),
                    () -> checkSentencePiece(model.resolve("spm.model"), model.resolve("cases.jsonl"))));
        }
        assertThat(out).isNotEmpty();
        return out;
    }

    @Test
    @EnabledIfEnvironmentVariable(named = "LANEWISE_LM_CASES", matches = ".+")
    void sentencePieceModelsOfTheReferenceDataDoToo() throws IOException {
        Path tokenizers = Path.of(System.getenv("LANEWISE_LM_CASES"), "tokenizers");
        for (String model : List.of("llama2/tokenizer.model", "unigram-precompiled/spiece.model")) {
            Path file = tokenizers.resolve(model);
            checkSentencePiece(file, file.resolveSibling("spm-cases.jsonl.gz"));
        }
    }

    private static void checkSentencePiece(Path model, Path cases) throws IOException {
        SentencePieceTokenizer tokenizer = SentencePieceTokenizer.load(model);
        for (Json c : StoredCases.lines(cases)) {
            Encoding got = tokenizer.encode(c.need("text").string());
            List<Integer> ids = StoredCases.ints(c.need("ids"));
            assertThat(StoredCases.boxed(got.ids())).isEqualTo(ids);
            assertThat(new ArrayList<Object>(got.tokens()))
                    .isEqualTo(c.need("pieces").values());
            assertThat(decode(tokenizer, c.need("ids")))
                    .isEqualTo(c.need("decoded").string());
            if (!c.get("noise").isNull()) {
                assertThat(decode(tokenizer, c.need("noise")))
                        .isEqualTo(c.need("noise_decoded").string());
            }
        }
    }

    private static String decode(Tokenizer tokenizer, Json ids) {
        return tokenizer.decode(StoredCases.ints(ids).stream().mapToInt(i -> i).toArray());
    }

    @Test
    @EnabledIfEnvironmentVariable(named = "LANEWISE_LM_CASES", matches = ".+")
    @SuppressWarnings("unchecked")
    void chatsOfTheReferenceDataAreRendered() throws IOException {
        Path root = Path.of(System.getenv("LANEWISE_LM_CASES"));
        for (Path chat : children(root.resolve("chat"))) {
            ChatTemplate template = ChatTemplate.load(chat);
            for (Json c : StoredCases.lines(chat.resolve("cases.jsonl"))) {
                Map<String, Object> variables = new HashMap<>(c.map());
                variables.keySet().removeAll(List.of("messages", "rendered", "ids", "error", "raised"));
                List<Map<String, Object>> messages =
                        (List<Map<String, Object>>) (List<?>) c.need("messages").values();
                String got;
                try {
                    got = template.render(messages, variables);
                } catch (TokenizerException e) {
                    assertThat(c.get("error").isNull())
                            .as("%s: %s", c.value(), e)
                            .isFalse();
                    if (c.get("raised").bool(false)) {
                        assertThat(e).hasMessage(c.need("error").string());
                    }
                    continue;
                }
                assertThat(got).isEqualTo(c.need("rendered").string());
            }
        }
    }
}
