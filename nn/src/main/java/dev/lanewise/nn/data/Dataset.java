package dev.lanewise.nn.data;

import dev.lanewise.tensor.Scope;
import java.util.Objects;
import java.util.function.UnaryOperator;

/** Samples by number. Implementations are safe for use by many background threads. */
public interface Dataset {
    /** {@return how many samples there are} */
    long size();

    /**
     * The given samples, in the order given, as one batch of new tensors: they are released after use, so they must not
     * be views of what the data set keeps.
     *
     * @param indices numbers of samples, from 0
     * @return the batch, with the samples along the first dimension
     */
    Batch batch(long[] indices);

    /**
     * Sets the epoch that the next batches belong to; a data set with random changes then draws new ones.
     *
     * @param number the number of the epoch
     */
    default void epoch(long number) {}

    /**
     * {@return what a sample is called in messages: a file, a line, or just its number}
     *
     * @param index its number
     */
    default String describe(long index) {
        return "sample " + index;
    }

    /**
     * {@return this data set with every batch changed, for example {@code batch -> batch.withOneHotTargets(10)}}
     *
     * @param change called on background threads; of the tensors that it makes, only those of the result are kept
     */
    default Dataset map(UnaryOperator<Batch> change) {
        Objects.requireNonNull(change, "change");
        Dataset source = this;
        return new Dataset() {
            @Override
            public long size() {
                return source.size();
            }

            @Override
            public Batch batch(long[] indices) {
                try (Scope scope = Scope.open("batch")) {
                    Batch changed = change.apply(source.batch(indices));
                    scope.keepAll(changed.tensors());
                    return changed;
                }
            }

            @Override
            public void epoch(long number) {
                source.epoch(number);
            }

            @Override
            public String describe(long index) {
                return source.describe(index);
            }
        };
    }
}
