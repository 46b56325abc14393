package dev.lanewise.examples.train;

import dev.lanewise.nn.Checkpoint;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.metrics.Metric;
import dev.lanewise.nn.train.EpochFigures;
import dev.lanewise.nn.train.Trainer;
import dev.lanewise.nn.train.TrainingResult;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A reference model: where its data comes from, how its network is made and trained, and what its answers mean. */
public interface ReferenceModel {
    /** The name on the command line. */
    String id();

    /** How it is trained unless the command line says otherwise. */
    Recipe recipe(Setup setup);

    /** Finds and reads the data. */
    Task prepare(Setup setup);

    /** Makes the network, its weights drawn from the global random stream. */
    Layer network(Card card);

    /** The network with weights that were saved, for evaluation. */
    default Layer restored(Card card, Path weights) {
        Rng.global().seed(0);
        Layer network = network(card);
        Checkpoint.loadWeights(weights, network);
        network.eval();
        return network;
    }

    /** The loss, schedule and measurements; progress and checkpoints are added to it. */
    Trainer trainer(Parts parts);

    /** What the trained network says about an input of the command line. */
    List<Answer> predict(Card card, Layer network, String input);

    /** An input of the network with two samples, to show what it takes; its values are meaningless. */
    Tensor example(Card card);

    /** The axes of an input whose size is open, with their names. */
    default Map<Integer, String> openAxes() {
        return Map.of(0, "batch");
    }

    /** An epoch's figures under their names in JSON. */
    default Map<String, Double> figures(EpochFigures epoch, Layer network) {
        Map<String, Double> figures = new LinkedHashMap<>();
        epoch.validation().forEach((name, value) -> figures.put("test_" + name, value));
        figures.remove("test_loss");
        return figures;
    }

    /** What was measured, for people, in lines. */
    default String report(TrainingResult result) {
        return result.metrics().stream().map(Metric::report).collect(Collectors.joining());
    }

    /** What to show after the training. */
    default String closing(Card card, Layer network) {
        return "";
    }

    /**
     * The prefix of the names of the last layer's parameters, which may differ in loaded weights; empty if there is no
     * such layer.
     */
    default String head() {
        return "";
    }
}
