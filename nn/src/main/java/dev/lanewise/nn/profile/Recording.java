package dev.lanewise.nn.profile;

import java.util.Comparator;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/** Events as they come, from any thread. */
final class Recording {
    /** About 200 MiB. */
    private static final long MOST = 1_000_000;

    private final long began = System.nanoTime();
    private final Queue<Profile.Event> events = new ConcurrentLinkedQueue<>();
    private final AtomicLong count = new AtomicLong();

    /** What tensors take. */
    final MemoryByScope memory = new MemoryByScope();

    /** Nanoseconds since the beginning. */
    long now() {
        return System.nanoTime() - began;
    }

    void add(Profile.Event event) {
        if (count.incrementAndGet() <= MOST) {
            events.add(event);
        }
    }

    Profile profile() {
        return new Profile(
                events.stream()
                        .sorted(Comparator.comparingLong(Profile.Event::start))
                        .toList(),
                memory.rows(),
                now(),
                Math.max(0, count.get() - MOST));
    }
}
