package dev.lanewise.examples.anomaly;

import dev.lanewise.autograd.*;
import dev.lanewise.examples.page.*;
import dev.lanewise.nn.*;
import dev.lanewise.nn.data.*;
import dev.lanewise.nn.metrics.*;
import dev.lanewise.nn.optim.*;
import dev.lanewise.tensor.*;
import java.util.*;

/**
 * An autoencoder learns to pass readings of sixteen sensors through four numbers, which it can as long as the sensors go
 * together as they did in training. Where they don't, it errs: the error says how unusual a reading is. It never sees a fault; the
 * threshold is the error that 99% of normal readings, which were not trained on, stay below. In a fault each reading is in its
 * usual range, and only their relations are not, so that limits for each sensor say nothing.
 */
public final class SensorWatch implements Example {
    private static final int SENSORS = 16;
    private static final int CAUSES = 3;
    private static final double PASS = 0.99;

    @Override
    public String id() {
        return "anomaly";
    }

    @Override
    public String shows() {
        return "an autoencoder that finds faults of sensors, with a threshold by quantile, measured by AUC";
    }

    @Override
    public Map<String, Double> run(Settings settings) {
        Rng rng = new Rng(settings.seed());
        Plant plant = new Plant(rng);
        Tensor train = plant.normal(settings.of(20_000, 2000), rng);
        Tensor held = plant.normal(2000, rng);
        Tensor normal = plant.normal(1000, rng);
        Tensor faulty = plant.faulty(1000, rng);

        Layer model = new Sequential(
                new Linear(SENSORS, 32, rng),
                Activation.tanh(),
                new Linear(32, 4, rng),
                new Linear(4, 32, rng),
                Activation.tanh(),
                new Linear(32, SENSORS, rng));
        var optimizer = new Adam(model.parameters(), 5e-3);
        DataLoader loader = new DataLoader(new TensorDataset(train, train), 100, true, settings.seed());
        for (int epoch = 1; epoch <= settings.of(30, 12); epoch++) {
            double sum = 0;
            for (Batch batch : loader.epoch(epoch)) {
                try (var ignored = Scope.open("step")) {
                    Tensor loss = error(model, batch.x()).mean();
                    optimizer.step(Autograd.gradients(loss));
                    sum += loss.item();
                }
            }
            settings.report("epoch %d: error %.4f", epoch, sum / loader.batches());
        }

        float[] usual = errors(model, held);
        Arrays.sort(usual);
        float threshold = usual[(int) Math.ceil(PASS * usual.length) - 1];
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("auc", area(errors(model, normal), errors(model, faulty)));
        figures.put("auc by single sensors", area(greatest(normal), greatest(faulty)));
        figures.put("found", above(threshold, errors(model, faulty)));
        figures.put("false alarms", above(threshold, errors(model, normal)));
        return figures;
    }

    /** The mean squared error of each reading. */
    private static Tensor error(Layer model, Tensor readings) {
        return model.forward(readings).sub(readings).square().mean(1);
    }

    private static float[] errors(Layer model, Tensor readings) {
        return Autograd.noGrad(() -> {
            try (var ignored = Scope.open("errors")) {
                return error(model, readings).toFloatArray();
            }
        });
    }

    /** What limits for each sensor go by: the most unusual of its readings. */
    private static float[] greatest(Tensor readings) {
        try (var ignored = Scope.open("greatest")) {
            return readings.abs().amax(1).toFloatArray();
        }
    }

    private static double area(float[] normal, float[] faulty) {
        boolean[] fault = new boolean[normal.length + faulty.length];
        Arrays.fill(fault, normal.length, fault.length, true);
        float[] scores = Arrays.copyOf(normal, fault.length);
        System.arraycopy(faulty, 0, scores, normal.length, faulty.length);
        return ClassificationMetrics.rocAuc(fault, scores);
    }

    private static double above(float threshold, float[] errors) {
        int count = 0;
        for (float error : errors) {
            count += error > threshold ? 1 : 0;
        }
        return (double) count / errors.length;
    }

    /** Sensors that show, each in its way, what goes on at a few places that nobody sees. */
    private static final class Plant {
        private final Tensor mixing;
        private final Tensor bends;

        Plant(Rng rng) {
            mixing = rng.randn(CAUSES, SENSORS).keep();
            bends = rng.randn(SENSORS).keep();
        }

        /** Readings {@code [n, sensors]} in which all sensors show the same causes. */
        Tensor normal(int n, Rng rng) {
            try (var scope = Scope.open("readings")) {
                Tensor shown = rng.randn(n, CAUSES).matmul(mixing);
                Tensor noise = rng.randn(n, SENSORS).mul(0.05);
                return scope.keep(shown.add(bends).tanh().add(noise));
            }
        }

        /** Readings in which four sensors are those of other moments. */
        Tensor faulty(int n, Rng rng) {
            try (var scope = Scope.open("readings")) {
                Tensor here = normal(n, rng);
                Tensor elsewhere = normal(n, rng);
                Tensor first = rng.rand(n, SENSORS).argsort(1).argsort(1).lt(4L);
                return scope.keep(first.where(elsewhere, here));
            }
        }
    }
}
