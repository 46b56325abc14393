package dev.lanewise.spark;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.InputLimits;
import dev.lanewise.onnx.Onnx;
import dev.lanewise.onnx.OnnxModel;
import dev.lanewise.onnx.ValueInfo;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.jspecify.annotations.Nullable;

/**
 * A model that Spark's executors score rows with: the bytes of an ONNX file, which go to each executor once, whatever the
 * number of tasks, partitions and calls. Weights are those of the moment when it was made. Up to 2 GiB.
 *
 * <pre>{@code
 * ScoringModel model = ScoringModel.onnx(Path.of("model.onnx"));
 * ScoringModel other = ScoringModel.of(network, Tensor.zeros(2, 20));   // trained by Lanewise
 * }</pre>
 */
public final class ScoringModel {
    private final byte[] bytes;
    private final List<ValueInfo> inputs;
    private final List<ValueInfo> outputs;
    private @Nullable Broadcast<SharedModel> broadcast;
    private @Nullable SparkContext context;

    private ScoringModel(byte[] bytes) {
        this.bytes = bytes;
        // reads all of it: whether an operator is missing is known here, not on a hundred executors
        OnnxModel model = OnnxModel.load(MemorySegment.ofArray(bytes));
        this.inputs = model.inputs();
        this.outputs = model.outputs();
    }

    /**
     * An ONNX model. What its file holds is read now, so that executors don't need the file.
     *
     * @param file of the model, with its weights in it
     * @return the model
     * @throws BadFileException if it can't be read, is damaged, or has its weights in another file
     * @throws TensorException if its graph is wrong, or it needs operators that are missing, which the message names
     */
    public static ScoringModel onnx(Path file) {
        try {
            InputLimits.length(file, "an ONNX file");
            return new ScoringModel(Files.readAllBytes(file));
        } catch (IOException | OutOfMemoryError e) {
            throw new BadFileException(
                    file,
                    "content that can't be read (" + e + ")",
                    "an ONNX file of less than 2 GiB",
                    "check its name, its size and the driver's heap",
                    e);
        }
    }

    /**
     * An ONNX model.
     *
     * @param file the bytes of its file
     * @return the model
     * @throws BadFileException if they are damaged, or the weights are in another file
     * @throws TensorException if the graph is wrong, or it needs operators that are missing, which the message names
     */
    public static ScoringModel onnx(byte[] file) {
        return new ScoringModel(file.clone());
    }

    /**
     * A layer of Lanewise with its weights, written as an ONNX model with an input named {@code input} and an output
     * named {@code output}. For layers with several, use {@link Onnx#export(Layer, java.util.Map, Path,
     * dev.lanewise.onnx.ExportOptions)} and {@link #onnx(Path)}.
     *
     * @param layer the layer, called in evaluation mode; it may be trained further, which changes nothing here
     * @param example an input of two rows or more; the first dimension is that of rows
     * @return the model
     * @throws TensorException if something that the layer computes has no operator of ONNX
     */
    public static ScoringModel of(Layer layer, Tensor example) {
        try {
            Path file = Files.createTempFile("lanewise-spark", ".onnx");
            try {
                Onnx.export(layer, example, file);
                return onnx(file);
            } finally {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("spark: no temporary file: " + e.getMessage(), e);
        }
    }

    /** {@return the inputs, each of which needs columns} */
    public List<ValueInfo> inputs() {
        return inputs;
    }

    /** {@return the outputs, each of which may become a column} */
    public List<ValueInfo> outputs() {
        return outputs;
    }

    /** {@return a copy of the bytes of the ONNX file} */
    public byte[] toBytes() {
        return bytes.clone();
    }

    /**
     * Frees the model on all executors, where it otherwise stays until this object is no longer used or Spark ends. Jobs that
     * need it afterwards get it again.
     */
    public synchronized void unpersist() {
        if (broadcast != null && context != null && !context.isStopped()) {
            broadcast.unpersist(true);
            // Spark keeps the driver's copy, which in a local session is that of the tasks too
            broadcast.value().close();
        }
    }

    /** The model as executors get it, once for all calls. */
    synchronized Broadcast<SharedModel> broadcast(SparkContext spark) {
        Broadcast<SharedModel> known = broadcast;
        if (known == null || !spark.equals(context)) {
            known = JavaSparkContext.fromSparkContext(spark).broadcast(new SharedModel(bytes));
            broadcast = known;
            context = spark;
        }
        return known;
    }

    static List<String> names(List<ValueInfo> values) {
        List<String> names = new ArrayList<>();
        values.forEach(value -> names.add(value.name()));
        return names;
    }
}
