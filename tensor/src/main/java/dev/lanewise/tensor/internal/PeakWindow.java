package dev.lanewise.tensor.internal;

/** The largest of the numbers noted within a window that advances tick by tick. Not safe for use by many threads. */
final class PeakWindow {
    private final long[] peaks;
    private int current;

    /** A window of the given number of ticks. */
    PeakWindow(int ticks) {
        peaks = new long[ticks];
    }

    /** Notes a number. */
    void note(long value) {
        if (value > peaks[current]) {
            peaks[current] = value;
        }
    }

    /** Advances the window; the number that still applies opens the new tick. */
    void tick(long value) {
        current = (current + 1) % peaks.length;
        peaks[current] = value;
    }

    /** The largest number of the window. */
    long peak() {
        long peak = 0;
        for (long p : peaks) {
            peak = Math.max(peak, p);
        }
        return peak;
    }
}
