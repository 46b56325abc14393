package dev.lanewise.nn.data;

import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.TensorException;
import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Batches of samples that come one after the other. */
record StreamedBatches<T>(IterableDataset<T> dataset, Function<List<T>, Batch> collate) implements BatchSource {
    StreamedBatches {
        Objects.requireNonNull(dataset, "dataset");
        Objects.requireNonNull(collate, "collate");
    }

    @Override
    public long samples() {
        return dataset.size();
    }

    @Override
    public Epoch epoch(long number, long first) {
        return new Read(number, first);
    }

    /** Closes the streams that were left before their end. */
    private static final class Abandoned {
        static final Cleaner CLEANER = Cleaner.create();
    }

    /** One epoch; its stream is opened by the thread that reads it first. */
    private final class Read implements Epoch {
        private final long number;
        /** The first sample that has neither been handed out nor left out. */
        private long next;

        private @Nullable Iterator<T> samples;
        private Cleaner.@Nullable Cleanable closing;
        private long taken;

        Read(long number, long first) {
            this.number = number;
            this.next = first;
        }

        @Override
        public void skip(long samples) {
            next += samples;
        }

        @Override
        public Supplier<Batch> next(int count) {
            long first = next;
            next += count;
            return () -> collated(take(first, count));
        }

        private Batch collated(List<T> chunk) {
            try (Scope scope = Scope.open("batch")) {
                Batch batch = collate.apply(chunk);
                scope.keepAll(batch.tensors());
                return batch;
            }
        }

        private synchronized List<T> take(long first, int count) {
            Iterator<T> source = opened();
            List<T> chunk = new ArrayList<>(count);
            while (taken < first) {
                one(source);
            }
            while (chunk.size() < count) {
                chunk.add(one(source));
            }
            if (taken == dataset.size() && closing != null) {
                closing.clean();
            }
            return chunk;
        }

        private Iterator<T> opened() {
            if (samples == null) {
                Stream<T> stream = dataset.epoch(number);
                samples = stream.iterator();
                closing = Abandoned.CLEANER.register(this, stream::close);
            }
            return samples;
        }

        private T one(Iterator<T> source) {
            if (!source.hasNext()) {
                throw new TensorException("data loader: epoch " + number + " ended after " + taken
                        + " samples (expected " + dataset.size()
                        + ", as its size says); has the source changed, or is its size wrong?");
            }
            taken++;
            return source.next();
        }
    }
}
