package dev.lanewise.nn.data.text;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;

/**
 * Maps tokens to numbers, from 0. A vocabulary of words keeps 0 for padding and 1 for tokens it does not know; one of
 * characters has neither.
 */
public final class Vocabulary {
    /** The token that pads short sequences. */
    public static final String PADDING = "<pad>";

    /** The token that stands for all unknown ones. */
    public static final String UNKNOWN = "<unk>";

    private final List<String> tokens;
    private final Map<String, Integer> ids = new HashMap<>();

    /**
     * A vocabulary of the given tokens, numbered in that order: such as the {@link #tokens} of another vocabulary.
     *
     * @param tokens each token once
     * @throws IllegalArgumentException if a token occurs twice
     */
    public Vocabulary(List<String> tokens) {
        Objects.requireNonNull(tokens, "tokens");
        this.tokens = List.copyOf(tokens);
        for (int id = 0; id < tokens.size(); id++) {
            if (ids.put(tokens.get(id), id) != null) {
                throw new IllegalArgumentException(
                        "Vocabulary: found '" + tokens.get(id) + "' twice; expected different tokens; remove one");
            }
        }
    }

    /**
     * Padding, unknown, and the most frequent tokens, equally frequent ones in alphabetical order.
     *
     * @param texts the tokens of every training text
     * @param minimumCount how often a token must occur
     * @param maximumSize the maximum number of tokens, including padding and unknown
     * @return the vocabulary
     */
    public static Vocabulary ofWords(Iterable<List<String>> texts, int minimumCount, int maximumSize) {
        Map<String, Integer> counts = new HashMap<>();
        for (List<String> text : texts) {
            text.forEach(token -> counts.merge(token, 1, Integer::sum));
        }
        counts.keySet().removeAll(List.of(PADDING, UNKNOWN));
        List<String> tokens = new ArrayList<>(List.of(PADDING, UNKNOWN));
        counts.entrySet().stream()
                .filter(entry -> entry.getValue() >= minimumCount)
                .sorted(Comparator.comparingInt((Map.Entry<String, Integer> entry) -> -entry.getValue())
                        .thenComparing(Map.Entry::getKey))
                .limit(Math.max(0, maximumSize - 2))
                .forEach(entry -> tokens.add(entry.getKey()));
        return new Vocabulary(tokens);
    }

    /**
     * The characters of a text, in ascending order.
     *
     * @param text the training text
     * @return the vocabulary
     */
    public static Vocabulary ofCharacters(String text) {
        return new Vocabulary(
                List.copyOf(new TreeSet<>(TextSplitter.characters().tokenize(text))));
    }

    /** {@return the number of tokens, special ones among them} */
    public int size() {
        return tokens.size();
    }

    /** {@return the tokens in the order of their numbers} */
    public List<String> tokens() {
        return tokens;
    }

    /**
     * {@return the token with an id}
     *
     * @param id the id, from 0 to below the size
     */
    public String token(int id) {
        return tokens.get(id);
    }

    /**
     * {@return the number of a token, that of {@link #UNKNOWN} if the token is not in the vocabulary}
     *
     * @param token a token
     * @throws IllegalArgumentException if neither the token nor {@link #UNKNOWN} is in the vocabulary
     */
    public int id(String token) {
        Integer id = ids.getOrDefault(token, ids.get(UNKNOWN));
        if (id == null) {
            throw new IllegalArgumentException("Vocabulary: found '" + token + "'; expected one of its " + size()
                    + " tokens; remove it, or use a vocabulary with " + UNKNOWN);
        }
        return id;
    }

    /**
     * {@return the number of every token, that of {@link #UNKNOWN} for tokens that are not in the vocabulary}
     *
     * @param text tokens
     */
    public int[] encode(List<String> text) {
        return text.stream().mapToInt(this::id).toArray();
    }

    /**
     * {@return the tokens of numbers, joined}
     *
     * @param encoded numbers of tokens
     * @param separator what is put between two tokens
     */
    public String decode(int[] encoded, String separator) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < encoded.length; i++) {
            text.append(i == 0 ? "" : separator).append(token(encoded[i]));
        }
        return text.toString();
    }
}
