package dev.lanewise.examples.serve;

import dev.lanewise.lm.Encoder;
import dev.lanewise.lm.TextEncoder;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.serve.ModelLoader;
import dev.lanewise.serve.Servable;
import dev.lanewise.serve.Signature;
import dev.lanewise.serve.TensorInfo;
import dev.lanewise.serve.TextServable;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.text.Encoding;
import dev.lanewise.text.HfTokenizer;
import dev.lanewise.text.TokenizerException;
import dev.lanewise.text.Truncation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Serves an encoder of texts in Hugging Face's layout: vectors of length 1, as {@code lanewise lm embed} prints them. */
final class EncoderLoader implements ModelLoader {
    @Override
    public boolean accepts(Path folder) {
        return Files.isRegularFile(folder.resolve("config.json"))
                && Files.isRegularFile(folder.resolve("tokenizer.json"));
    }

    @Override
    public Servable load(Path folder) {
        TextEncoder encoder = TextEncoder.load(folder);
        if (!(encoder.tokenizer() instanceof HfTokenizer tokenizer)) {
            throw new TensorException("serve: " + folder + " with a SentencePiece tokenizer (expected one of"
                    + " tokenizer.json); convert it");
        }
        int positions = encoder.model().positions();
        long size = encoder.embed(List.of("size"))[0].length;
        return new Texts(
                encoder.model(),
                tokenizer.withPadding(null).withTruncation(Truncation.to(positions)),
                new Signature(
                        List.of(
                                TensorInfo.of(Texts.IDS, DType.I64, TensorInfo.OPEN, TensorInfo.OPEN),
                                TensorInfo.of(Texts.MASK, DType.I64, TensorInfo.OPEN, TensorInfo.OPEN),
                                TensorInfo.of(Texts.TYPES, DType.I64, TensorInfo.OPEN, TensorInfo.OPEN)),
                        List.of(TensorInfo.of(Texts.OUTPUT, DType.F32, TensorInfo.OPEN, size))));
    }

    private record Texts(Encoder model, HfTokenizer tokenizer, Signature signature) implements TextServable {
        static final String IDS = "input_ids";
        static final String MASK = "attention_mask";
        static final String TYPES = "token_type_ids";
        static final String OUTPUT = "embedding";

        @Override
        public Map<String, Tensor> compute(Map<String, Tensor> inputs) {
            Tensor vectors = model.embeddings(input(inputs, IDS), input(inputs, MASK), input(inputs, TYPES), true);
            return Map.of(OUTPUT, vectors.to(DType.F32));
        }

        private static Tensor input(Map<String, Tensor> inputs, String name) {
            Tensor input = inputs.get(name);
            if (input == null) {
                throw new TensorException("serve: no '" + name + "' (expected the signature's inputs); pass it");
            }
            return input;
        }

        private Encoding tokens(String text) {
            try {
                return tokenizer.encode(text, true);
            } catch (TokenizerException e) {
                throw new TensorException("serve: " + e.getMessage(), e);
            }
        }

        @Override
        public Encoded encode(String text) {
            Encoding encoding = tokens(text);
            int tokens = encoding.size();
            long[] ids = new long[tokens];
            long[] mask = new long[tokens];
            long[] types = new long[tokens];
            for (int i = 0; i < tokens; i++) {
                ids[i] = encoding.ids()[i];
                types[i] = encoding.typeIds()[i];
                mask[i] = 1;
            }
            return new Encoded(
                    Map.of(
                            IDS, TensorData.of(ids, 1, tokens),
                            MASK, TensorData.of(mask, 1, tokens),
                            TYPES, TensorData.of(types, 1, tokens)),
                    tokens);
        }
    }
}
