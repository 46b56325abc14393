package dev.lanewise.nn.train;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Tries learning rates (Smith 2015, arXiv:1506.01186): trains with rates that grow from step to step until the loss explodes,
 * and puts model, optimizer and random streams back to where they were.
 *
 * <pre>{@code
 * RateFinder.Result tried = RateFinder.find(trainer, data, 1e-6, 1, 100);
 * optimizer.rate(tried.suggestion());
 * }</pre>
 */
public final class RateFinder {
    /** How much of the mean of losses stays after a step. */
    private static final double SMOOTHING = 0.9;

    /** So many times the smallest loss is an explosion. */
    private static final double EXPLODED = 4;

    private RateFinder() {}

    /**
     * The learning rates that were tried, and the loss at each.
     *
     * @param rates the learning rate of each step, ascending
     * @param losses the running mean of the losses up to each step, before its update
     */
    public record Result(List<Double> rates, List<Double> losses) {
        /** Copies the lists. */
        public Result {
            Objects.requireNonNull(rates, "rates");
            Objects.requireNonNull(losses, "losses");
            rates = List.copyOf(rates);
            losses = List.copyOf(losses);
        }

        /** {@return the rate where the loss falls fastest by the logarithm of the rate: a good one to train with} */
        public double suggestion() {
            int best = 0;
            double steepest = Double.POSITIVE_INFINITY;
            for (int i = 1; i < losses.size(); i++) {
                double slope = losses.get(i) - losses.get(i - 1);
                if (slope < steepest) {
                    steepest = slope;
                    best = i - 1;
                }
            }
            return rates.get(best);
        }
    }

    /**
     * Tries rates that grow by the same factor from each step to the next.
     *
     * @param trainer has the model, the loss and the optimizer; its callbacks are not called
     * @param data the training samples, read again from the start if they run out
     * @param from the first rate, above 0
     * @param to the last rate, above the first
     * @param steps how many, 2 or more
     * @return the rates and losses, up to where the loss exploded or was not finite
     * @throws TensorException if the numbers don't fit, there is no batch, or the trainer computes in F16, where a loss that
     *     overflows says nothing
     */
    public static Result find(Trainer trainer, DataLoader data, double from, double to, int steps) {
        Trainer.checkNotEmpty("the data to try rates on", data);
        if (!(from > 0 && to > from) || Double.isInfinite(to) || steps < 2) {
            throw new TensorException("rate finder: from " + from + " to " + to + " in " + steps
                    + " steps (expected rates above 0, ascending, and 2 steps or more); check them");
        }
        if (trainer.precision.scaler() != null) {
            throw new TensorException(
                    "rate finder: the trainer computes in F16 (expected F32 or BF16); try rates without autocast");
        }
        List<Rng> streams =
                TrainingState.of(trainer.model, trainer.optimizer, null).streams();
        Before before = Before.of(trainer, streams);
        try {
            return search(trainer, data, streams, from, Math.pow(to / from, 1.0 / (steps - 1)), steps);
        } finally {
            before.restore(trainer, streams);
        }
    }

    private static Result search(
            Trainer trainer, DataLoader data, List<Rng> streams, double from, double factor, int steps) {
        List<Double> rates = new ArrayList<>();
        List<Double> losses = new ArrayList<>();
        double mean = 0;
        double least = Double.POSITIVE_INFINITY;
        long epoch = 1;
        Iterator<Batch> batches = data.epoch(epoch).iterator();
        Loop.trainingMode(trainer.model);
        for (int i = 0; i < steps; i++) {
            if (!batches.hasNext()) {
                batches = data.epoch(++epoch).iterator();
            }
            double rate = from * Math.pow(factor, i);
            double loss = step(trainer, batches.next(), streams, rate);
            mean = SMOOTHING * mean + (1 - SMOOTHING) * loss;
            double smooth = mean / (1 - Math.pow(SMOOTHING, i + 1));
            if (!Double.isFinite(smooth) || smooth > EXPLODED * least) {
                break;
            }
            least = Math.min(least, Math.abs(smooth));
            rates.add(rate);
            losses.add(smooth);
        }
        if (rates.isEmpty()) {
            throw new TensorException(
                    "rate finder: the first loss is not finite (expected a number); look at the data");
        }
        return new Result(rates, losses);
    }

    private static double step(Trainer trainer, Batch batch, List<Rng> streams, double rate) {
        try (var ignored = Scope.open("rate finder")) {
            Step.Result result =
                    Step.of(trainer, List.of(trainer.moved(batch)), streams).compute((b, output) -> {});
            if (Double.isFinite(result.loss())) {
                trainer.optimizer.rate(rate);
                trainer.optimizer.step(trainer.updates.clipped(result.gradients(), norm -> {}));
            }
            return result.loss();
        }
    }

    /** Everything as it was. */
    private record Before(
            Map<String, Tensor> model,
            Map<String, Tensor> optimizer,
            long steps,
            double rate,
            Map<Layer, Boolean> training,
            long[] positions) {
        static Before of(Trainer trainer, List<Rng> streams) {
            long[] positions = new long[2 * streams.size()];
            for (int i = 0; i < streams.size(); i++) {
                positions[2 * i] = streams.get(i).seed();
                positions[2 * i + 1] = streams.get(i).counter();
            }
            return new Before(
                    copies(trainer.model.stateDict()),
                    copies(trainer.optimizer.stateDict()),
                    trainer.optimizer.steps(),
                    trainer.optimizer.rate(),
                    modes(trainer.model),
                    positions);
        }

        private static Map<String, Tensor> copies(Map<String, Tensor> state) {
            Map<String, Tensor> copies = new LinkedHashMap<>();
            state.forEach((name, tensor) ->
                    copies.put(name, Autograd.detach(tensor).copy().keep()));
            return copies;
        }

        /** Parents first, so that what is restored holds for their children alone. */
        private static Map<Layer, Boolean> modes(Layer model) {
            Map<Layer, Boolean> modes = new LinkedHashMap<>();
            model.apply(layer -> modes.put(layer, layer.isTraining()));
            return modes;
        }

        private static void restore(Layer layer, boolean training) {
            if (training) {
                layer.train();
            } else {
                layer.eval();
            }
        }

        void restore(Trainer trainer, List<Rng> streams) {
            trainer.model.loadStateDict(model);
            trainer.optimizer.loadStateDict(optimizer, steps);
            trainer.optimizer.rate(rate);
            training.forEach(Before::restore);
            for (int i = 0; i < streams.size(); i++) {
                streams.get(i).seek(positions[2 * i], positions[2 * i + 1]);
            }
        }
    }
}
