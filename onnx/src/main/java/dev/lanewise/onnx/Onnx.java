package dev.lanewise.onnx;

import dev.lanewise.nn.Layer;
import dev.lanewise.onnx.export.Exporter;
import dev.lanewise.onnx.format.ModelWriter;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * Writes layers as ONNX models.
 *
 * <pre>{@code
 * Onnx.export(network, Tensor.zeros(1, 3, 224, 224), Path.of("network.onnx"));
 * }</pre>
 *
 * <p>The layer is called with examples, and what it computes is written in operators of the standard, with loops and
 * branches as the examples took them. It is called in evaluation mode, a few times with different sizes of the open
 * axes, to find the sizes that depend on the inputs'; these calls change nothing except, temporarily, the mode.
 * Parameters and buffers keep their names.
 */
public final class Onnx {
    private Onnx() {}

    /**
     * Exports a layer of one input, named {@code input}, and one output, named {@code output}, for any size of the
     * first axis.
     *
     * @param layer the layer
     * @param example an input; its values matter only where the layer reads them on the host
     * @param file the file
     * @throws TensorException if something that the layer computes has no operator, or depends on the example's sizes
     * @throws dev.lanewise.nn.io.BadFileException if the file can't be written
     */
    public static void export(Layer layer, Tensor example, Path file) {
        Objects.requireNonNull(example, "example");
        export(layer, Map.of("input", example), file, new ExportOptions());
    }

    /**
     * Exports a layer: one that takes a tensor, for one example, or an {@link OnnxModel}.
     *
     * @param layer the layer
     * @param examples an example for each input name
     * @param file the file
     * @param options how to write it
     * @throws TensorException if something that the layer computes has no operator, or depends on the examples' sizes
     * @throws dev.lanewise.nn.io.BadFileException if the file can't be written
     */
    public static void export(Layer layer, Map<String, Tensor> examples, Path file, ExportOptions options) {
        if (layer instanceof OnnxModel model) {
            export(layer, model::forward, examples, file, options);
            return;
        }
        if (examples.size() != 1) {
            throw new TensorException("export: inputs " + examples.keySet()
                    + " for a layer that is called with one tensor (expected one); pass the function that calls it");
        }
        String output =
                options.outputs().isEmpty() ? "output" : options.outputs().getFirst();
        export(
                layer,
                inputs ->
                        Map.of(output, layer.forward(inputs.values().iterator().next())),
                examples,
                file,
                options);
    }

    /**
     * Exports what a function computes with a layer.
     *
     * <pre>{@code
     * Onnx.export(decoder, in -> Map.of("logits", decoder.decode(in.get("x"), in.get("memory"))),
     *         Map.of("x", x, "memory", memory), Path.of("decoder.onnx"), new ExportOptions());
     * }</pre>
     *
     * @param layer the layer that holds the parameters and buffers
     * @param call computes a tensor per output from a tensor per input; it is called several times
     * @param examples an example for each input name
     * @param file the file
     * @param options how to write it
     * @throws TensorException if something that is computed has no operator, or depends on the examples' sizes
     * @throws dev.lanewise.nn.io.BadFileException if the file can't be written
     */
    public static void export(
            Layer layer,
            Function<? super Map<String, Tensor>, ? extends Map<String, Tensor>> call,
            Map<String, Tensor> examples,
            Path file,
            ExportOptions options) {
        String prefix = layer instanceof OnnxModel ? OnnxModel.WEIGHTS : "";
        ModelWriter.write(new Exporter(layer, call, examples, options, prefix).model(), file, options.externalData());
    }
}
