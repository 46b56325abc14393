package dev.lanewise.serve.http;

import java.time.Duration;

/** Whoever waits for an answer. */
public interface Caller {
    /** One that nobody looks after. */
    Caller UNWATCHED = new Caller() {
        @Override
        public void whenGone(Runnable action) {
            // it is never known
        }

        @Override
        public void forget() {
            // nothing to forget
        }

        @Override
        public void limit(Duration patience) {
            // there is nothing to close
        }

        @Override
        public void unlimit() {
            // nor was there before
        }

        @Override
        public void served(boolean now) {
            // nobody counts its time
        }
    };

    /**
     * Does something, once and on another thread, when the caller has closed the connection before it has its answer.
     * Costs a virtual thread, so answers that come at once are better not watched over.
     */
    void whenGone(Runnable action);

    /** Does nothing any more when the caller goes away. */
    void forget();

    /** Gives the caller so much time for what it does now; then the connection is closed, whatever is being read or written. */
    void limit(Duration patience);

    /** The caller has done it. */
    void unlimit();

    /** A request has come as far as the end of its header, or was answered: the time for the next header begins. */
    void served(boolean now);
}
