package dev.lanewise.nn.data;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Gives samples in another order, of which only some are in memory. */
final class ShuffleBuffer<T> implements Iterator<T> {
    private final Iterator<T> source;
    private final int capacity;
    private final SplittableRandom random;
    private final List<T> held = new ArrayList<>();

    private ShuffleBuffer(Iterator<T> source, int capacity, long seed) {
        this.source = source;
        this.capacity = capacity;
        random = new SplittableRandom(seed);
    }

    static <T> Stream<T> stream(Stream<T> source, int capacity, long seed) {
        Iterator<T> shuffled = new ShuffleBuffer<>(source.iterator(), capacity, seed);
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(shuffled, Spliterator.ORDERED), false)
                .onClose(source::close);
    }

    @Override
    public boolean hasNext() {
        return !held.isEmpty() || source.hasNext();
    }

    @Override
    public T next() {
        while (held.size() < capacity && source.hasNext()) {
            held.add(source.next());
        }
        if (held.isEmpty()) {
            throw new NoSuchElementException("the epoch has no more samples");
        }
        int drawn = random.nextInt(held.size());
        T last = held.removeLast();
        return drawn == held.size() ? last : held.set(drawn, last);
    }
}
