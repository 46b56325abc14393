package dev.lanewise.nn.train;

import dev.lanewise.nn.BatchNorm;
import dev.lanewise.nn.Dropout;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.data.TensorDataset;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;

/** A problem small enough to train many times: three classes by the largest of the first three of six numbers. */
final class Toy {
    static final int SAMPLES = 44;

    private Toy() {}

    static TensorDataset data() {
        Tensor x = new Rng(3).randn(DType.F32, SAMPLES, 6);
        return new TensorDataset(x, x.narrow(1, 0, 3).argmax(1));
    }

    static DataLoader loader(int batch) {
        return new DataLoader(data(), batch, true, 11);
    }

    /** With batch norm, and dropout from the global stream and from one of its own. */
    static Layer noisyModel(long seed) {
        Rng rng = new Rng(seed);
        return new Sequential(
                new Linear(6, 12, rng),
                new BatchNorm(12),
                new ReLU(),
                new Dropout(0.3),
                new Linear(12, 8, rng),
                new Dropout(0.2, new Rng(seed + 100)),
                new Linear(8, 3, rng));
    }

    static Layer plainModel(long seed) {
        Rng rng = new Rng(seed);
        return new Sequential(new Linear(6, 12, rng), new ReLU(), new Linear(12, 3, rng));
    }
}
