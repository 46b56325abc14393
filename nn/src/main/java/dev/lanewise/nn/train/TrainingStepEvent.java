package dev.lanewise.nn.train;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A step of training, for the JDK's Flight Recorder. */
@Name("dev.lanewise.TrainingStep")
@Label("Training Step")
@Category("Lanewise")
@Description("An update of a model's weights, with the batches that it was computed from")
@StackTrace(false)
final class TrainingStepEvent extends Event {
    @Label("Epoch")
    int epoch;

    @Label("Step")
    long step;

    @Label("Samples")
    long samples;

    @Label("Loss")
    double loss;

    @Label("Learning Rate")
    double rate;

    /** Records a step that has ended. */
    void ended(StepFigures figures) {
        end();
        if (shouldCommit()) {
            epoch = figures.epoch();
            step = figures.step();
            samples = figures.size();
            loss = figures.loss();
            rate = figures.rate();
            commit();
        }
    }
}
