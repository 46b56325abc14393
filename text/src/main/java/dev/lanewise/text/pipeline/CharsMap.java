package dev.lanewise.text.pipeline;

import dev.lanewise.text.TokenizerException;
import dev.lanewise.text.json.Json;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** SentencePiece's map of characters: a double-array trie over UTF-8 whose values point into a list of texts. */
public final class CharsMap {
    private final int[] units;
    private final byte[] texts;

    private CharsMap(int[] units, byte[] texts) {
        this.units = units;
        this.texts = texts;
    }

    static CharsMap ofBase64(Json json) {
        try {
            return of(Base64.getDecoder().decode(json.string()), json.path());
        } catch (IllegalArgumentException e) {
            throw json.error("is not base 64: " + e.getMessage());
        }
    }

    /** Reads a map: the trie's size in bytes, the trie, the texts with zeros between. */
    public static CharsMap of(byte[] blob, String path) {
        ByteBuffer in = ByteBuffer.wrap(blob).order(ByteOrder.LITTLE_ENDIAN);
        int size = blob.length < 4 ? -1 : in.getInt();
        if (size < 4 || size % 4 != 0 || size > blob.length - 4) {
            throw new TokenizerException(
                    path + ": no map of characters: " + blob.length + " bytes, of them a trie of " + size);
        }
        int[] units = new int[size / 4];
        in.asIntBuffer().get(units);
        byte[] texts = new byte[blob.length - 4 - size];
        in.position(4 + size).get(texts);
        return new CharsMap(units, texts);
    }

    /**
     * A prefix of UTF-8 bytes that has a replacement.
     *
     * @param length its bytes
     * @param text the replacement
     */
    public record Prefix(int length, String text) {}

    /** The longest or the shortest prefix of [start, end) that has a replacement; null if none has. */
    public @Nullable Prefix prefix(byte[] bytes, int start, int end, boolean longest) {
        int node = offset(units[0]);
        int length = 0;
        int value = -1;
        for (int i = start; i < end && bytes[i] != 0; i++) {
            node ^= bytes[i] & 0xFF;
            if (node >= units.length) {
                break;
            }
            int unit = units[node];
            if ((unit & 0x8000_00FF) != (bytes[i] & 0xFF)) {
                break;
            }
            node ^= offset(unit);
            if ((unit >>> 8 & 1) == 1 && node < units.length) {
                value = units[node] & 0x7FFF_FFFF;
                length = i + 1 - start;
                if (!longest) {
                    break;
                }
            }
        }
        return value < 0 ? null : new Prefix(length, text(value));
    }

    private static int offset(int unit) {
        // a broken map may point anywhere; positions are checked where they are used
        return unit >>> 10 << ((unit & 1 << 9) >>> 6) & Integer.MAX_VALUE;
    }

    private String text(int from) {
        int start = Math.min(from, texts.length);
        int end = start;
        while (end < texts.length && texts[end] != 0) {
            end++;
        }
        return new String(texts, start, end - start, StandardCharsets.UTF_8);
    }
}
