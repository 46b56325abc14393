package dev.lanewise.lm;

import dev.lanewise.lm.part.Call;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A model that reads images: ViT, by itself or with a head for classes. */
@SuppressWarnings("exports") // families are internal to this module
public abstract non-sealed class ImageEncoder extends PretrainedModel {
    private final Encoder.Task task;

    /**
     * A model of a family, whose constructor makes its layers.
     *
     * @param family the family's name
     * @param task what its head predicts
     */
    protected ImageEncoder(String family, Encoder.Task task) {
        super(family);
        this.task = task;
    }

    /** {@return what the model's head predicts, or that it has none} */
    public final Encoder.Task task() {
        return task;
    }

    /**
     * {@return the embeddings of the class token, first, and of the patches}
     *
     * @param pixels images, {@code [n, channels, height, width]}
     */
    protected abstract Tensor embed(Tensor pixels);

    /** {@return how many layers there are} */
    public abstract int layerCount();

    /**
     * {@return the hidden states after one of the layers}
     *
     * @param number its number, from 0
     * @param x the input
     * @param call the state that the layers of this call share
     */
    protected abstract Tensor layer(int number, Tensor x, Call call);

    /**
     * {@return the normalization after the last layer, applied to its result}
     *
     * @param x the input
     */
    protected abstract Tensor normalize(Tensor x);

    /**
     * {@return the pooled result of the first position, or null if the model has no pooling layer}
     *
     * @param lastHidden the last layer's result
     */
    protected abstract @Nullable Tensor pool(Tensor lastHidden);

    /**
     * {@return the head's scores, or null without a head}
     *
     * @param lastHidden the last layer's result
     */
    protected abstract @Nullable Tensor head(Tensor lastHidden);

    /**
     * Runs the model on images {@code [n, channels, height, width]}.
     *
     * @param pixels images, {@code [n, channels, height, width]}
     * @return the results, in which the last layer's result is normalized, {@code [n, 1 + patches, size]}; the hidden
     *     states are the inputs of all layers and the last one's result before normalization
     */
    public final Encoder.Output run(Tensor pixels) {
        return called(() -> output(pixels), Encoder.Output::tensors);
    }

    private Encoder.Output output(Tensor pixels) {
        List<Tensor> inputs = new ArrayList<>();
        Tensor x = embed(pixels);
        Call call = Call.ofVectors(x);
        for (int i = 0; i < layerCount(); i++) {
            inputs.add(x);
            x = layer(i, x, call);
        }
        inputs.add(x);
        Tensor last = normalize(x);
        return new Encoder.Output(last, pool(last), head(last), inputs);
    }

    /** The head's scores or, without a head, the last layer's result. */
    @Override
    protected final Tensor compute(Tensor pixels) {
        Encoder.Output output = output(pixels);
        Tensor logits = output.logits();
        return logits == null ? output.lastHidden() : logits;
    }

    /**
     * {@return the loss that the head is trained with: cross-entropy of classes, binary cross-entropy if an image may have
     * many, the mean squared error for numbers}
     *
     * @param logits scores, {@code [n, classes]}
     * @param labels {@code [n]} of I64, or {@code [n, classes]} of floating-point numbers
     * @throws TensorException if the model has no head, or the scores are not {@code [n, classes]}
     */
    public final Tensor loss(Tensor logits, Tensor labels) {
        if (logits.shape().rank() != 2) {
            throw new TensorException(
                    family() + ": scores " + logits.spec() + " (expected [n, classes]); does the model have a head?");
        }
        return Encoder.loss(family(), task, logits, labels);
    }
}
