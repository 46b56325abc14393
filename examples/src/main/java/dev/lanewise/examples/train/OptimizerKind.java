package dev.lanewise.examples.train;

import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.nn.optim.Sgd;
import java.util.List;

/** The optimizers of the command line. */
public enum OptimizerKind {
    /** Descent with momentum 0.9. */
    SGD(0.1),
    /** Adam. */
    ADAM(1e-3),
    /** Adam with decoupled weight decay. */
    ADAMW(1e-3);

    /** The learning rate unless one is given. */
    final double rate;

    OptimizerKind(double rate) {
        this.rate = rate;
    }

    Optimizer create(List<Parameter> parameters, double rate) {
        return switch (this) {
            case SGD -> new Sgd(parameters, rate, Sgd.Options.momentum(0.9));
            case ADAM -> new Adam(parameters, rate);
            case ADAMW -> new Adam(parameters, rate, Adam.Options.adamW());
        };
    }
}
