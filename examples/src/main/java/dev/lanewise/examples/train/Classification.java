package dev.lanewise.examples.train;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Module;
import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;

/** Training of a classifier by cross-entropy: this is the whole loop. */
record Classification(Module model, Optimizer optimizer, DataLoader train, DataLoader test, Progress progress) {

    /** One epoch of training, then the accuracy on the test data. */
    void epoch(int epoch, int epochs) {
        progress.begin(epoch, epochs, train.samples());
        long start = System.nanoTime();
        double loss = train(epoch);
        double seconds = (System.nanoTime() - start) / 1e9;
        progress.end(seconds, loss, accuracy());
    }

    private double train(int epoch) {
        model.train();
        double lossSum = 0;
        long seen = 0;
        for (var batches = train.epoch(epoch).iterator(); batches.hasNext(); ) {
            try (var _ = Scope.open("training step")) {
                Batch batch = batches.next();
                Tensor logits = model.forward(batch.x());
                Tensor loss = logits.crossEntropy(batch.y());
                optimizer.step(Autograd.gradients(loss));
                lossSum += loss.item() * batch.size();
                seen += batch.size();
                checkFinite(lossSum, epoch, seen);
                progress.step(seen, lossSum / seen, correct(logits, batch.y()), batch.size());
            }
        }
        return lossSum / seen;
    }

    private static void checkFinite(double loss, int epoch, long samples) {
        if (!Double.isFinite(loss)) {
            throw new TensorException("train: the loss became " + loss + " in epoch " + epoch + " after " + samples
                    + " samples (expected a finite number); try a smaller --lr");
        }
    }

    private double accuracy() {
        model.eval();
        return Autograd.noGrad(() -> {
            long correct = 0;
            for (var batches = test.epoch(0).iterator(); batches.hasNext(); ) {
                try (var _ = Scope.open("evaluation")) {
                    Batch batch = batches.next();
                    correct += correct(model.forward(batch.x()), batch.y());
                }
            }
            return (double) correct / test.samples();
        });
    }

    private static long correct(Tensor logits, Tensor classes) {
        return logits.argmax(1).eq(classes).sum().itemLong();
    }
}
