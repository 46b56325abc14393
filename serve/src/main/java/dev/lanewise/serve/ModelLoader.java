package dev.lanewise.serve;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.onnx.OnnxModel;
import dev.lanewise.tensor.TensorException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads one kind of model from the folder of a version. */
public interface ModelLoader {
    /**
     * {@return whether the folder holds a model of this kind}
     *
     * @param folder the folder of a version
     */
    boolean accepts(Path folder);

    /**
     * Reads a model from a folder and makes it ready to be served.
     *
     * @param folder the folder of a version
     * @return the model
     * @throws BadFileException if a file is missing or damaged
     * @throws TensorException if the model can't be served
     */
    Servable load(Path folder);

    /** {@return a loader of {@code model.onnx}, with external data next to it} */
    static ModelLoader onnx() {
        return new ModelLoader() {
            @Override
            public boolean accepts(Path folder) {
                return Files.isRegularFile(folder.resolve("model.onnx"));
            }

            @Override
            public Servable load(Path folder) {
                return Servable.of(OnnxModel.load(folder.resolve("model.onnx")));
            }
        };
    }

    /**
     * {@return a loader of language models that predict next tokens: a folder in Hugging Face's layout with its
     * tokenizer, or one with a single file {@code NAME.gguf}}
     */
    static ModelLoader textGenerator() {
        return new GeneratingServable.Loader();
    }
}
