package dev.lanewise.nn.data;

import dev.lanewise.tensor.Scope;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Supplier;

/** Batches of samples that have numbers, in a sampler's order. */
record SampledBatches(Dataset dataset, Sampler sampler) implements BatchSource {
    SampledBatches {
        Objects.requireNonNull(dataset, "dataset");
        Objects.requireNonNull(sampler, "sampler");
    }

    @Override
    public long samples() {
        return sampler.size();
    }

    @Override
    public Epoch epoch(long number, long first) {
        dataset.epoch(number);
        return new Ordered(sampler.order(number), Math.toIntExact(first));
    }

    private final class Ordered implements Epoch {
        private final long[] order;
        private int position;

        Ordered(long[] order, int position) {
            this.order = order;
            this.position = position;
        }

        @Override
        public void skip(long samples) {
            position = Math.toIntExact(position + samples);
        }

        @Override
        public Supplier<Batch> next(int samples) {
            long[] indices = Arrays.copyOfRange(order, position, position + samples);
            position += samples;
            return () -> make(indices);
        }
    }

    /** Makes a batch; if that fails, finds out which of its samples is to blame. */
    private Batch make(long[] indices) {
        try {
            return dataset.batch(indices);
        } catch (RuntimeException failure) {
            for (long index : indices) {
                try (Scope ignored = Scope.open("data loader")) {
                    dataset.batch(new long[] {index});
                } catch (RuntimeException own) {
                    throw new BadSampleException(dataset, index, own);
                }
            }
            // each sample is good by itself: they don't go together
            throw failure;
        }
    }
}
