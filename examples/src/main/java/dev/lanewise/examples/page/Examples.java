package dev.lanewise.examples.page;

import dev.lanewise.examples.anomaly.SensorWatch;
import dev.lanewise.examples.forecast.DemandForecast;
import dev.lanewise.examples.generative.DeepConvolutionalGan;
import dev.lanewise.examples.generative.Vae;
import dev.lanewise.examples.generative.WassersteinGan;
import dev.lanewise.examples.recommend.NeuralFactorization;
import dev.lanewise.examples.recommend.TwoTowers;
import dev.lanewise.examples.reinforce.PoleBalancing;
import dev.lanewise.examples.sequence.Dates;
import java.util.List;
import java.util.Optional;

/** The list of examples. */
public final class Examples {
    private static final List<Example> ALL = List.of(
            new NeuralFactorization(),
            new TwoTowers(),
            new Dates(),
            new Vae(),
            new DeepConvolutionalGan(),
            new WassersteinGan(),
            new PoleBalancing(),
            new SensorWatch(),
            new DemandForecast());

    private Examples() {}

    /** All of them. */
    public static List<Example> all() {
        return ALL;
    }

    /** The example of a name. */
    public static Optional<Example> find(String id) {
        return ALL.stream().filter(example -> example.id().equals(id)).findFirst();
    }
}
