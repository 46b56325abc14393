package dev.lanewise.nn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.data.text.Sequences;
import dev.lanewise.nn.data.text.TextFiles;
import dev.lanewise.nn.data.text.TextSplitter;
import dev.lanewise.nn.data.text.Vocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextTest {
    @TempDir
    Path folder;

    @Test
    void wordsAreLowerCaseAndPunctuationStandsAlone() {
        assertThat(TextSplitter.words().tokenize("Don't PANIC, it's 42... \u00c9t\u00e9!\n"))
                .containsExactly("don't", "panic", ",", "it's", "42", ".", ".", ".", "\u00e9t\u00e9", "!");
        assertThat(TextSplitter.words().tokenize(" \t")).isEmpty();
    }

    @Test
    void charactersAreCodePoints() {
        assertThat(TextSplitter.characters().tokenize("a \ud83d\ude00\n"))
                .containsExactly("a", " ", "\ud83d\ude00", "\n");
    }

    @Test
    void frequentWordsComeFirstAndRareOnesAreUnknown() {
        List<List<String>> texts = List.of(List.of("b", "a", "c", "<unk>"), List.of("c", "b", "d"));
        Vocabulary words = Vocabulary.ofWords(texts, 1, 5);
        assertThat(words.tokens()).containsExactly("<pad>", "<unk>", "b", "c", "a");
        assertThat(words.encode(List.of("c", "never", "a"))).containsExactly(3, 1, 4);
        assertThat(Vocabulary.ofWords(texts, 2, 100).tokens()).containsExactly("<pad>", "<unk>", "b", "c");
    }

    @Test
    void aVocabularyOfCharactersDecodesWhatItEncodes() {
        Vocabulary characters = Vocabulary.ofCharacters("to be or not");
        assertThat(characters.tokens()).containsExactly(" ", "b", "e", "n", "o", "r", "t");
        int[] encoded = characters.encode(TextSplitter.characters().tokenize("not to"));
        assertThat(characters.decode(encoded, "")).isEqualTo("not to");
        assertThat(new Vocabulary(characters.tokens()).encode(List.of("t"))).containsExactly(6);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> characters.id("x"))
                .withMessageContaining("found 'x'; expected one of its 7 tokens");
        assertThatIllegalArgumentException().isThrownBy(() -> new Vocabulary(List.of("a", "a")));
    }

    @Test
    void sequencesAreCutAndFilledToOneLength() {
        List<int[]> sequences = List.of(new int[] {5, 6, 7, 8}, new int[] {9}, new int[0]);
        assertThat(Sequences.pad(sequences, 3, 0)).containsExactly(5, 6, 7, 9, 0, 0, 0, 0, 0);
        assertThatThrownBy(() -> Sequences.pad(sequences, -1, 0)).hasMessageContaining("sequences: length -1");
        assertThatThrownBy(() -> Sequences.pad(sequences, 1 << 30, 0)).hasMessageContaining("fewer than 2^31");
        assertThat(Sequences.lengths(sequences, 3)).containsExactly(3, 1, 0);
    }

    @Test
    void linesAreStrippedAndBlankOnesLeftOut() throws IOException {
        Path file = Files.writeString(folder.resolve("text"), "one \r\n\n  two\n");
        assertThat(TextFiles.lines(file)).containsExactly("one", "two");
        Files.write(file, new byte[] {'a', (byte) 0xff});
        assertThatThrownBy(() -> TextFiles.read(file)).hasMessageContaining("not UTF-8");
        Files.write(file, new byte[0]);
        assertThatThrownBy(() -> TextFiles.read(file)).hasMessageContaining("found 0 bytes");
    }

    @Test
    void unicodeSpacesSeparateWords() {
        for (String space : List.of(
                "\u00a0", "\u0085", "\u1680", "\u2003", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "\u200b",
                "\ufeff")) {
            assertThat(TextSplitter.words().tokenize("a" + space + "b"))
                    .as("%04x", (int) space.charAt(0))
                    .containsExactly("a", "b");
        }
        assertThat(TextSplitter.words().tokenize("Don't 'go' x'' \ud83d\ude00\u0301 E\u0301te\u0301"))
                .containsExactly("don't", "'", "go", "'", "x", "'", "'", "\ud83d\ude00", "\u0301", "e\u0301te\u0301");
    }

    @Test
    void longRunsOfApostrophesNeedNoStack() {
        assertThat(TextSplitter.words().tokenize("a'".repeat(1_000_000) + "a")).hasSize(1);
        assertThat(TextSplitter.words().tokenize("'".repeat(100_000))).hasSize(100_000);
    }
}
