package dev.lanewise.examples.train.table;

import dev.lanewise.examples.train.Answer;
import dev.lanewise.examples.train.Card;
import dev.lanewise.examples.train.OptimizerKind;
import dev.lanewise.examples.train.Parts;
import dev.lanewise.examples.train.Recipe;
import dev.lanewise.examples.train.ReferenceModel;
import dev.lanewise.examples.train.Setup;
import dev.lanewise.examples.train.Task;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.data.Dataset;
import dev.lanewise.nn.data.TensorDataset;
import dev.lanewise.nn.loss.Losses;
import dev.lanewise.nn.metrics.Regression;
import dev.lanewise.nn.optim.Schedule;
import dev.lanewise.nn.train.EpochFigures;
import dev.lanewise.nn.train.Trainer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Recovers the line {@code y = a x + b} from noisy points. */
public final class LinearRegression implements ReferenceModel {
    static final double A = 2.5;
    static final double B = -1.5;

    /** The standard deviation of the noise; its square is the lowest loss that can be reached. */
    static final double NOISE = 0.1;

    @Override
    public String id() {
        return "linear-regression";
    }

    @Override
    public Recipe recipe(Setup setup) {
        return new Recipe(100, 32, OptimizerKind.SGD, 0.01);
    }

    @Override
    public Task prepare(Setup setup) {
        Rng rng = new Rng(setup.seed());
        return new Task(new Card(id()), points(rng, 1000), points(rng, 500));
    }

    private static Dataset points(Rng rng, long n) {
        try (var ignored = Scope.open("points")) {
            Tensor x = rng.rand(DType.F32, n, 1).mul(2).sub(1);
            return new TensorDataset(
                    x, x.mul(A).add(B).add(rng.randn(DType.F32, n, 1).mul(NOISE)));
        }
    }

    @Override
    public Layer network(Card card) {
        return new Linear(1, 1);
    }

    @Override
    public Tensor example(Card card) {
        return Tensor.zeros(2, 1);
    }

    @Override
    public Trainer trainer(Parts parts) {
        return new Trainer(parts.network(), Losses.meanSquaredError(Reduction.MEAN), parts.optimizer())
                .schedule(Schedule.constant(parts.optimizer().rate()))
                .validation(parts.test(), Regression::new);
    }

    @Override
    public Map<String, Double> figures(EpochFigures epoch, Layer network) {
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("test_loss", epoch.figure("validation_loss"));
        figures.putAll(line(network));
        return figures;
    }

    private static Map<String, Double> line(Layer network) {
        List<Parameter> parameters = network.parameters();
        Map<String, Double> line = new LinkedHashMap<>();
        line.put("a", parameters.getFirst().leaf().item());
        line.put("b", parameters.getLast().leaf().item());
        return line;
    }

    @Override
    public String closing(Card card, Layer network) {
        Map<String, Double> found = line(network);
        return String.format(
                Locale.ROOT,
                "a = %.4f (true value %.4f), b = %.4f (%.4f); the noise's mean square is %.4f%n",
                found.get("a"),
                A,
                found.get("b"),
                B,
                NOISE * NOISE);
    }

    @Override
    public List<Answer> predict(Card card, Layer network, String input) {
        float x;
        try {
            x = Float.parseFloat(input);
        } catch (NumberFormatException e) {
            throw new TensorException("predict: '" + input + "' (expected a number, x); check it", e);
        }
        double y = network.forward(Tensor.of(new float[] {x}, 1, 1)).item();
        return List.of(new Answer(input, String.format(Locale.ROOT, "%.4f", y), Double.NaN));
    }
}
