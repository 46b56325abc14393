/**
 * Tokenizers and chat templates of language models.
 *
 * <p>{@link dev.lanewise.text.HfTokenizer} reads the {@code tokenizer.json} of Hugging Face's tokenizers,
 * {@link dev.lanewise.text.SentencePieceTokenizer} reads SentencePiece's {@code .model} files; both are
 * {@link dev.lanewise.text.Tokenizer}s. {@link dev.lanewise.text.ChatTemplate} renders a conversation as the text that
 * a model was trained with. All are immutable, so that threads can share them.
 *
 * {@snippet :
 * HfTokenizer tokenizer = HfTokenizer.load(Path.of("model"));
 * int[] ids = tokenizer.encode("Hello, world").ids();
 * String text = tokenizer.decode(ids);
 * }
 *
 * <p>An error in a file or a template is a {@link dev.lanewise.text.TokenizerException} that names the part.
 */
@NullMarked
package dev.lanewise.text;

import org.jspecify.annotations.NullMarked;
