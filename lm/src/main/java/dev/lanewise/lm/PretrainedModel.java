package dev.lanewise.lm;

import dev.lanewise.lm.part.Part;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import org.jspecify.annotations.Nullable;

/**
 * A model of a known family, read by {@link Models#load} from a folder in Hugging Face's layout. Its parameters have
 * the names of transformers' {@code state_dict}.
 *
 * <p>Dropout is not applied, whatever config.json says about it: a model computes the same in training as in
 * evaluation.
 */
@SuppressWarnings("exports") // families are internal to this module
public abstract sealed class PretrainedModel extends Part permits CausalLM, Seq2SeqLM, Encoder, ImageEncoder {
    private final String family;

    /**
     * A model of a family, whose constructor makes its layers.
     *
     * @param family the family's name
     */
    protected PretrainedModel(String family) {
        this.family = family;
    }

    /** {@return the family's name, from {@code model_type} in config.json: {@code llama}, for example} */
    public final String family() {
        return family;
    }

    /** {@return the type that the model computes in} */
    public final DType dtype() {
        return parameters().getFirst().leaf().dtype();
    }

    /** {@return the device that the parameters are on} */
    public final Device device() {
        return parameters().getFirst().leaf().device();
    }

    /**
     * This model's name for a tensor that may have another one in published checkpoints: without the prefix of the base
     * model, or {@code gamma} instead of {@code weight}.
     *
     * @param stored the name in a file
     * @return the name, or null for a tensor that the model does not need
     */
    public @Nullable String nameOf(String stored) {
        return stored;
    }
}
