package dev.lanewise.distributed;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Finds out which rank is lost. Every second each rank tells rank 0 how far it is, and rank 0 each other that it lives; rank 0
 * tells all when a connection ends, a rank is silent, or one does not come to a call that others wait in.
 */
final class Watch implements AutoCloseable {
    private static final int MOST_BYTES = 4096;
    private static final byte ALIVE = 0;
    private static final byte FAILED = 1;
    private static final byte LEFT = 2;

    private final int rank;
    private final Duration silence;
    private final Duration patience;
    private final Map<Integer, Control> controls;
    private final Map<Integer, Progress> progress = new ConcurrentHashMap<>();
    /** Ranks that have said goodbye, and how many calls they had got the results of by then. */
    private final Map<Integer, Long> left = new ConcurrentHashMap<>();

    private final AtomicLong results = new AtomicLong();
    private final AtomicReference<@Nullable String> failure = new AtomicReference<>();
    private final CountDownLatch failed = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);
    private final List<Runnable> onFailure = new CopyOnWriteArrayList<>();

    /**
     * How far a rank is.
     *
     * @param calls how many calls it has entered
     * @param since when it entered the one it is in, as {@link System#nanoTime} counts; 0 if it is in none
     */
    record Progress(long calls, long since) {
        boolean isInside() {
            return since != 0;
        }
    }

    /**
     * Begins to look.
     *
     * @param rank this rank
     * @param controls the connection to rank 0; on rank 0, to each other rank; none if there are no others
     * @param silence without a sign of life of another rank, then it is lost
     * @param patience in a call that another rank does not come to, then that one hangs
     * @param onFailure ends the call that this rank is in
     */
    Watch(int rank, Map<Integer, Control> controls, Duration silence, Duration patience, Runnable onFailure) {
        this.rank = rank;
        this.controls = Map.copyOf(controls);
        this.silence = silence;
        this.patience = patience;
        this.onFailure.add(onFailure);
        progress.put(rank, new Progress(0, 0));
        controls.keySet().forEach(peer -> progress.put(peer, new Progress(0, 0)));
        controls.forEach((peer, from) ->
                Thread.ofVirtual().name("lanewise-ring-from-" + peer).start(() -> listen(peer, from)));
        if (!controls.isEmpty()) {
            Thread.ofPlatform().daemon().name("lanewise-ring-watch").start(this::beat);
        }
    }

    /** Also ends something of a caller's when the communication ends; if it has, at once. */
    void onFailure(Runnable work) {
        onFailure.add(work);
        if (failure.get() != null) {
            work.run();
        }
    }

    /** This rank enters a call. */
    void enter() {
        progress.computeIfPresent(rank, (own, was) -> new Progress(was.calls + 1, System.nanoTime() | 1));
    }

    /** It has its result, and has sent what others need for theirs. */
    void hasResult() {
        results.incrementAndGet();
    }

    /** It is in that call no more, with or without its result. */
    void leave() {
        progress.computeIfPresent(rank, (own, was) -> new Progress(was.calls, 0));
    }

    /** Why the communication ended, or null if it goes on. */
    @Nullable
    String failure() {
        return failure.get();
    }

    /** Why a connection broke: what rank 0 says, if it says something soon. */
    String failure(String otherwise) {
        try {
            // what happened may become known on this connection after the other one broke
            boolean known = false;
            for (int i = 0; i < 50 && !known; i++) {
                known = left.containsKey(0) || failed.await(100, TimeUnit.MILLISECONDS);
            }
            fail(left.containsKey(0) ? "rank 0 has left" : otherwise);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        String reason = failure.get();
        return reason == null ? otherwise : reason;
    }

    /** Ends the communication for all. */
    void fail(String reason) {
        if (closed.getCount() == 0 || !failure.compareAndSet(null, reason)) {
            return;
        }
        byte[] text = reason.getBytes(StandardCharsets.UTF_8);
        ByteBuffer message = ByteBuffer.allocate(1 + Math.min(text.length, MOST_BYTES - 1));
        tellAll(message.put(FAILED).put(text, 0, message.capacity() - 1).array());
        failed.countDown();
        onFailure.forEach(Runnable::run);
    }

    private void tellAll(byte[] message) {
        controls.forEach((peer, to) -> {
            try {
                to.write(message);
            } catch (IOException e) {
                // whoever reads from it finds out
                return;
            }
        });
    }

    private void listen(int peer, Control from) {
        try {
            while (true) {
                byte[] message = from.read(MOST_BYTES, System.nanoTime() + silence.toNanos());
                ByteBuffer in = ByteBuffer.wrap(message);
                switch (in.hasRemaining() ? in.get() : -1) {
                    case ALIVE -> heard(peer, in);
                    case FAILED -> fail(new String(message, 1, message.length - 1, StandardCharsets.UTF_8));
                    case LEFT -> {
                        left.put(peer, callsAtEnd(in));
                        return;
                    }
                    default -> throw new IOException("a message that is none");
                }
            }
        } catch (SocketTimeoutException e) {
            fail("rank " + peer + " has been silent for " + seconds(silence)
                    + " s: its process is stopped, or its host is gone");
        } catch (IOException e) {
            fail("rank " + peer + " has died: its connection ended (" + e.getMessage() + ")");
        }
    }

    private static long callsAtEnd(ByteBuffer in) throws IOException {
        if (in.remaining() != Long.BYTES) {
            throw new IOException("a message of another length");
        }
        return in.getLong();
    }

    private void heard(int peer, ByteBuffer in) throws IOException {
        if (in.remaining() != 2 * Long.BYTES) {
            throw new IOException("a message of another length");
        }
        long calls = in.getLong();
        long waited = in.getLong();
        progress.put(peer, new Progress(calls, waited < 0 ? 0 : System.nanoTime() - waited | 1));
    }

    private void beat() {
        try {
            while (!closed.await(1, TimeUnit.SECONDS)) {
                Progress own = own();
                tellAll(ByteBuffer.allocate(1 + 2 * Long.BYTES)
                        .put(ALIVE)
                        .putLong(own.calls)
                        .putLong(own.isInside() ? System.nanoTime() - own.since : -1)
                        .array());
                if (rank == 0) {
                    lookForLate();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Progress own() {
        return progress.getOrDefault(rank, new Progress(0, 0));
    }

    /** A rank that waits, one for which it waits, and too long a wait. */
    private void lookForLate() {
        long now = System.nanoTime();
        progress.forEach((waiting, at) -> {
            if (!at.isInside()) {
                return;
            }
            left.forEach((gone, calls) -> {
                // one that has that call's result has sent what the other is about to receive
                if (calls < at.calls) {
                    fail("rank " + gone + " has left, but rank " + waiting + " waits for it in call " + at.calls);
                }
            });
            if (now - at.since < patience.toNanos()) {
                return;
            }
            progress.forEach((late, its) -> {
                if (its.calls < at.calls) {
                    fail("rank " + late + " hangs: it has not come to call " + at.calls + ", in which rank " + waiting
                            + " has waited for " + seconds(patience) + " s");
                }
            });
            fail("no rank went on from call " + at.calls + " for " + seconds(patience) + " s");
        });
    }

    private static String seconds(Duration time) {
        return String.valueOf(time.toMillis() / 1e3).replaceFirst("\\.0$", "");
    }

    /** Says goodbye and stops looking. */
    @Override
    public void close() {
        if (closed.getCount() == 0) {
            return;
        }
        if (failure.get() == null) {
            tellAll(ByteBuffer.allocate(1 + Long.BYTES)
                    .put(LEFT)
                    .putLong(results.get())
                    .array());
            closed.countDown();
            awaitGoodbyes();
        } else {
            awaitTold();
        }
        closed.countDown();
        controls.values().forEach(Control::close);
    }

    /** Another thread may have found out, and be telling the others, who would take a closed connection for the reason. */
    private void awaitTold() {
        try {
            if (!failed.await(5, TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** At the end all leave at about the same time, and connections that are closed with nothing on its way close quietly. */
    private void awaitGoodbyes() {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
        try {
            while (!left.keySet().containsAll(controls.keySet()) && System.nanoTime() < deadline) {
                TimeUnit.MILLISECONDS.sleep(5);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
