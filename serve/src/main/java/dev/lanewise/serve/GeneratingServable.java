package dev.lanewise.serve;

import dev.lanewise.lm.CausalLM;
import dev.lanewise.lm.ContinuousBatch;
import dev.lanewise.lm.GenerationOptions;
import dev.lanewise.lm.Models;
import dev.lanewise.lm.TextGenerator;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A model that generates texts; as tensors, it gives the scores of the token after each sequence. */
record GeneratingServable(TextGenerator generator, Signature signature) implements Servable {
    private static final String IDS = "input_ids";
    private static final String SCORES = "scores";
    private static final int TRIED_TOKENS = 4;

    static GeneratingServable of(TextGenerator generator) {
        TensorInfo ids = TensorInfo.of(IDS, DType.I64, TensorInfo.OPEN, TensorInfo.OPEN);
        TensorInfo scores = TensorInfo.of(
                SCORES, DType.F32, TensorInfo.OPEN, generator.model().vocabulary());
        return new GeneratingServable(generator, new Signature(List.of(ids), List.of(scores)));
    }

    @Override
    public Map<String, Tensor> compute(Map<String, Tensor> inputs) {
        Tensor ids = inputs.get(IDS);
        if (ids == null || ids.shape().elements() == 0) {
            throw new TensorException("serve: no tokens in '" + IDS + "' (expected one or more); pass some");
        }
        CausalLM model = generator.model();
        Tensor hidden = model.hidden(ids.to(model.device()), null, null);
        Tensor last = hidden.select(1, hidden.shape().size(1) - 1);
        return Map.of(SCORES, model.head(last).to(DType.F32).to(Device.CPU));
    }

    /**
     * Generates two short texts together.
     *
     * @throws TensorException if the model can't
     */
    void tryOut() {
        GenerationOptions options = GenerationOptions.greedy(TRIED_TOKENS).withStopTokens(List.of());
        try (ContinuousBatch batch = new ContinuousBatch(generator.model())) {
            List<ContinuousBatch.Sequence> texts =
                    List.of(batch.add(new int[] {0, 0}, options), batch.add(new int[] {0}, options));
            while (batch.size() > 0) {
                batch.step();
            }
            for (ContinuousBatch.Sequence text : texts) {
                RuntimeException failure = text.failure();
                if (failure != null) {
                    throw new TensorException(
                            "serve: the model generates no text (" + failure.getMessage() + "; expected " + TRIED_TOKENS
                                    + " tokens); correct it",
                            failure);
                }
            }
        }
    }

    /** Reads language models that predict next tokens. */
    static final class Loader implements ModelLoader {
        @Override
        public boolean accepts(Path folder) {
            return Models.isCausal(model(folder));
        }

        @Override
        public Servable load(Path folder) {
            return Servable.of(TextGenerator.load(model(folder)));
        }

        /** The only .gguf file in a folder, or the folder itself. */
        private static Path model(Path folder) {
            try (Stream<Path> inside = Files.list(folder)) {
                List<Path> files = inside.filter(file -> file.toString().endsWith(".gguf") && Files.isRegularFile(file))
                        .limit(2)
                        .toList();
                return files.size() == 1 ? files.getFirst() : folder;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
