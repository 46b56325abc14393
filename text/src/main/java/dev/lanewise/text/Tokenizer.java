package dev.lanewise.text;

import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Turns text into ids and ids into text. Implementations are immutable, so that threads can share them. */
public interface Tokenizer {
    /**
     * Encodes a text with the special tokens that a model expects around it.
     *
     * @param text any text; an unpaired surrogate counts as U+FFFD
     * @return its tokens
     */
    default Encoding encode(String text) {
        return encode(text, true);
    }

    /**
     * Divides a text into tokens and gives their numbers, places and masks.
     *
     * @param text any text; an unpaired surrogate counts as U+FFFD
     * @param addSpecialTokens whether to add the special tokens that a model expects around a text
     * @return its tokens
     */
    Encoding encode(String text, boolean addSpecialTokens);

    /**
     * Encodes many texts, on several threads.
     *
     * @param texts the texts
     * @param addSpecialTokens whether to add the special tokens that a model expects around a text
     * @return the tokens of each, in the order of the texts
     */
    default List<Encoding> encodeBatch(List<String> texts, boolean addSpecialTokens) {
        return IntStream.range(0, texts.size())
                .parallel()
                .mapToObj(i -> encode(texts.get(i), addSpecialTokens))
                .toList();
    }

    /**
     * Joins the texts of tokens to one text, without special tokens.
     *
     * @param ids the ids; those without a token are skipped
     * @return the text
     */
    default String decode(int... ids) {
        Objects.requireNonNull(ids, "ids");
        return decode(ids, true);
    }

    /**
     * Joins the texts of tokens to the text that they stand for.
     *
     * @param ids the ids; those without a token are skipped
     * @param skipSpecialTokens whether special tokens are left out
     * @return the text
     */
    String decode(int[] ids, boolean skipSpecialTokens);

    /**
     * Decodes ids one by one, as a model generates them.
     *
     * @param skipSpecialTokens whether special tokens are left out
     * @return a decoder for one sequence
     */
    default DecodeStream decodeStream(boolean skipSpecialTokens) {
        return new DecodeStream(this, skipSpecialTokens);
    }

    /**
     * {@return the number of a token, or null if there is none}
     *
     * @param token its text in the vocabulary
     */
    @Nullable
    Integer tokenToId(String token);

    /**
     * {@return the token of a number, or null if there is none}
     *
     * @param id the id
     */
    @Nullable
    String idToToken(int id);

    /** {@return how many tokens there are, added ones among them} */
    int vocabularySize();
}
