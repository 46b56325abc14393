package dev.lanewise.text.model;

import dev.lanewise.text.TokenizerException;
import dev.lanewise.text.json.Json;
import dev.lanewise.text.unicode.CodePoints;
import java.util.Set;

/** Word level: a word is one token or unknown. */
public record WordLevel(Vocabulary vocabulary, String unknown) implements Model {
    /** Reads the model of a tokenizer's file. */
    public static WordLevel of(Json json) {
        json.only(Set.of("type", "vocab", "unk_token"));
        return new WordLevel(
                Vocabulary.of(json.need("vocab")), json.need("unk_token").string());
    }

    @Override
    public void tokenize(int[] text, int start, int end, TokenList out) {
        Integer id = vocabulary.id(CodePoints.string(text, start, end));
        out.add(id != null ? id : unknownId(vocabulary, unknown), start, end);
    }

    static int unknownId(Vocabulary vocabulary, String unknown) {
        Integer id = vocabulary.id(unknown);
        if (id == null) {
            throw new TokenizerException(
                    "the text has a word out of the vocabulary, and so is its unk_token `" + unknown + '`');
        }
        return id;
    }
}
