package dev.lanewise.examples.train;

import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.train.Callback;
import dev.lanewise.nn.train.Training;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;

/** Measures, if the targets are classes, which fraction of the epoch's predictions has been correct so far. */
final class RunningAccuracy implements Callback {
    private long places;
    private long right;

    @Override
    public void onEpochStart(Training training, int epoch) {
        places = 0;
        right = 0;
    }

    @Override
    public void onOutput(Training training, Batch batch, Tensor output) {
        if (batch.y().dtype() == DType.I64) {
            right += output.argmax(-1).eq(batch.y()).sum().itemLong();
            places += batch.y().shape().elements();
            training.measured("accuracy", (double) right / places);
        }
    }
}
