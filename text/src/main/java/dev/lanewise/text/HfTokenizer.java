package dev.lanewise.text;

import dev.lanewise.text.json.Json;
import dev.lanewise.text.json.JsonFile;
import dev.lanewise.text.pipeline.Encoded;
import dev.lanewise.text.pipeline.Pipeline;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A tokenizer of Hugging Face's format {@code tokenizer.json}: ids, tokens, offsets and decoded texts equal those of
 * the tokenizers library. Anything in the file that is unknown is an error that names it; only a BPE model's dropout,
 * which splits words at random, is not supported. Loading takes the whole vocabulary into memory; encoding allocates
 * little besides its result.
 */
public final class HfTokenizer implements Tokenizer {
    private final Pipeline pipeline;
    private final @Nullable Truncation truncation;
    private final @Nullable Padding padding;
    private final boolean specialAsText;
    private final @Nullable ChatTemplate chatTemplate;

    private HfTokenizer(
            Pipeline pipeline,
            @Nullable Truncation truncation,
            @Nullable Padding padding,
            boolean specialAsText,
            @Nullable ChatTemplate chatTemplate) {
        this.pipeline = pipeline;
        this.truncation = truncation;
        this.padding = padding;
        this.specialAsText = specialAsText;
        this.chatTemplate = chatTemplate;
    }

    /**
     * Loads a tokenizer from a {@code tokenizer.json} or the folder that holds it.
     *
     * @param file a {@code tokenizer.json}, or the folder of a model with one; a chat template is read from
     *     {@code tokenizer_config.json} and {@code chat_template.jinja} next to it
     * @return the tokenizer
     * @throws TokenizerException if there is no such file or something in it is wrong or unknown
     */
    public static HfTokenizer load(Path file) {
        Path json = Files.isDirectory(file) ? file.resolve("tokenizer.json") : file;
        if (!Files.exists(json)) {
            throw new TokenizerException(
                    "there is no " + json + "; SentencePiece's `.model` files are for SentencePieceTokenizer");
        }
        Path folder = json.toAbsolutePath().getParent();
        return of(JsonFile.read(json), folder == null ? null : ChatTemplate.find(folder));
    }

    /**
     * Loads a tokenizer from a stream, which stays open.
     *
     * @param in the bytes of a {@code tokenizer.json}
     * @return the tokenizer, without a chat template
     * @throws TokenizerException if something in it is wrong or unknown
     */
    public static HfTokenizer load(InputStream in) {
        return of(JsonFile.read(in, "tokenizer.json"), null);
    }

    /**
     * Reads a tokenizer from the text of a {@code tokenizer.json}.
     *
     * @param json the text of a {@code tokenizer.json}
     * @return the tokenizer, without a chat template
     * @throws TokenizerException if something in it is wrong or unknown
     */
    public static HfTokenizer parse(String json) {
        Objects.requireNonNull(json, "json");
        return of(JsonFile.read(json, "tokenizer.json"), null);
    }

    private static HfTokenizer of(Json json, @Nullable ChatTemplate template) {
        Pipeline pipeline = new Pipeline(json);
        return new HfTokenizer(
                pipeline, truncation(json.get("truncation")), padding(json.get("padding")), false, template);
    }

    private static @Nullable Truncation truncation(Json json) {
        if (json.isNull()) {
            return null;
        }
        json.only(Set.of("direction", "max_length", "strategy", "stride"));
        Json strategy = json.need("strategy");
        return new Truncation(
                json.need("max_length").index(),
                json.need("stride").index(),
                switch (strategy.string()) {
                    case "LongestFirst" -> Truncation.Strategy.LONGEST_FIRST;
                    case "OnlyFirst" -> Truncation.Strategy.ONLY_FIRST;
                    case "OnlySecond" -> Truncation.Strategy.ONLY_SECOND;
                    default -> throw strategy.expected("LongestFirst, OnlyFirst or OnlySecond");
                },
                direction(json.get("direction")));
    }

    private static Direction direction(Json json) {
        return switch (json.isNull() ? "right" : json.string().toLowerCase(Locale.ROOT)) {
            case "left" -> Direction.LEFT;
            case "right" -> Direction.RIGHT;
            default -> throw json.expected("Left or Right");
        };
    }

    private static @Nullable Padding padding(Json json) {
        if (json.isNull()) {
            return null;
        }
        json.only(Set.of("strategy", "direction", "pad_to_multiple_of", "pad_id", "pad_type_id", "pad_token"));
        Json strategy = json.need("strategy");
        int length = 0;
        if (strategy.value() instanceof String name) {
            if (!name.equals("BatchLongest")) {
                throw strategy.expected("BatchLongest or Fixed");
            }
        } else {
            strategy.only(Set.of("Fixed"));
            length = strategy.need("Fixed").index();
        }
        Json multiple = json.get("pad_to_multiple_of");
        return new Padding(
                length,
                multiple.isNull() ? 0 : multiple.index(),
                direction(json.need("direction")),
                json.need("pad_id").index(),
                json.need("pad_type_id").index(),
                json.need("pad_token").string());
    }

    /**
     * {@return this tokenizer with another truncation; this one stays as it is}
     *
     * @param newTruncation how texts that are too long are cut; null for no truncation
     * @throws TokenizerException if the stride and the special tokens leave no room for the text
     */
    public HfTokenizer withTruncation(@Nullable Truncation newTruncation) {
        if (newTruncation != null) {
            int left = newTruncation.maxLength() - pipeline.addedByTemplate(false);
            if (left < newTruncation.stride()) {
                throw new TokenizerException("truncation: stride " + newTruncation.stride() + " is more than the "
                        + left + " tokens that maxLength " + newTruncation.maxLength()
                        + " leaves beside special tokens");
            }
        }
        return new HfTokenizer(pipeline, newTruncation, padding, specialAsText, chatTemplate);
    }

    /**
     * {@return this tokenizer with another padding; this one stays as it is}
     *
     * @param newPadding how encodings are padded; null for no padding
     */
    public HfTokenizer withPadding(@Nullable Padding newPadding) {
        return new HfTokenizer(pipeline, truncation, newPadding, specialAsText, chatTemplate);
    }

    /**
     * This tokenizer for untrusted texts: what looks like a special token in them is tokenized as ordinary text.
     *
     * @return a tokenizer that shares the vocabulary
     */
    public HfTokenizer withSpecialTokensAsText() {
        return new HfTokenizer(pipeline, truncation, padding, true, chatTemplate);
    }

    /** {@return how texts that are too long are cut, or null if they are not} */
    public @Nullable Truncation truncation() {
        return truncation;
    }

    /** {@return how shorter texts are filled up, or null if they are not} */
    public @Nullable Padding padding() {
        return padding;
    }

    /** {@return the tokens that were added to the vocabulary, special ones among them} */
    public List<AddedToken> addedTokens() {
        return List.copyOf(pipeline.addedTokens());
    }

    /** {@return the template of conversations, or null if the tokenizer has none} */
    public @Nullable ChatTemplate chatTemplate() {
        return chatTemplate;
    }

    @Override
    public Encoding encode(String text, boolean addSpecialTokens) {
        return encoding(text, null, addSpecialTokens);
    }

    /**
     * Divides a pair of texts into tokens, as models that compare two texts expect them.
     *
     * @param text the first text
     * @param pair the second
     * @param addSpecialTokens whether to add the special tokens that a model expects around and between them
     * @return the tokens of both
     * @throws TokenizerException if truncation cannot cut what it may cut to its length
     */
    public Encoding encode(String text, String pair, boolean addSpecialTokens) {
        return encoding(text, pair, addSpecialTokens);
    }

    private Encoding encoding(String text, @Nullable String pair, boolean addSpecialTokens) {
        List<Encoded> one = new ArrayList<>();
        one.add(pipeline.encode(text, pair, addSpecialTokens, truncation, specialAsText));
        if (padding != null) {
            pipeline.pad(one, padding);
        }
        return new Encoding(one.getFirst(), pipeline::name, text, pair);
    }

    /**
     * Encodes a text that is already split into words, such as a sentence whose words have labels.
     *
     * @param words the words
     * @param addSpecialTokens whether to add the special tokens that a model expects around a text
     * @return the tokens; {@link Encoding#wordIds} are positions in the list, offsets count from a word's beginning
     */
    public Encoding encodeWords(List<String> words, boolean addSpecialTokens) {
        List<Encoded> one = new ArrayList<>();
        one.add(pipeline.encodeWords(words, addSpecialTokens, truncation));
        if (padding != null) {
            pipeline.pad(one, padding);
        }
        return new Encoding(one.getFirst(), pipeline::name, null, null);
    }

    @Override
    public List<Encoding> encodeBatch(List<String> texts, boolean addSpecialTokens) {
        return batch(texts, null, addSpecialTokens);
    }

    /**
     * Encodes many pairs of texts, on several threads.
     *
     * @param texts the first texts
     * @param pairs as many second texts
     * @param addSpecialTokens whether to add the special tokens that a model expects around and between them
     * @return the tokens of each pair, in order
     * @throws TokenizerException if the lists differ in length, or as {@link #encode(String, String, boolean)} does
     */
    public List<Encoding> encodeBatch(List<String> texts, List<String> pairs, boolean addSpecialTokens) {
        if (texts.size() != pairs.size()) {
            throw new TokenizerException(
                    "encodeBatch: " + texts.size() + " first texts and " + pairs.size() + " second texts");
        }
        return batch(texts, pairs, addSpecialTokens);
    }

    private List<Encoding> batch(List<String> texts, @Nullable List<String> pairs, boolean addSpecialTokens) {
        List<Encoded> all = new ArrayList<>(IntStream.range(0, texts.size())
                .parallel()
                .mapToObj(i -> pipeline.encode(
                        texts.get(i), pairs == null ? null : pairs.get(i), addSpecialTokens, truncation, specialAsText))
                .toList());
        if (padding != null) {
            pipeline.pad(all, padding);
        }
        List<Encoding> out = new ArrayList<>(all.size());
        for (int i = 0; i < all.size(); i++) {
            out.add(new Encoding(all.get(i), pipeline::name, texts.get(i), pairs == null ? null : pairs.get(i)));
        }
        return List.copyOf(out);
    }

    @Override
    public String decode(int[] ids, boolean skipSpecialTokens) {
        return pipeline.decode(ids, 0, ids.length, skipSpecialTokens);
    }

    @Override
    public @Nullable Integer tokenToId(String token) {
        return pipeline.id(token);
    }

    @Override
    public @Nullable String idToToken(int id) {
        return pipeline.token(id);
    }

    @Override
    public int vocabularySize() {
        return pipeline.size();
    }
}
