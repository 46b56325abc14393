package dev.lanewise.text;

import dev.lanewise.text.json.RegularFile;
import dev.lanewise.text.model.TokenList;
import dev.lanewise.text.pipeline.Encoded;
import dev.lanewise.text.sentencepiece.ModelFile;
import dev.lanewise.text.sentencepiece.SpModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A tokenizer of SentencePiece's format {@code .model}, Unigram or BPE: ids, pieces and decoded texts equal those of
 * SentencePiece. A {@code tokenizer.json} converted from such a file gives different ids for a few texts (control
 * pieces in a text, unusual spaces); each is right for its own file. Control pieces such as {@code <s>} are never found
 * in a text.
 */
public final class SentencePieceTokenizer implements Tokenizer {
    private final SpModel model;
    private final int @Nullable [] before;
    private final int @Nullable [] after;

    private SentencePieceTokenizer(SpModel model, int @Nullable [] before, int @Nullable [] after) {
        this.model = model;
        this.before = before;
        this.after = after;
    }

    /**
     * Loads a tokenizer from a SentencePiece model's file.
     *
     * @param file a {@code .model} file, such as {@code tokenizer.model} or {@code spiece.model}
     * @return the tokenizer, which adds no special tokens: the file does not say which a language model expects
     * @throws TokenizerException if it cannot be read or is not such a model
     */
    public static SentencePieceTokenizer load(Path file) {
        return read(RegularFile.bytes(file), String.valueOf(file.getFileName()));
    }

    /**
     * Reads a tokenizer from the bytes of a SentencePiece model's file.
     *
     * @param bytes the bytes of a {@code .model} file
     * @param name its name in errors
     * @return the tokenizer
     * @throws TokenizerException if it is not such a model
     */
    public static SentencePieceTokenizer read(byte[] bytes, String name) {
        Objects.requireNonNull(bytes, "bytes");
        return new SentencePieceTokenizer(new SpModel(ModelFile.read(bytes, name), name), null, null);
    }

    /**
     * This tokenizer with special tokens around every text that is encoded with them.
     *
     * @param first the pieces before a text, such as {@code <s>}
     * @param last the pieces after it, such as {@code </s>}
     * @return a tokenizer that shares the model
     * @throws TokenizerException if one of them is not in the vocabulary
     */
    public SentencePieceTokenizer withSpecialTokens(List<String> first, List<String> last) {
        return new SentencePieceTokenizer(model, ids(first), ids(last));
    }

    private int[] ids(List<String> pieces) {
        for (String piece : pieces) {
            if (!model.has(piece)) {
                throw new TokenizerException("withSpecialTokens: the piece `" + piece + "` is not in the vocabulary");
            }
        }
        return pieces.stream().mapToInt(model::id).toArray();
    }

    @Override
    public Encoding encode(String text, boolean addSpecialTokens) {
        TokenList tokens = model.encode(text);
        Encoded encoded = Encoded.of(tokens, 0);
        if (addSpecialTokens && before != null && after != null) {
            encoded = encoded.between(before, after);
        }
        return new Encoding(encoded, this::idToToken, text, null);
    }

    /** Decodes ids; control pieces have no text, whether special tokens are skipped or not, as in SentencePiece. */
    @Override
    public String decode(int[] ids, boolean skipSpecialTokens) {
        return model.decode(ids);
    }

    @Override
    public @Nullable Integer tokenToId(String token) {
        return model.has(token) ? (Integer) model.id(token) : null;
    }

    @Override
    public @Nullable String idToToken(int id) {
        return id >= 0 && id < model.pieces().size() ? model.pieces().get(id).text() : null;
    }

    @Override
    public int vocabularySize() {
        return model.pieces().size();
    }
}
