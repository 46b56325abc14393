package dev.lanewise.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class SentencePieceTokenizerTest {
    private static byte[] model() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        piece(out, "<unk>", 0, 2);
        piece(out, "<s>", 0, 3);
        piece(out, "\u2581a", -1, 1);
        piece(out, "b", -2, 1);
        piece(out, "\u2581", -3, 1);
        return out.toByteArray();
    }

    private static void piece(ByteArrayOutputStream out, String text, float score, int type) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        out.writeBytes(new byte[] {10, (byte) (utf8.length + 9), 10, (byte) utf8.length});
        out.writeBytes(utf8);
        out.write(21);
        out.writeBytes(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(score)
                .array());
        out.writeBytes(new byte[] {24, (byte) type});
    }

    @Test
    void specialTokensAreAddedWhereAsked() {
        SentencePieceTokenizer plain = SentencePieceTokenizer.read(model(), "test.model");
        assertThat(plain.encode("ab <s>").ids()).containsExactly(2, 3, 4, 0);
        SentencePieceTokenizer tokenizer = plain.withSpecialTokens(List.of("<s>"), List.of());
        Encoding encoding = tokenizer.encode("ab");
        assertThat(encoding.ids()).containsExactly(1, 2, 3);
        assertThat(encoding.specialTokensMask()).containsExactly(1, 0, 0);
        assertThat(encoding.offsets()[2]).containsExactly(1, 2);
        assertThat(tokenizer.decode(encoding.ids())).isEqualTo("ab");
        assertThatThrownBy(() -> plain.withSpecialTokens(List.of("</s>"), List.of()))
                .isInstanceOf(TokenizerException.class)
                .hasMessageContaining("</s>");
    }

    @Test
    void sumsOfScoresAreOfSinglePrecision() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        piece(out, "<unk>", 0, 2);
        piece(out, "\u2581x", -7.794f, 1);
        piece(out, "a", -4.864f, 1);
        piece(out, "aaa", -5.847f, 1);
        // the last two could change places, which would be better in double precision only
        SentencePieceTokenizer tokenizer = SentencePieceTokenizer.read(out.toByteArray(), "test.model");
        assertThat(tokenizer.encode("xaaaa").ids()).containsExactly(1, 2, 3);
    }

    @Test
    void brokenFilesEndInOneKindOfError() {
        byte[] model = model();
        for (int i = 0; i < model.length; i++) {
            byte[] broken = model.clone();
            for (int bit = 0; bit < 8; bit++) {
                broken[i] = (byte) (model[i] ^ 1 << bit);
                try {
                    SentencePieceTokenizer.read(broken, "broken.model").encode("ab c");
                } catch (TokenizerException e) {
                    assertThat(e).hasMessageContaining("broken.model");
                }
            }
            byte[] cut = java.util.Arrays.copyOf(model, i);
            try {
                SentencePieceTokenizer.read(cut, "broken.model").encode("ab c");
            } catch (TokenizerException e) {
                assertThat(e).hasMessageContaining("broken.model");
            }
        }
    }
}
