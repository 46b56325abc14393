package dev.lanewise.text;

import dev.lanewise.text.pipeline.Encoded;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** The tokens of a text or a pair of texts. Immutable; arrays are copies. */
public final class Encoding {
    private final Encoded encoded;
    private final IntFunction<@Nullable String> names;
    private final @Nullable String first;
    private final @Nullable String second;

    Encoding(Encoded encoded, IntFunction<@Nullable String> names, @Nullable String first, @Nullable String second) {
        this.encoded = encoded;
        this.names = names;
        this.first = first;
        this.second = second;
    }

    /** {@return the number of tokens, special ones and padding among them} */
    public int size() {
        return encoded.size();
    }

    /** {@return the numbers of the tokens, in order} */
    public int[] ids() {
        return encoded.ids.clone();
    }

    /**
     * The texts of the tokens as the vocabulary writes them.
     *
     * @return a text per token
     */
    public List<String> tokens() {
        List<String> out = new ArrayList<>(size());
        for (int i = 0; i < size(); i++) {
            String own = encoded.surfaces == null ? null : encoded.surfaces[i];
            String name = own == null ? names.apply(encoded.ids[i]) : own;
            out.add(name == null ? "" : name);
        }
        return List.copyOf(out);
    }

    /**
     * The text that each token belongs to, as models expect it.
     *
     * @return a type per token: 0 for the first text, 1 for the second, or what a template says
     */
    public int[] typeIds() {
        return encoded.types.clone();
    }

    /**
     * Which tokens a model should attend to.
     *
     * @return 1 per token, 0 per padding
     */
    public int[] attentionMask() {
        return encoded.attention.clone();
    }

    /**
     * Which tokens were added around the texts.
     *
     * @return 1 per special token or padding, 0 per token of a text
     */
    public int[] specialTokensMask() {
        return encoded.special.clone();
    }

    /**
     * Which word of its text every token belongs to.
     *
     * @return a number from 0 per token, -1 for special tokens
     */
    public int[] wordIds() {
        return encoded.words.clone();
    }

    /**
     * Which text of a pair every token comes from.
     *
     * @return 0 or 1 per token, -1 for special tokens
     */
    public int[] sequenceIds() {
        int[] out = new int[size()];
        boolean known = encoded.rangeStarts[0] >= 0 || encoded.rangeStarts[1] >= 0;
        Arrays.fill(out, known ? -1 : 0);
        for (int s = 0; s < 2; s++) {
            if (encoded.rangeStarts[s] >= 0) {
                Arrays.fill(out, encoded.rangeStarts[s], encoded.rangeEnds[s], s);
            }
        }
        return out;
    }

    /**
     * Where each token is in its text, counted in Unicode code points as Hugging Face's tokenizers do.
     *
     * @return begin and end per token, (0, 0) for special tokens
     */
    public int[][] offsets() {
        int[][] out = new int[size()][];
        for (int i = 0; i < out.length; i++) {
            out[i] = new int[] {encoded.starts[i], encoded.ends[i]};
        }
        return out;
    }

    /**
     * Where each token is in its text, counted in Java's chars: {@code text.substring(begin, end)}. It differs from
     * {@link #offsets} after characters such as emoji, which take two chars.
     *
     * @return begin and end per token, (0, 0) for special tokens
     * @throws TokenizerException if the encoding is not of one or two whole texts
     */
    public int[][] charOffsets() {
        int[][] out = offsets();
        int[] sequences = sequenceIds();
        CharPositions one = positions(first);
        CharPositions two = second == null ? one : positions(second);
        for (int i = 0; i < out.length; i++) {
            CharPositions positions = sequences[i] == 1 ? two : one;
            out[i][0] = positions.of(out[i][0]);
            out[i][1] = positions.of(out[i][1]);
        }
        return out;
    }

    private static CharPositions positions(@Nullable String text) {
        if (text == null) {
            throw new TokenizerException("charOffsets: the encoding is of words, whose offsets count from each word");
        }
        return new CharPositions(text);
    }

    /** Chars before every code point of a text. */
    private static final class CharPositions {
        private final int @Nullable [] positions;

        CharPositions(String text) {
            int points = text.codePointCount(0, text.length());
            if (points == text.length()) {
                positions = null;
                return;
            }
            int[] all = new int[points + 1];
            int at = 0;
            for (int i = 0; i < points; i++) {
                all[i] = at;
                at += Character.charCount(text.codePointAt(at));
            }
            all[points] = at;
            positions = all;
        }

        int of(int point) {
            return positions == null ? point : positions[Math.min(point, positions.length - 1)];
        }
    }

    /**
     * The parts that truncation cut off, each with its own special tokens.
     *
     * @return the parts; empty if nothing was cut off
     */
    public List<Encoding> overflowing() {
        List<Encoding> out = new ArrayList<>(encoded.overflowing.size());
        for (Encoded part : encoded.overflowing) {
            out.add(new Encoding(part, names, first, second));
        }
        return List.copyOf(out);
    }

    @Override
    public String toString() {
        return "Encoding of " + size() + " tokens";
    }
}
