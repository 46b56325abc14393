package dev.lanewise.lm;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.text.Encoding;
import dev.lanewise.text.HfTokenizer;
import dev.lanewise.text.Tokenizer;
import dev.lanewise.text.Truncation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * An encoder with its tokenizer: texts to vectors, and pairs of texts to scores.
 *
 * <pre>{@code
 * TextEncoder encoder = TextEncoder.load(Path.of("all-MiniLM-L6-v2"));
 * float[][] vectors = encoder.embed(List.of("a question", "an answer"));
 * }</pre>
 *
 * @param model the model
 * @param tokenizer its tokenizer
 */
public record TextEncoder(Encoder model, Tokenizer tokenizer) {
    /** Holds the given values, none of which may be null. */
    public TextEncoder {
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(tokenizer, "tokenizer");
    }

    private static final int BATCH = 32;

    /**
     * Reads the model and the tokenizer of a folder.
     *
     * @param folder the folder of an encoder and its tokenizer
     * @return the encoder
     * @throws BadFileException if files are missing or damaged, or are of a model that is not supported here
     */
    public static TextEncoder load(Path folder) {
        return new TextEncoder(Models.encoder(folder), Tokenizers.load(folder));
    }

    /**
     * {@return vectors of length 1, each pooled from a text's tokens as {@link Encoder#embeddings} does; texts that are too
     * long for the model are truncated}
     *
     * @param texts the texts
     */
    public float[][] embed(List<String> texts) {
        HfTokenizer cutting = cutting();
        List<Encoding> encodings = cutting.withPadding(null).encodeBatch(texts, true);
        return run(encodings, batch -> model.embeddings(batch.ids, batch.mask, batch.types, true));
    }

    /**
     * {@return the head's scores for pairs of texts, as rerankers compute them for a question and a passage:
     * {@code [pairs][classes]}}
     *
     * @param firsts the first text of each pair
     * @param seconds the second text of each pair
     * @throws TensorException if the model has no head for whole texts
     */
    public float[][] score(List<String> firsts, List<String> seconds) {
        HfTokenizer cutting = cutting();
        List<Encoding> encodings = cutting.withPadding(null).encodeBatch(firsts, seconds, true);
        return run(encodings, this::scores);
    }

    /**
     * {@return what the head says of each text, before a softmax: {@code [texts][classes]}}
     *
     * @param texts the texts; longer ones than the model reads are cut
     * @throws TensorException if the model has no head for whole texts
     */
    public float[][] classify(List<String> texts) {
        return run(cutting().withPadding(null).encodeBatch(texts, true), this::scores);
    }

    private Tensor scores(Batch batch) {
        Tensor logits = model.run(batch.ids, batch.mask, batch.types).logits();
        if (logits == null || logits.shape().rank() != 2) {
            throw new TensorException(model.family() + ": no scores of whole texts (expected a model with a head for"
                    + " sequence classification); use embed");
        }
        return logits;
    }

    private HfTokenizer cutting() {
        if (tokenizer instanceof HfTokenizer own) {
            return own.withTruncation(Truncation.to(model.positions()));
        }
        throw new TensorException("encoder: a SentencePiece tokenizer (expected one of tokenizer.json); convert it");
    }

    /** Tokens of several texts, padded at the end. */
    record Batch(Tensor ids, Tensor mask, Tensor types) {
        static Batch of(List<Encoding> encodings, int padding) {
            int rows = encodings.size();
            int width = encodings.stream().mapToInt(Encoding::size).max().orElse(0);
            long[] ids = new long[rows * width];
            long[] mask = new long[ids.length];
            long[] types = new long[ids.length];
            Arrays.fill(ids, padding);
            for (int row = 0; row < rows; row++) {
                int[] own = encodings.get(row).ids();
                int[] ownTypes = encodings.get(row).typeIds();
                for (int i = 0; i < own.length; i++) {
                    ids[row * width + i] = own[i];
                    mask[row * width + i] = 1;
                    types[row * width + i] = ownTypes[i];
                }
            }
            return new Batch(Tensor.of(ids, rows, width), Tensor.of(mask, rows, width), Tensor.of(types, rows, width));
        }
    }

    private interface Body {
        Tensor run(Batch batch);
    }

    /**
     * Runs texts of similar lengths together, so that there is little padding; results are in the order of the texts.
     */
    private float[][] run(List<Encoding> encodings, Body body) {
        int[] order = IntStream.range(0, encodings.size())
                .boxed()
                .sorted(Comparator.comparingInt(i -> encodings.get(i).size()))
                .mapToInt(i -> i)
                .toArray();
        float[][] results = new float[encodings.size()][];
        for (int first = 0; first < order.length; first += BATCH) {
            int[] rows = Arrays.copyOfRange(order, first, Math.min(order.length, first + BATCH));
            List<Encoding> batch = new ArrayList<>();
            for (int row : rows) {
                batch.add(encodings.get(row));
            }
            try (Scope ignored = Scope.open("texts")) {
                Batch tokens = Batch.of(batch, model.padding());
                Tensor values = Autograd.noGrad(() -> body.run(tokens)).to(DType.F32);
                for (int i = 0; i < rows.length; i++) {
                    results[rows[i]] = values.select(0, i).toFloatArray();
                }
            }
        }
        return results;
    }
}
