package dev.lanewise.bench.gpu;

import java.time.Duration;

/**
 * When something has to be over.
 *
 * @param nanos on the clock of {@link System#nanoTime}
 */
record Deadline(long nanos) {
    static Deadline in(Duration time) {
        return new Deadline(System.nanoTime() + time.toNanos());
    }

    long millisLeft() {
        return Math.max(1, (nanos - System.nanoTime()) / 1_000_000);
    }

    boolean isOver() {
        return System.nanoTime() >= nanos;
    }

    /** The earlier of two. */
    Deadline orIf(Deadline other) {
        return nanos - other.nanos <= 0 ? this : other;
    }
}
