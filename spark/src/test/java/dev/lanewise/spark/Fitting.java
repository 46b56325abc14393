package dev.lanewise.spark;

import dev.lanewise.distributed.Communicator;
import dev.lanewise.distributed.DataParallel;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.data.TensorDataset;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.train.Trainer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;

/** A small training, alone and on several ranks. */
final class Fitting {
    private Fitting() {}

    /** 44 samples in batches of 16: the last batch has 12. */
    private static DataLoader data() {
        Tensor x = new Rng(3).randn(DType.F32, 44, 6);
        return new DataLoader(new TensorDataset(x, x.narrow(1, 0, 3).argmax(1)), 16, true, 11);
    }

    private static Layer model(long seed) {
        Rng rng = new Rng(seed);
        return new Sequential(new Linear(6, 12, rng), new ReLU(), new Linear(12, 3, rng));
    }

    private static Trainer trainer(Layer model) {
        return new Trainer(model, new CrossEntropyLoss(), new Adam(model.parameters(), 0.01));
    }

    private static float[] weights(Layer model) {
        return Tensor.cat(
                        0,
                        model.stateDict().values().stream().map(Tensor::flatten).toArray(Tensor[]::new))
                .toFloatArray();
    }

    static float[] alone() {
        Layer model = model(1);
        trainer(model).fit(data(), 3);
        return weights(model);
    }

    /** Other weights on each rank at first: those of rank 0 count. */
    static float[] fitted(Communicator ranks) {
        Layer model = model(1 + ranks.rank());
        DataParallel.wrap(trainer(model), ranks).fit(data(), 3);
        return weights(model);
    }
}
