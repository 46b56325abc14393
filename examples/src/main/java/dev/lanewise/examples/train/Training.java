package dev.lanewise.examples.train;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.Module;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.optim.Clipping;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.nn.optim.Schedule;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.function.BooleanSupplier;

/**
 * The loop of all reference trainers.
 *
 * @param schedule the learning rate of every step, counted from the first epoch's first
 * @param mostNorm the greatest norm of all gradients together
 * @param stop asked after every step whether to end
 */
record Training(
        Module model,
        Objective objective,
        Optimizer optimizer,
        Schedule schedule,
        double mostNorm,
        Device device,
        Progress progress,
        BooleanSupplier stop) {

    /** One epoch; its mean loss, or NaN if it was stopped. */
    double epoch(DataLoader loader, int epoch) {
        trainingMode();
        double lossSum = 0;
        long seen = 0;
        long step = (epoch - 1) * loader.batches();
        for (var batches = loader.epoch(epoch).iterator(); batches.hasNext(); step++) {
            try (var ignored = Scope.open("training step")) {
                Batch batch = batches.next();
                Tensor y = batch.y().to(device);
                Tensor output = model.forward(batch.x().to(device));
                Tensor loss = objective.loss(output, y);
                optimizer.rate(schedule.rate(step));
                optimizer.step(clipped(Autograd.gradients(loss)));
                lossSum += loss.item() * batch.size();
                seen += batch.size();
                checkFinite(lossSum, epoch, seen);
                progress.step(seen, lossSum / seen, objective.accuracy(output, y), batch.size());
            }
            if (stop.getAsBoolean()) {
                return Double.NaN;
            }
        }
        return lossSum / seen;
    }

    /** Training mode but for layers that are frozen, whose statistics must stay as well. */
    private void trainingMode() {
        model.train();
        model.apply(module -> {
            var parameters = module.parameters();
            if (!parameters.isEmpty() && parameters.stream().allMatch(Parameter::isFrozen)) {
                module.eval();
            }
        });
    }

    private Gradients clipped(Gradients gradients) {
        return Double.isInfinite(mostNorm)
                ? gradients
                : Clipping.byNorm(gradients, mostNorm).gradients();
    }

    private static void checkFinite(double loss, int epoch, long samples) {
        if (!Double.isFinite(loss)) {
            throw new TensorException("train: the loss became " + loss + " in epoch " + epoch + " after " + samples
                    + " samples (expected a finite number); try a smaller --lr");
        }
    }

    /** Measures the model on data that it was not trained on. */
    Objective.Evaluation evaluate(DataLoader loader) {
        model.eval();
        Objective.Evaluation evaluation = objective.evaluation();
        Autograd.noGrad(() -> {
            for (var batches = loader.epoch(0).iterator(); batches.hasNext(); ) {
                try (var ignored = Scope.open("evaluation")) {
                    Batch batch = batches.next();
                    evaluation.add(
                            model.forward(batch.x().to(device)), batch.y().to(device));
                }
            }
        });
        return evaluation;
    }
}
