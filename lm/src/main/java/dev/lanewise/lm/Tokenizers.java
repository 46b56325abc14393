package dev.lanewise.lm;

import dev.lanewise.lm.gguf.GgufFile;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.text.ChatTemplate;
import dev.lanewise.text.HfTokenizer;
import dev.lanewise.text.SentencePieceTokenizer;
import dev.lanewise.text.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the tokenizer of a model. */
public final class Tokenizers {
    private Tokenizers() {}

    /**
     * {@return the tokenizer from {@code tokenizer.json}, {@code tokenizer.model} or {@code spiece.model} in a model's
     * folder, or from a .gguf file}
     *
     * @param model the model's folder or file
     * @throws BadFileException if there is none
     */
    public static Tokenizer load(Path model) {
        if (String.valueOf(model.getFileName()).endsWith(".gguf")) {
            try (GgufFile file = GgufFile.open(model)) {
                return GgufTokenizers.of(file);
            }
        }
        Path json = model.resolve("tokenizer.json");
        if (Files.exists(json)) {
            return HfTokenizer.load(json);
        }
        for (String name : List.of("tokenizer.model", "spiece.model")) {
            if (Files.exists(model.resolve(name))) {
                return SentencePieceTokenizer.load(model.resolve(name));
            }
        }
        throw new BadFileException(
                model, "no tokenizer", "tokenizer.json or tokenizer.model", "copy the model's whole folder");
    }

    /** The template that turns a model's conversations into texts, or null if there is none. */
    static @Nullable ChatTemplate chatTemplate(Path model, Tokenizer tokenizer) {
        if (String.valueOf(model.getFileName()).endsWith(".gguf")) {
            try (GgufFile file = GgufFile.open(model)) {
                return file.text("tokenizer.chat_template")
                        .map(source -> ChatTemplate.stored(source, GgufTokenizers.specialTokens(file)))
                        .orElse(null);
            }
        }
        if (tokenizer instanceof HfTokenizer own) {
            return own.chatTemplate();
        }
        return Files.exists(model.resolve("chat_template.jinja")) ? ChatTemplate.load(model) : null;
    }
}
