package dev.lanewise.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HfTokenizerTest {
    private static final String WORDS = """
            {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [
               {"id": 5, "content": "<end>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
             "normalizer": {"type": "Lowercase"}, "pre_tokenizer": {"type": "Whitespace"},
             "post_processor": {"type": "TemplateProcessing",
               "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "<end>", "type_id": 0}}],
               "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
               "special_tokens": {"<end>": {"id": "<end>", "ids": [5], "tokens": ["<end>"]}}},
             "decoder": null,
             "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "a": 1, "cat": 2, "\uD83D\uDE00": 3, "sat": 4}, "unk_token": "[UNK]"}}""";

    private final HfTokenizer tokenizer = HfTokenizer.parse(WORDS);

    @Test
    void offsetsCountCodePointsAndCharOffsetsJavasChars() {
        String text = "\uD83D\uDE00 Cat";
        Encoding encoding = tokenizer.encode(text);
        assertThat(encoding.tokens()).containsExactly("\uD83D\uDE00", "cat", "<end>");
        assertThat(encoding.offsets()).isDeepEqualTo(new int[][] {{0, 1}, {2, 5}, {0, 0}});
        assertThat(encoding.charOffsets()).isDeepEqualTo(new int[][] {{0, 2}, {3, 6}, {0, 0}});
        int[] cat = encoding.charOffsets()[1];
        assertThat(text.substring(cat[0], cat[1])).isEqualTo("Cat");
    }

    @Test
    void unpairedSurrogateCountsAsReplacementCharacter() {
        assertThat(tokenizer.encode("a \uD800 cat").ids())
                .isEqualTo(tokenizer.encode("a \uFFFD cat").ids());
    }

    private static HfTokenizer letters(String normalizer, String template, String decoder) {
        return HfTokenizer.parse("""
                {"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":%s,"pre_tokenizer":null,
                "post_processor":%s,"decoder":%s,
                "model":{"type":"BPE","vocab":{"a":0,"<unk>":1},"merges":[],"unk_token":"<unk>"}}
                """.formatted(normalizer, template, decoder));
    }

    @Test
    void replacementsDoNotGrowWithoutBounds() {
        String doubling = "{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},\"content\":\"aa\"}";
        String forty = String.join(",", Collections.nCopies(40, doubling));
        HfTokenizer growing = letters("{\"type\":\"Sequence\",\"normalizers\":[" + forty + "]}", "null", "null");
        assertThatThrownBy(() -> growing.encode("a"))
                .isInstanceOf(TokenizerException.class)
                .hasMessageContaining("replacements make");
        HfTokenizer decoding = letters("null", "null", "{\"type\":\"Sequence\",\"decoders\":[" + forty + "]}");
        assertThatThrownBy(() -> decoding.decode(new int[] {0}))
                .isInstanceOf(TokenizerException.class)
                .hasMessageContaining("replacements make");
        HfTokenizer eight = letters(
                "{\"type\":\"Sequence\",\"normalizers\":[" + String.join(",", Collections.nCopies(8, doubling)) + "]}",
                "null",
                "null");
        assertThat(eight.encode("aa").size()).isEqualTo(512);
    }

    @Test
    void partsOfATextAreNotCombinedWithoutBounds() {
        String often = String.join(",", Collections.nCopies(6, "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}"));
        HfTokenizer repeating = letters(
                        "null",
                        "{\"type\":\"TemplateProcessing\",\"single\":[" + often
                                + "],\"pair\":[],\"special_tokens\":{}}",
                        "null")
                .withTruncation(Truncation.to(2));
        assertThatThrownBy(() -> repeating.encode("a".repeat(1000)))
                .isInstanceOf(TokenizerException.class)
                .hasMessageContaining("parts of one text");
        assertThatThrownBy(() -> new Padding(Integer.MAX_VALUE, 0, Direction.RIGHT, 0, 0, "a"))
                .isInstanceOf(TokenizerException.class);
    }

    @Test
    void specialTokenInATextIsTextForTextsOfStrangers() {
        assertThat(tokenizer.encode("a<end>", false).ids()).containsExactly(1, 5);
        assertThat(tokenizer.withSpecialTokensAsText().encode("a<end>", false).ids())
                .doesNotContain(5);
    }

    @Test
    void wordsKeepTheirNumbersAndOffsets() {
        Encoding encoding = tokenizer.encodeWords(List.of("a cat", "sat"), true);
        assertThat(encoding.wordIds()).containsExactly(0, 0, 1, -1);
        assertThat(encoding.offsets()[2]).containsExactly(0, 3);
        assertThatThrownBy(encoding::charOffsets)
                .isInstanceOf(TokenizerException.class)
                .hasMessageContaining("words");
    }

    @Test
    void batchEqualsSinglesInOrder() {
        List<String> texts = IntStream.range(0, 500)
                .mapToObj(i -> "a cat sat " + "cat ".repeat(i % 7))
                .toList();
        List<Encoding> batch = tokenizer.encodeBatch(texts, true);
        for (int i = 0; i < texts.size(); i++) {
            assertThat(batch.get(i).ids())
                    .isEqualTo(tokenizer.encode(texts.get(i)).ids());
        }
    }

    @Test
    void batchIsPaddedToItsLongest() {
        List<Encoding> batch =
                tokenizer.withPadding(Padding.toLongest(0, "[UNK]")).encodeBatch(List.of("a", "a cat sat"), true);
        assertThat(batch.getFirst().ids()).containsExactly(1, 5, 0, 0);
        assertThat(batch.getFirst().attentionMask()).containsExactly(1, 1, 0, 0);
    }

    @Test
    void truncationLeavesTheRestAsOverflow() {
        Encoding encoding = tokenizer
                .withTruncation(new Truncation(3, 1, Truncation.Strategy.LONGEST_FIRST, Direction.RIGHT))
                .encode("a cat sat");
        assertThat(encoding.ids()).containsExactly(1, 2, 5);
        assertThat(encoding.overflowing()).hasSize(1);
        assertThat(encoding.overflowing().getFirst().ids()).containsExactly(2, 4, 5);
        assertThatThrownBy(() -> tokenizer.withTruncation(
                        new Truncation(3, 3, Truncation.Strategy.LONGEST_FIRST, Direction.LEFT)))
                .isInstanceOf(TokenizerException.class)
                .hasMessageContaining("stride 3");
    }

    @Test
    void manyThreadsShareOne() throws Exception {
        int[] want = tokenizer.encode("a cat sat").ids();
        List<Thread> threads = new ArrayList<>();
        List<Throwable> errors = Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < 16; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    for (int k = 0; k < 500; k++) {
                        assertThat(tokenizer.encode("a cat sat").ids()).isEqualTo(want);
                    }
                } catch (Throwable e) {
                    errors.add(e);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(errors).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"type\": \"Lowercase\" | \"type\": \"Uppercase\" | `Uppercase`",
                "\"type\": \"Lowercase\" | \"type\": \"Lowercase\", \"strength\": 2 | `strength`",
                "\"type\": \"Whitespace\" | \"type\": \"Whitespaces\" | `Whitespaces`",
                "\"type\": \"WordLevel\" | \"type\": \"WordLevels\" | `WordLevels`",
                "\"decoder\": null | \"decoder\": {\"type\": \"Magic\"} | `Magic`",
                "\"TemplateProcessing\" | \"Other\" | `Other`",
                "\"padding\": null | \"paddings\": null | `paddings`",
                "\"version\": \"1.0\" | \"version\": \"2.0\" | `2.0`",
                "\"cat\": 2 | \"cat\": -2 | `cat`",
                "\"cat\": 2 | \"cat\": 2000000000 | `2000000000`",
                "\"unk_token\": \"[UNK]\" | \"unk_token\": 7 | `unk_token`",
                "\"id\": \"B\", \"type_id\": 1 | \"id\": \"C\", \"type_id\": 1 | `C`",
                "\"vocab\": { | \"vocab\": [{ | `not JSON`",
            })
    void whatIsUnknownOrWrongInAFileIsNamed(String part, String by, String named) {
        String json = WORDS.replace(part, by);
        assertThat(json).isNotEqualTo(WORDS);
        assertThatThrownBy(() -> HfTokenizer.parse(json))
                .isInstanceOf(TokenizerException.class)
                .hasMessageContaining(named);
    }

    @Test
    void hostileFilesEndInOneKindOfError() {
        byte[] bytes = WORDS.getBytes(StandardCharsets.UTF_8);
        for (int cut = 0; cut < bytes.length; cut += 7) {
            byte[] part = java.util.Arrays.copyOf(bytes, cut);
            assertThatThrownBy(() -> HfTokenizer.load(new ByteArrayInputStream(part)))
                    .isInstanceOf(TokenizerException.class);
        }
        assertThatThrownBy(() -> HfTokenizer.parse("[".repeat(100_000))).isInstanceOf(TokenizerException.class);
    }

    @Test
    @Timeout(180)
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void devicesAreNotRead(@TempDir Path folder) throws IOException {
        Path endless = Path.of("/dev/zero");
        Files.createSymbolicLink(folder.resolve("chat_template.jinja"), endless);
        Path silent = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", silent.toString())
                        .start()
                        .onExit()
                        .join()
                        .exitValue())
                .isZero();
        for (ThrowingCallable reading : List.<ThrowingCallable>of(
                () -> HfTokenizer.load(endless),
                () -> HfTokenizer.load(silent),
                () -> SentencePieceTokenizer.load(endless),
                () -> SentencePieceTokenizer.load(silent),
                () -> ChatTemplate.load(folder))) {
            assertThatThrownBy(reading)
                    .isInstanceOf(TokenizerException.class)
                    .hasMessageContaining("a device or a pipe; expected a regular file");
        }
        assertThatThrownBy(() -> SentencePieceTokenizer.load(folder))
                .isInstanceOf(TokenizerException.class)
                .hasMessageContaining("a folder");
    }

    @Test
    void unsupportedTemplateOnlyFailsWhereItIsUsed(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), WORDS);
        Files.writeString(folder.resolve("chat_template.jinja"), "{% include 'other' %}");
        HfTokenizer tokenizer = HfTokenizer.load(folder);
        assertThat(tokenizer.encode("cat", false).ids())
                .isEqualTo(HfTokenizer.parse(WORDS).encode("cat", false).ids());
        ChatTemplate template = tokenizer.chatTemplate();
        for (int use = 0; use < 2; use++) {
            assertThatThrownBy(() -> template.render(List.of(ChatTemplate.message("user", "cat")), true))
                    .isInstanceOf(TokenizerException.class)
                    .hasMessageContaining("`include`")
                    .hasMessageContaining("not supported");
        }
        assertThatThrownBy(() -> ChatTemplate.of("{% include 'other' %}", Map.of()))
                .isInstanceOf(TokenizerException.class)
                .hasMessageContaining("not supported");
    }

    @Test
    void textOfAFileSteersNoTerminal() {
        String bad = "\u001b[2J\n\u009b31m";
        String escaped = "\\u001b[2J\\n\\u009b31m";
        for (String json : List.of(
                WORDS.replace("\"version\"", "\"" + escaped + "\""),
                WORDS.replace("Lowercase", escaped),
                WORDS.replace("\"single_word\"", "\"" + escaped + "\""),
                WORDS.replace("null", "nu\u009b31m"))) {
            assertThatThrownBy(() -> HfTokenizer.parse(json))
                    .isInstanceOf(TokenizerException.class)
                    .message()
                    .matches("\\P{Cc}+");
        }
        for (String template : List.of("{{ " + bad + " }}", "{{ raise_exception('" + bad + "') }}")) {
            assertThatThrownBy(() -> ChatTemplate.of(template, Map.of()).render(List.of(), false))
                    .isInstanceOf(TokenizerException.class)
                    .message()
                    .matches("\\P{Cc}+");
        }
    }

    @Test
    void veryLongTextsOfAnySplitNeedNoStack() {
        String split = WORDS.replace(
                "{\"type\": \"Whitespace\"}",
                "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"(?:a|b|[c-z])+| +\"}, \"behavior\": \"Isolated\", \"invert\": false}");
        Encoding encoding = HfTokenizer.parse(split).encode("ab".repeat(200_000) + " cat", false);
        assertThat(encoding.ids()).containsExactly(0, 0, 2);
    }
}
