package dev.lanewise.serve;

import dev.lanewise.lm.TextGenerator;
import dev.lanewise.nn.ServingModel;
import dev.lanewise.onnx.OnnxModel;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Map;

/** A model as a server needs it: tensors by name in, tensors by name out. */
public interface Servable {
    /** {@return what the model takes and gives; always the same} */
    Signature signature();

    /**
     * Computes an answer. It is called by several threads if {@link Batching#workers} says so, each with a scope of its
     * own and without recording of gradients.
     *
     * @param inputs a tensor on the CPU for each of the signature's inputs, of a shape that it accepts
     * @return a tensor for each of the signature's outputs; more are ignored
     * @throws TensorException if the model can't take these inputs; the client is told the message
     */
    Map<String, Tensor> compute(Map<String, Tensor> inputs);

    /**
     * An ONNX model, which is put into evaluation mode.
     *
     * @param model the model
     * @return the servable
     * @throws TensorException if an input or output is no tensor, or one of texts or of a type that tensors lack
     */
    static Servable of(OnnxModel model) {
        Signature signature =
                new Signature(OnnxSignature.of("input", model.inputs()), OnnxSignature.of("output", model.outputs()));
        model.eval();
        return new Servable() {
            @Override
            public Signature signature() {
                return signature;
            }

            @Override
            public Map<String, Tensor> compute(Map<String, Tensor> inputs) {
                return model.forward(inputs);
            }
        };
    }

    /**
     * A model of one input and one output that may be trained further; requests are answered with the weights that it
     * has published.
     *
     * @param model the model
     * @param signature one input and one output
     * @return the servable
     * @throws TensorException if the signature has more of them
     */
    static Servable of(ServingModel model, Signature signature) {
        if (signature.inputs().size() != 1 || signature.outputs().size() != 1) {
            throw new TensorException("serve: inputs " + signature.inputs() + " and outputs " + signature.outputs()
                    + " for a model that is called with one tensor (expected one of each); implement Servable");
        }
        String input = signature.inputs().getFirst().name();
        String output = signature.outputs().getFirst().name();
        return new Servable() {
            @Override
            public Signature signature() {
                return signature;
            }

            @Override
            public Map<String, Tensor> compute(Map<String, Tensor> inputs) {
                Tensor x = inputs.get(input);
                if (x == null) {
                    throw new TensorException("serve: no '" + input + "' among " + inputs.keySet()
                            + " (expected the signature's input); pass it");
                }
                return Map.of(output, model.predict(x));
            }
        };
    }

    /**
     * A language model, which is served by {@code /v1/completions} and {@code /v1/chat/completions} too. As tensors it
     * takes {@code input_ids [rows, length]} and gives {@code scores [rows, vocabulary]} of the token after each row.
     *
     * @param generator the model with its tokenizer, and with its template for conversations if it has one
     * @return the servable
     */
    static Servable of(TextGenerator generator) {
        return GeneratingServable.of(generator);
    }
}
