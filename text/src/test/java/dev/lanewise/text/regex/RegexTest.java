package dev.lanewise.text.regex;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.text.TokenizerException;
import dev.lanewise.text.unicode.CodePoints;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegexTest {
    private static final List<String> SCANNED = List.of(
            Splits.GPT2,
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+");

    private static final Map<String, Regex> COMPILED = new ConcurrentHashMap<>();

    private static List<String> matches(String expression, String text) {
        int[] cps = CodePoints.of(text);
        List<String> out = new ArrayList<>();
        COMPILED.computeIfAbsent(expression, Regex::compile)
                .forEach(cps, 0, cps.length, (start, end) -> out.add(CodePoints.string(cps, start, end)));
        return out;
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.of(
                        "a",
                        "Z",
                        "é",
                        "'",
                        "s",
                        "LL",
                        "ſ",
                        "1",
                        "²",
                        "٣",
                        " ",
                        "  ",
                        "\n",
                        "\r\n",
                        "\t",
                        "\u00a0",
                        "\u3000",
                        ".",
                        "-",
                        "\u0301",
                        "中",
                        "\uD83D\uDE00",
                        "\uD835\uDFCE",
                        "_",
                        "\u0085",
                        "re",
                        "\u2028")
                .list()
                .ofMaxSize(25)
                .map(parts -> String.join("", parts));
    }

    @Property(tries = 3000)
    void scannersFindWhatTheirExpressionsFind(@ForAll("texts") String text) {
        int[] cps = CodePoints.of(text);
        for (String expression : SCANNED) {
            Splits scanner = Splits.of(expression);
            List<String> scanned = new ArrayList<>();
            for (int at = 0; at < cps.length; ) {
                int end = scanner.end(cps, at, cps.length);
                scanned.add(CodePoints.string(cps, at, end));
                at = end;
            }
            assertThat(scanned).as(expression).isEqualTo(matches(expression, text));
        }
    }

    @Test
    void rubysSyntaxIsNotJavas() {
        assertThat(matches("^.", "a\nb")).containsExactly("a", "b");
        assertThat(matches("\\h+", "xyzAF09")).containsExactly("AF09");
        assertThat(matches("(?m:.)+", "a\nb")).containsExactly("a\nb");
        assertThat(matches("[a-z&&[^b]]+", "abc")).containsExactly("a", "c");
        assertThat(matches("\\s", "\u3000\u0085")).hasSize(2);
        assertThat(matches("(?<=a)b(?!c)|(?>a+)d", "abc abd aad")).containsExactly("b", "aad");
        assertThat(matches("x{2}+", "xxxxx")).containsExactly("xxxx");
    }

    @Test
    void longTextsNeedNoStack() {
        assertThat(matches("(?:a|b)*d", "ab".repeat(300_000) + "d")).hasSize(1);
        assertThat(matches("(?:ab)+", "ab".repeat(300_000))).hasSize(1);
    }

    @Test
    void backtrackingOutOfHandIsAnError() {
        assertThatThrownBy(() -> matches("(?:a+)+b", "a".repeat(60)))
                .isInstanceOf(TokenizerException.class)
                .hasMessageContaining("too long");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(?i)ss",
                "\\p{Nonsense}",
                "(?<=a*)b",
                "[a",
                "(a",
                "a)",
                "*a",
                "\\k<n>",
                "a{5,2}",
                "(?(1)a)",
                "\\p{Lu",
                "[z-a]",
                "\\2",
                "\\",
                "[[:nope:]]",
                "\\X",
                "(?i)\\p{Lu}"
            })
    void whatIsNotSupportedIsNamed(String expression) {
        assertThatThrownBy(() -> Regex.compile(expression))
                .isInstanceOf(TokenizerException.class)
                .hasMessageContaining(expression);
    }

    @Test
    void deepNestingIsAnError() {
        assertThatThrownBy(() -> Regex.compile("(".repeat(5000) + ")".repeat(5000)))
                .isInstanceOf(TokenizerException.class);
        assertThatThrownBy(() -> Regex.compile("(?:(?:a{9999}b){9999}c){9999}")).isInstanceOf(TokenizerException.class);
    }
}
