package dev.lanewise.serve;

/**
 * Those who have just got the answers of a batch. Clients that ask again and again come back all at once, but not at the same moment: the
 * first of them would be computed alone, and the others after it. So the next batch waits for as many requests as the last one
 * had, though never long beside the time that the last one took; after a request that was computed alone it does not wait.
 *
 * @param requests how many they are
 * @param until when they are no longer waited for, by {@link System#nanoTime}
 */
record Wave(int requests, long until) {
    /** Nobody. */
    static final Wave NONE = new Wave(0, 0);

    /** The part of a batch's time that is waited at most. */
    private static final long SHARE = 10;

    /**
     * Those of a batch.
     *
     * @param start when it began to be computed
     * @param end when its answers were there
     */
    static Wave after(int requests, long start, long end) {
        return new Wave(requests, end + (end - start) / SHARE);
    }

    /**
     * How long to wait, in nanoseconds; zero or less if not any more.
     *
     * @param there how many requests there are now
     */
    long left(int there, long now) {
        return requests <= 1 || there >= requests ? 0 : until - now;
    }
}
