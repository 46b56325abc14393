package dev.lanewise.examples.train;

import dev.lanewise.tensor.Tensor;
import java.util.Map;

/** What a model is trained for, and what is measured on data that it has not seen. */
interface Objective {
    /** The mean loss of a batch, a scalar. */
    Tensor loss(Tensor output, Tensor y);

    /** The part of a batch that was right, from 0 to 1; NaN where nothing is right or wrong. */
    double accuracy(Tensor output, Tensor y);

    /** Begins a measurement. */
    Evaluation evaluation();

    /** A measurement, batch by batch. */
    interface Evaluation {
        /** Takes a batch into account. */
        void add(Tensor output, Tensor y);

        /** What was measured, under its name in JSON. */
        Map<String, Double> figures();

        /** The same for people, in lines, with what does not fit a line an epoch. */
        String report();
    }
}
