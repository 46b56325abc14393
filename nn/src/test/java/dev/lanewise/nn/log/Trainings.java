package dev.lanewise.nn.log;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.train.Callback;
import dev.lanewise.nn.train.EpochFigures;
import dev.lanewise.nn.train.StepFigures;
import dev.lanewise.nn.train.Training;
import dev.lanewise.nn.train.TrainingResult;
import dev.lanewise.tensor.Rng;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Trainings without a trainer: two steps per epoch, figures that are functions of epoch and step. */
final class Trainings {
    private static final Layer MODEL = new Linear(2, 2, new Rng(1));

    private Trainings() {}

    static EpochFigures epoch(int epoch) {
        return new EpochFigures(
                epoch,
                2L * epoch,
                100,
                0.5,
                1.0 / epoch,
                0.1,
                Map.of("loss", 2.0 / epoch, "accuracy", 1 - 0.5 / epoch));
    }

    private static StepFigures step(int epoch, long step) {
        return new StepFigures(epoch, step, 50, 50, 1.0 / step, 1, 0.1, Map.of("gradient_norm", (double) step));
    }

    /** Runs callbacks over the steps from one to another; epochs before the first step are history. */
    static void run(Callback callback, int firstStep, int lastStep) {
        List<EpochFigures> history = new ArrayList<>();
        for (int epoch = 1; 2 * epoch < firstStep; epoch++) {
            history.add(epoch(epoch));
        }
        Training training = (Training) Proxy.newProxyInstance(
                Trainings.class.getClassLoader(),
                new Class<?>[] {Training.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "history" -> List.copyOf(history);
                    case "model" -> MODEL;
                    default -> throw new UnsupportedOperationException(method.getName());
                });
        callback.onStart(training);
        for (int step = firstStep; step <= lastStep; step++) {
            int epoch = (step + 1) / 2;
            callback.onStep(training, step(epoch, step));
            if (step % 2 == 0) {
                history.add(epoch(epoch));
                callback.onEpochEnd(training, history.getLast());
            }
        }
        if (lastStep % 2 == 0) {
            callback.onEnd(
                    training, new TrainingResult(TrainingResult.End.COMPLETED, "all epochs", history, List.of()));
        }
    }
}
