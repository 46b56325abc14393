package dev.lanewise.examples.lm;

import dev.lanewise.lm.adapter.Lora;
import dev.lanewise.nn.Layer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option {@code --adapter} of commands that use a model. */
final class AdapterOption {
    @Option(
            names = "--adapter",
            paramLabel = "DIR",
            description = "An adapter for the model in peft's format, such as the command finetune writes.")
    private @Nullable Path folder;

    AdapterOption() {}

    /** Puts the adapter on a model, if there is one. */
    void apply(Layer model) {
        if (folder != null) {
            Lora.load(folder, model);
        }
    }
}
