package dev.lanewise.text.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.text.TokenizerException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonFileTest {
    /** Each takes many times its length. */
    @ParameterizedTest
    @ValueSource(strings = {"{}", "[]", "1", "\"\"", "\"ab\"", "{\"\":0}", "null", "0.5"})
    void treesAreBoundedByTheHeapThatTheyTake(String element) {
        String text = "[" + (element + ",").repeat(9_999) + element + "]";
        assertThat(JsonFile.read(text, "x").list()).hasSize(10_000);
        assertThatThrownBy(() -> JsonFile.read(text, "x", 200_000))
                .isInstanceOf(TokenizerException.class)
                .hasMessageContaining("more than half of the Java heap");
    }
}
