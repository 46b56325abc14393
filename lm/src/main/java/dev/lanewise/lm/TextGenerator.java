package dev.lanewise.lm;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.text.ChatTemplate;
import dev.lanewise.text.HfTokenizer;
import dev.lanewise.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A model with its tokenizer: texts in, texts out.
 *
 * <pre>{@code
 * TextGenerator generator = TextGenerator.load(Path.of("SmolLM2-135M-Instruct"));
 * try (TextStream text = generator.stream("Once upon a time", GenerationOptions.sampled(100, 1).withTopP(0.9))) {
 *     text.forEachRemaining(System.out::print);
 * }
 * }</pre>
 *
 * @param model the model
 * @param tokenizer its tokenizer, without the padding and the truncation that its file may ask for: a prompt is read as it is
 * @param chatTemplate the template that turns conversations into texts, or null if the model has none
 */
public record TextGenerator(
        CausalLM model, Tokenizer tokenizer, @Nullable ChatTemplate chatTemplate) {
    /** Holds the given values, of which only {@code chatTemplate} may be null. */
    public TextGenerator {
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(tokenizer, "tokenizer");
        if (tokenizer instanceof HfTokenizer own) {
            tokenizer = own.withPadding(null).withTruncation(null);
        }
    }

    /**
     * Reads model, tokenizer and chat template of a folder, or model and tokenizer of a .gguf file, whose linear layers keep its
     * blocks in mapped memory.
     *
     * @param folder the folder of a decoder and its tokenizer, or a .gguf file
     * @return the generator
     * @throws BadFileException if a file is missing or damaged
     */
    public static TextGenerator load(Path folder) {
        CausalLM model =
                String.valueOf(folder.getFileName()).endsWith(".gguf") ? Models.packed(folder) : Models.causal(folder);
        Tokenizer tokenizer = Tokenizers.load(folder);
        return new TextGenerator(model, tokenizer, Tokenizers.chatTemplate(folder, tokenizer));
    }

    /**
     * {@return the continuation of a text, piece by piece}
     *
     * @param prompt the text or tokens to continue
     * @param options the generation options
     */
    public TextStream stream(String prompt, GenerationOptions options) {
        return stream(tokenizer.encode(prompt, true).ids(), options);
    }

    /**
     * {@return the continuation of a text}
     *
     * @param prompt the text or tokens to continue
     * @param options the generation options
     */
    public String generate(String prompt, GenerationOptions options) {
        return stream(prompt, options).rest();
    }

    /**
     * {@return the answer in a conversation, piece by piece}
     *
     * @param messages each with a role and a content; see {@link ChatTemplate#message}
     * @param options the generation options
     * @throws BadFileException if the model has no chat template
     */
    public TextStream chat(List<? extends Map<String, ?>> messages, GenerationOptions options) {
        return stream(chatTokens(messages), options);
    }

    /**
     * {@return the tokens of a conversation, with those that begin the model's answer}
     *
     * @param messages each with a role and a content; see {@link ChatTemplate#message}
     * @throws BadFileException if the model has no chat template
     * @throws dev.lanewise.text.TokenizerException if the template does not take these messages
     */
    public int[] chatTokens(List<? extends Map<String, ?>> messages) {
        if (chatTemplate == null) {
            throw new BadFileException(
                    "chat",
                    "a model without chat template",
                    "chat_template.jinja, or one in tokenizer_config.json",
                    "use generate, or a model that was made for conversations");
        }
        // the template writes special tokens itself
        return tokenizer.encode(chatTemplate.render(messages, true), false).ids();
    }

    /**
     * {@return what turns tokens of this model into text, without special tokens}
     *
     * @param stopTexts texts that end the generated one when they appear in it
     */
    public TextPieces pieces(List<String> stopTexts) {
        return new TextPieces(tokenizer.decodeStream(true), stopTexts);
    }

    private TextStream stream(int[] prompt, GenerationOptions options) {
        return new TextStream(Generation.stream(model, prompt, options), pieces(options.stopTexts()));
    }
}
