package dev.lanewise.examples.train;

import dev.lanewise.nn.Module;
import java.util.List;
import java.util.Map;

/** A reference model: where its data comes from, how its network is made and what its answers mean. */
interface ReferenceModel {
    /** The name on the command line. */
    String id();

    /** How it is trained unless the command line says otherwise. */
    Recipe recipe(Setup setup);

    /** Finds and reads the data. */
    Task prepare(Setup setup);

    /** Makes the network, its weights drawn from the global random stream. */
    Module network(Card card);

    /** What the trained network says about an input of the command line. */
    List<Answer> predict(Card card, Module network, String input);

    /** Figures of the network itself, under their names in JSON. */
    default Map<String, Double> figures(Module network) {
        return Map.of();
    }

    /** What to show after the training. */
    default String closing(Card card, Module network) {
        return "";
    }

    /** How the parameters of the last layer begin, which may differ in loaded weights; empty if there is no such layer. */
    default String head() {
        return "";
    }
}
