package dev.lanewise.serve.generate;

import dev.lanewise.lm.GenerationOptions;
import dev.lanewise.lm.TextPieces;
import dev.lanewise.serve.http.CallerGone;
import dev.lanewise.serve.http.Refusal;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A text that is to be generated, and where its pieces go: from the lane's thread to the one that answers. */
public final class GenerationJob {
    final int[] prompt;
    final GenerationOptions options;
    final TextPieces pieces;
    final long arrived = System.nanoTime();
    /** How many bytes its keys and values take. */
    final long cacheBytes;

    private final long end;
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private volatile boolean cancelled;

    /** What happens to a text. */
    public sealed interface Event {
        /** More of it. */
        record Piece(String text) implements Event {}

        /**
         * Its end.
         *
         * @param reason {@code stop}, or {@code length} if it has as many tokens as were asked for
         * @param tokens how many tokens were generated
         * @param queueNanos how long it has waited to begin
         */
        record End(String reason, int tokens, long queueNanos) implements Event {}

        /** It can't be generated, or nobody waits for it any more. */
        record Failure(RuntimeException cause) implements Event {}
    }

    /**
     * A job.
     *
     * @param prompt what is continued
     * @param options how
     * @param pieces turns tokens into text
     * @param cacheBytes how many bytes its keys and values take
     * @param patienceNanos how long it may take
     */
    GenerationJob(int[] prompt, GenerationOptions options, TextPieces pieces, long cacheBytes, long patienceNanos) {
        this.prompt = prompt;
        this.options = options;
        this.pieces = pieces;
        this.cacheBytes = cacheBytes;
        this.end = arrived + patienceNanos;
    }

    /** How many tokens are continued. */
    public int promptTokens() {
        return prompt.length;
    }

    void add(Event event) {
        events.add(event);
    }

    /**
     * Waits for what happens next.
     *
     * @param nanos how long to wait; null is the answer then
     * @throws Refusal if it can't be generated, or the time that it may take is over
     * @throws CallerGone if nobody waits for it any more
     */
    public @Nullable Event next(long nanos) {
        long left = end - System.nanoTime();
        Event event;
        try {
            event = events.poll(Math.min(nanos, left), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            cancel();
            Thread.currentThread().interrupt();
            throw Refusal.unavailable("the server is ending; ask another one");
        }
        if (event instanceof Event.Failure failure) {
            throw failure.cause();
        }
        if (event == null && nanos >= left) {
            cancel();
            throw Refusal.late("the text was not complete in time; ask for fewer tokens, or try again");
        }
        return event;
    }

    /**
     * Waits for what happens next, as long as the text may take.
     *
     * @throws Refusal if it can't be generated, or the time that it may take is over
     * @throws CallerGone if nobody waits for it any more
     */
    public Event next() {
        Event event = null;
        while (event == null) {
            event = next(Long.MAX_VALUE);
        }
        return event;
    }

    /** Gives up its place: nobody waits for it any more. */
    public void cancel() {
        cancelled = true;
        add(new Event.Failure(new CallerGone()));
    }

    boolean isCancelled() {
        return cancelled;
    }
}
