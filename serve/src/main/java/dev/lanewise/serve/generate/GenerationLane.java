package dev.lanewise.serve.generate;

import dev.lanewise.lm.ContinuousBatch;
import dev.lanewise.lm.GenerationOptions;
import dev.lanewise.lm.KvCache;
import dev.lanewise.lm.TextGenerator;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.serve.event.BatchEvent;
import dev.lanewise.serve.http.Refusal;
import dev.lanewise.text.TokenizerException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The queue in front of one version of a model that generates texts, and the thread that generates them, all that have
 * begun together: each step gives every one of them a token, and between steps others begin, in the order in which they
 * came, and those that nobody waits for end. It is a thread of the system, as kernels would not let go of the one that carries
 * virtual threads.
 */
public final class GenerationLane implements AutoCloseable {
    /** How often to look whether texts of other models have given memory back. */
    private static final long MEMORY_POLL_NANOS = 10_000_000;

    /** How many tokens a completion gets where nothing is said, as at OpenAI. */
    private static final int SHORT = 16;

    private final String name;
    private final TextGenerator generator;
    private final Bounds bounds;
    private final CacheMemory memory;
    private final GenerationObserver observer;
    private final ContinuousBatch batch;
    /** What keys and values of {@link KvCache#BLOCK} tokens take. */
    private final long blockBytes;

    private final Thread worker;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<GenerationJob> queue = new ArrayDeque<>();
    private boolean closed;
    private volatile boolean aborted;
    /** How long a text takes, smoothed; for telling clients when to come back. */
    private volatile long nanosPerText;

    private volatile int running;

    /**
     * How much a lane does.
     *
     * @param sequences the most texts at once
     * @param queue the most that wait
     * @param newTokens how many tokens an answer in a conversation gets where nothing is said
     * @param patience how long one may take
     */
    public record Bounds(int sequences, int queue, int newTokens, Duration patience) {}

    /** A text that has begun. */
    private record Running(GenerationJob job, ContinuousBatch.Sequence sequence, long queueNanos) {}

    /**
     * Starts the thread.
     *
     * @param name the model's, and of the thread
     * @param memory what the texts of all lanes take theirs from
     * @param observer is told of what is generated
     */
    public GenerationLane(
            String name, TextGenerator generator, Bounds bounds, CacheMemory memory, GenerationObserver observer) {
        this.name = name;
        this.generator = generator;
        this.bounds = bounds;
        this.memory = memory;
        this.observer = observer;
        this.batch = new ContinuousBatch(generator.model());
        this.blockBytes = ContinuousBatch.cacheBytes(generator.model(), 1);
        this.worker = Thread.ofPlatform().daemon().name(name + "-texts").start(this::work);
    }

    /**
     * A job for this lane.
     *
     * @throws Refusal if the model can't do what is asked, or there is not enough memory for its keys and values
     */
    public GenerationJob job(CompletionRequest request) {
        int[] prompt = tokens(request.prompt());
        int asked = request.sampling().newTokens();
        int positions = generator.model().positions();
        int least = Math.max(1, asked);
        if (prompt.length > positions - least) {
            throw Refusal.bad("a prompt of " + prompt.length + " tokens and " + least + " new ones; expected at most "
                    + positions + " together, for which the model was made");
        }
        int standard = request.prompt() instanceof CompletionRequest.Prompt.Chat ? bounds.newTokens() : SHORT;
        GenerationOptions options =
                request.sampling().options(asked == 0 ? Math.min(standard, positions - prompt.length) : asked);
        long tokens = prompt.length + (long) options.newTokens();
        long bytes = blockBytes * Math.ceilDiv(tokens, (long) KvCache.BLOCK);
        if (bytes > memory.most()) {
            throw Refusal.tooLarge("keys and values of " + tokens + " tokens take " + bytes
                    + " bytes (expected at most " + memory.most() + "); ask for fewer tokens");
        }
        return new GenerationJob(
                prompt,
                options,
                generator.pieces(options.stopTexts()),
                bytes,
                bounds.patience().toNanos());
    }

    private int[] tokens(CompletionRequest.Prompt prompt) {
        try {
            int[] tokens = switch (prompt) {
                case CompletionRequest.Prompt.Text text ->
                    generator.tokenizer().encode(text.text(), true).ids();
                case CompletionRequest.Prompt.Tokens ids -> ids.ids();
                case CompletionRequest.Prompt.Chat chat -> generator.chatTokens(chat.messages());
            };
            if (tokens.length == 0) {
                throw Refusal.bad("an empty prompt; expected at least one token");
            }
            return tokens;
        } catch (TokenizerException | BadFileException e) {
            throw Refusal.bad("the model can't take this prompt: " + e.getMessage(), e);
        }
    }

    /**
     * Puts a job into the queue.
     *
     * @return whether it is there; it is not if the lane has closed
     * @throws Refusal if the queue is full
     */
    public boolean offer(GenerationJob job) {
        lock.lock();
        try {
            if (closed) {
                return false;
            }
            checkRoom();
            queue.add(job);
            changed.signalAll();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Refuses a request before its prompt is encoded, which would take time from those that are answered.
     *
     * @throws Refusal if the queue is full
     */
    public void requireRoom() {
        lock.lock();
        try {
            checkRoom();
        } finally {
            lock.unlock();
        }
    }

    private void checkRoom() {
        queue.removeIf(GenerationJob::isCancelled);
        if (queue.size() >= bounds.queue()) {
            throw Refusal.busy(
                    queue.size() + " texts are waiting; try again later",
                    Duration.ofNanos(nanosPerText * queue.size() / bounds.sequences()));
        }
    }

    /** How many jobs are in the queue. */
    public int waiting() {
        lock.lock();
        try {
            return (int) queue.stream().filter(job -> !job.isCancelled()).count();
        } finally {
            lock.unlock();
        }
    }

    /** How many texts are being generated. */
    public int running() {
        return running;
    }

    // ---- the thread

    private void work() {
        List<Running> texts = new ArrayList<>();
        while (admit(texts)) {
            long start = System.nanoTime();
            int before = tokens(texts);
            BatchEvent event = new BatchEvent();
            try {
                batch.step();
                int given = tokens(texts) - before;
                if (given > 0) {
                    observer.stepped(given, System.nanoTime() - start);
                    event.ended(name, given, given);
                }
                texts.removeIf(this::delivered);
            } catch (Throwable e) { // whatever a model throws, texts that come later are still served
                Refusal refusal = Refusal.ofModel(e);
                texts.forEach(text -> fail(text, refusal));
                texts.clear();
            }
            running = texts.size();
        }
        batch.close();
    }

    private static int tokens(List<Running> texts) {
        return texts.stream().mapToInt(text -> text.sequence().count()).sum();
    }

    /**
     * Lets texts begin that there is room for, after waiting for one if none is running.
     *
     * @return false once the lane is closed and nothing is left to do
     */
    private boolean admit(List<Running> texts) {
        lock.lock();
        try {
            texts.removeIf(this::dropped);
            while (true) {
                if (aborted) {
                    abort(texts);
                }
                queue.removeIf(GenerationJob::isCancelled);
                for (GenerationJob first = queue.peek();
                        first != null && texts.size() < bounds.sequences() && memory.take(first.cacheBytes);
                        first = queue.peek()) {
                    queue.remove();
                    begin(first, texts);
                }
                running = texts.size();
                if (!texts.isEmpty()) {
                    return true;
                }
                if (!queue.isEmpty()) {
                    changed.awaitNanos(MEMORY_POLL_NANOS);
                } else if (closed) {
                    return false;
                } else {
                    changed.await();
                }
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts lanes", e);
        } finally {
            lock.unlock();
        }
    }

    private void abort(List<Running> texts) {
        Refusal ending = Refusal.unavailable("the server is ending; ask another one");
        texts.forEach(text -> fail(text, ending));
        texts.clear();
        queue.forEach(job -> job.add(new GenerationJob.Event.Failure(ending)));
        queue.clear();
    }

    private void begin(GenerationJob job, List<Running> texts) {
        try {
            long waited = System.nanoTime() - job.arrived;
            texts.add(new Running(job, batch.add(job.prompt, job.options), waited));
            observer.began(waited);
        } catch (RuntimeException | OutOfMemoryError e) {
            memory.give(job.cacheBytes);
            job.add(new GenerationJob.Event.Failure(Refusal.ofModel(e)));
        }
    }

    private boolean dropped(Running text) {
        if (!text.job().isCancelled()) {
            return false;
        }
        end(text);
        return true;
    }

    /** Passes on the text that the last step has given; says whether it has ended. */
    private boolean delivered(Running text) {
        ContinuousBatch.Sequence sequence = text.sequence();
        GenerationJob job = text.job();
        ContinuousBatch.End end = sequence.end();
        try {
            String piece = piece(text, end);
            if (!piece.isEmpty()) {
                job.add(new GenerationJob.Event.Piece(piece));
            }
            if (end == null && !job.pieces.hasStopped()) {
                return false;
            }
            String reason = end == ContinuousBatch.End.LENGTH && !job.pieces.hasStopped() ? "length" : "stop";
            end(text);
            job.add(new GenerationJob.Event.End(reason, sequence.count(), text.queueNanos()));
        } catch (RuntimeException e) {
            fail(text, Refusal.ofModel(e));
        }
        return true;
    }

    private void fail(Running text, Refusal refusal) {
        end(text);
        text.job().add(new GenerationJob.Event.Failure(refusal));
    }

    private static String piece(Running text, ContinuousBatch.@Nullable End end) {
        ContinuousBatch.Sequence sequence = text.sequence();
        if (end == ContinuousBatch.End.FAILED) {
            throw Objects.requireNonNull(sequence.failure());
        }
        if (sequence.count() == 0) { // its prompt has not been read yet
            return "";
        }
        String piece =
                end == ContinuousBatch.End.STOP_TOKEN ? "" : text.job().pieces.next(sequence.token());
        return end == null ? piece : piece + text.job().pieces.finish();
    }

    private void end(Running text) {
        text.sequence().close();
        memory.give(text.job().cacheBytes);
        long nanos = System.nanoTime() - text.job().arrived - text.queueNanos();
        nanosPerText = nanosPerText == 0 ? nanos : nanosPerText + (nanos - nanosPerText) / 8;
        observer.ended(text.job().promptTokens(), text.sequence().count());
    }

    // ---- the end

    /** Accepts nothing more; what was accepted is still generated. */
    public void retire() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Accepts nothing more, and ends what is not complete. */
    @Override
    public void close() {
        aborted = true;
        retire();
        boolean interrupted = false;
        while (worker.isAlive()) {
            try {
                worker.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
