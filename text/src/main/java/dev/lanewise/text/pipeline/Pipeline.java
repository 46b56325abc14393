package dev.lanewise.text.pipeline;

import dev.lanewise.text.AddedToken;
import dev.lanewise.text.Direction;
import dev.lanewise.text.Padding;
import dev.lanewise.text.TokenizerException;
import dev.lanewise.text.Truncation;
import dev.lanewise.text.json.Json;
import dev.lanewise.text.model.Bpe;
import dev.lanewise.text.model.Model;
import dev.lanewise.text.model.TokenList;
import dev.lanewise.text.model.Unigram;
import dev.lanewise.text.model.Vocabulary;
import dev.lanewise.text.model.WordLevel;
import dev.lanewise.text.model.WordPiece;
import dev.lanewise.text.unicode.CodePoints;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The way from a text to an encoding and back. Immutable. */
public final class Pipeline {
    private final AddedVocabulary added;
    private final @Nullable Normalizer normalizer;
    private final List<PreTokenizer> preTokenizers;
    private final Vocabulary vocabulary;
    /** The model, or its form for words whose bytes are not rewritten. */
    private final Model model;

    private final @Nullable PostProcessor postProcessor;
    private final @Nullable Decoder decoder;

    /** Reads a tokenizer's file. */
    public Pipeline(Json json) {
        json.only(Set.of(
                "version",
                "truncation",
                "padding",
                "added_tokens",
                "normalizer",
                "pre_tokenizer",
                "post_processor",
                "decoder",
                "model"));
        Json version = json.get("version");
        if (!version.isNull() && !version.string().equals("1.0")) {
            throw version.expected("version 1.0");
        }
        Model whole = model(json.need("model"));
        vocabulary = whole.vocabulary();
        normalizer = json.get("normalizer").isNull() ? null : Normalizer.of(json.get("normalizer"));
        List<PreTokenizer> parts = new ArrayList<>();
        if (!json.get("pre_tokenizer").isNull()) {
            parts.addAll(PreTokenizer.of(json.get("pre_tokenizer")));
        }
        Model raw = whole.byteLevel();
        if (raw != null
                && !parts.isEmpty()
                && parts.getLast() instanceof PreTokenizer.ByteLevel last
                && parts.stream()
                                .filter(p -> p instanceof PreTokenizer.ByteLevel)
                                .count()
                        == 1) {
            parts.set(parts.size() - 1, last.withoutRewriting());
            whole = raw;
        }
        model = whole;
        preTokenizers = List.copyOf(parts);
        added = AddedVocabulary.of(json.get("added_tokens"), vocabulary, normalizer);
        postProcessor =
                json.get("post_processor").isNull() ? null : PostProcessor.of(json.get("post_processor"), this::name);
        decoder = json.get("decoder").isNull() ? null : Decoder.of(json.get("decoder"));
    }

    private static Model model(Json json) {
        Json type = json.get("type");
        return switch (type.isNull() ? guessed(json) : type.string()) {
            case "BPE" -> Bpe.of(json);
            case "WordPiece" -> WordPiece.of(json);
            case "WordLevel" -> WordLevel.of(json);
            case "Unigram" -> Unigram.of(json);
            default -> throw type.error("the model " + type.type() + " is unknown");
        };
    }

    /** Files of old versions do not name the model. */
    private static String guessed(Json json) {
        if (json.map().containsKey("merges")) {
            return "BPE";
        }
        if (json.need("vocab").value() instanceof List<?>) {
            return "Unigram";
        }
        return json.map().containsKey("continuing_subword_prefix") ? "WordPiece" : "WordLevel";
    }

    /** The text of an id in an encoding; null if there is no such id. */
    public @Nullable String name(int id) {
        String own = vocabulary.token(id);
        return own != null ? own : added.text(id);
    }

    /** The id of a token; null if there is none. */
    public @Nullable Integer id(String token) {
        Integer own = added.id(token);
        return own != null ? own : vocabulary.id(token);
    }

    /** The text of an id for decoding. */
    public @Nullable String token(int id) {
        String own = added.text(id);
        return own != null ? own : vocabulary.token(id);
    }

    /** How many tokens there are, including added ones. */
    public int size() {
        int more = 0;
        for (AddedToken token : added.tokens()) {
            if (vocabulary.id(token.content()) == null) {
                more++;
            }
        }
        return vocabulary.size() + more;
    }

    /** The added tokens. */
    public List<AddedToken> addedTokens() {
        return added.tokens();
    }

    /** How many tokens the post-processor adds. */
    public int addedByTemplate(boolean pair) {
        return postProcessor == null ? 0 : postProcessor.added(pair);
    }

    /** Encodes one text or a pair, truncated if requested, but not padded. */
    public Encoded encode(
            String text,
            @Nullable String pair,
            boolean addSpecial,
            @Nullable Truncation truncation,
            boolean specialAsText) {
        Encoded first = sequence(List.of(text), 0, false, truncation, specialAsText);
        Encoded second = pair == null ? null : sequence(List.of(pair), 1, false, truncation, specialAsText);
        return finish(first, second, addSpecial, truncation);
    }

    /** Encodes words; a token's word is its number among them, and offsets count from the word's beginning. */
    public Encoded encodeWords(List<String> words, boolean addSpecial, @Nullable Truncation truncation) {
        return finish(sequence(words, 0, true, truncation, false), null, addSpecial, truncation);
    }

    private Encoded sequence(
            List<String> parts, int type, boolean words, @Nullable Truncation truncation, boolean specialAsText) {
        List<Encoded> all = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            TokenList tokens = tokens(parts.get(i), type, words ? i : -1, truncation, specialAsText);
            all.add(Encoded.of(tokens, type));
        }
        return Encoded.merged(all);
    }

    private TokenList tokens(String text, int type, int word, @Nullable Truncation truncation, boolean specialAsText) {
        int[] cps = CodePoints.of(text);
        Pieces pieces = added.cut(cps, normalizer, specialAsText);
        for (PreTokenizer part : preTokenizers) {
            pieces = part.apply(pieces);
        }
        TokenList out = new TokenList(cps.length / 3);
        // as in the library, words beyond the limit are not processed, so that they are in no overflowing part either
        boolean limited = truncation != null && (truncation.strategy() != Truncation.Strategy.ONLY_SECOND || type != 0);
        int limit = limited && truncation != null ? truncation.maxLength() : Integer.MAX_VALUE;
        if (limited && truncation != null && truncation.direction() == Direction.LEFT) {
            return fromRight(pieces, word, limit);
        }
        for (int i = 0; i < pieces.count(); i++) {
            piece(pieces, i, word, out);
            if (out.size() >= limit && pieces.token(i) < 0) {
                break;
            }
        }
        return out;
    }

    private TokenList fromRight(Pieces pieces, int word, int limit) {
        List<TokenList> parts = new ArrayList<>();
        int total = 0;
        int first = pieces.count();
        for (int i = pieces.count() - 1; i >= 0; i--) {
            TokenList part = new TokenList(8);
            piece(pieces, i, word, part);
            total += part.size();
            parts.add(part);
            first = i;
            if (total >= limit && pieces.token(i) < 0) {
                break;
            }
        }
        TokenList out = new TokenList(total);
        for (TokenList part : parts.reversed()) {
            append(part, word < 0 ? first : 0, out);
        }
        return out;
    }

    /** Words are numbered from the first that was processed. */
    private static void append(TokenList part, int shift, TokenList out) {
        for (int i = 0; i < part.size(); i++) {
            String surface = part.surfaces == null ? null : part.surfaces[i];
            if (surface == null) {
                out.add(part.ids[i], part.starts[i], part.ends[i]);
            } else {
                out.add(part.ids[i], part.starts[i], part.ends[i], surface);
            }
            out.words[out.size() - 1] = part.words[i] - shift;
        }
    }

    private void piece(Pieces pieces, int i, int word, TokenList out) {
        Aligned buffer = pieces.buffer(i);
        int start = pieces.start(i);
        int end = pieces.end(i);
        int from = out.size();
        if (pieces.token(i) >= 0) {
            addedToken(pieces.token(i), buffer, start, end, out);
        } else {
            model.tokenize(buffer.cps, start, end, out);
        }
        int number = word < 0 ? i : word;
        for (int k = from; k < out.size(); k++) {
            out.words[k] = number;
            int first = out.starts[k];
            int last = out.ends[k] - 1;
            out.starts[k] = buffer.from(first);
            out.ends[k] = buffer.to(last);
        }
    }

    private void addedToken(int id, Aligned buffer, int start, int end, TokenList out) {
        String text = CodePoints.string(buffer.cps, start, end);
        if (text.equals(name(id))) {
            out.add(id, start, end);
        } else {
            out.add(id, start, end, text);
        }
    }

    private Encoded finish(
            Encoded first, @Nullable Encoded second, boolean addSpecial, @Nullable Truncation truncation) {
        List<Encoded> encodings = new ArrayList<>(second == null ? List.of(first) : List.of(first, second));
        if (truncation != null) {
            int more = addSpecial ? addedByTemplate(second != null) : 0;
            if (more > truncation.maxLength()) {
                throw new TokenizerException("truncation: maxLength " + truncation.maxLength() + " is less than the "
                        + more + " special tokens alone");
            }
            Truncations.apply(encodings, truncation, truncation.maxLength() - more);
        }
        if (postProcessor == null) {
            if (encodings.size() > 1) {
                encodings.get(0).setRange(0);
                encodings.get(1).setRange(1);
            }
            return Encoded.merged(encodings);
        }
        for (int i = 0; i < encodings.size(); i++) {
            Encoded encoded = encodings.get(i);
            encoded.setRange(i);
            for (Encoded part : encoded.overflowing) {
                part.setRange(i);
            }
            Arrays.fill(encoded.types, i);
        }
        return Encoded.merged(postProcessor.process(encodings, addSpecial));
    }

    /** Pads encodings to the same length. */
    public void pad(List<Encoded> encodings, Padding padding) {
        int length = padding.length() > 0
                ? padding.length()
                : encodings.stream().mapToInt(Encoded::size).max().orElse(0);
        int multiple = padding.multipleOf();
        if (multiple > 0 && length % multiple > 0) {
            length += multiple - length % multiple;
        }
        String surface = padding.token().equals(name(padding.id())) ? null : padding.token();
        for (int i = 0; i < encodings.size(); i++) {
            encodings.set(
                    i, encodings.get(i).padded(length, padding.id(), padding.typeId(), surface, padding.direction()));
        }
    }

    /** Decodes ids; an id without a token is skipped. */
    public String decode(int[] ids, int from, int to, boolean skipSpecial) {
        List<String> tokens = new ArrayList<>(to - from);
        for (int i = from; i < to; i++) {
            String token = token(ids[i]);
            if (token != null && !(skipSpecial && added.isSpecial(token))) {
                tokens.add(token);
            }
        }
        return decoder == null ? String.join(" ", tokens) : String.join("", decoder.decode(tokens));
    }
}
