package dev.lanewise.examples.train;

import dev.lanewise.nn.train.Callback;
import dev.lanewise.nn.train.EpochFigures;
import dev.lanewise.nn.train.Training;
import dev.lanewise.nn.train.TrainingResult;
import java.nio.file.Path;

/** Saves the state of training, and the card next to it, after every epoch and when it is interrupted. */
record Saving(Card card, Path file) implements Callback {
    @Override
    public void onEpochEnd(Training training, EpochFigures figures) {
        save(training);
    }

    @Override
    public void onEnd(Training training, TrainingResult result) {
        if (result.end() == TrainingResult.End.INTERRUPTED) {
            save(training);
        }
    }

    private void save(Training training) {
        if (training.writes()) {
            card.write(file);
        }
        training.save(file);
    }
}
