package dev.lanewise.cuda.runtime;

import dev.lanewise.cuda.api.Driver;
import dev.lanewise.cuda.api.Driver.Event;
import dev.lanewise.cuda.api.Driver.Stream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Pinned host memory that copies go through, so that the device fetches and stores it by itself while the host
 * continues. A piece is reused when the device has finished the copy that used it. Safe for use by many threads.
 */
final class PinnedMemory implements AutoCloseable {
    /** Larger copies go piece by piece. */
    static final long LARGEST = 16L << 20;

    private static final long[] SIZES = {64L << 10, 1L << 20, LARGEST};

    /** This many pieces of a size may be in flight before a copy waits for the oldest. */
    private static final int IN_FLIGHT = 4;

    /** A piece, and the copy that used it last. */
    record Piece(MemorySegment memory, Event used) {}

    private static final class Pieces {
        final ArrayDeque<Piece> waiting = new ArrayDeque<>();
        int count;
    }

    private final Driver driver;
    private final Pieces[] bySize = {new Pieces(), new Pieces(), new Pieces()};
    private final List<Piece> all = new ArrayList<>();

    PinnedMemory(Driver driver) {
        this.driver = driver;
    }

    /** A piece of at least {@code bytes}, at most {@link #LARGEST}, that nothing uses. */
    Piece take(long bytes) {
        int size = sizeOf(bytes);
        Piece oldest;
        synchronized (this) {
            Pieces pieces = bySize[size];
            oldest = pieces.waiting.peekFirst();
            boolean done = oldest != null && driver.isDone(oldest.used);
            if (oldest == null || !done && pieces.count < IN_FLIGHT) {
                return create(pieces, SIZES[size]);
            }
            pieces.waiting.removeFirst();
            if (done) {
                return oldest;
            }
        }
        driver.synchronize(oldest.used);
        return oldest;
    }

    private Piece create(Pieces pieces, long bytes) {
        MemorySegment memory = driver.allocatePinned(bytes);
        Piece piece;
        try {
            piece = new Piece(memory, driver.createEvent());
        } catch (RuntimeException e) {
            driver.freePinned(memory);
            throw e;
        }
        pieces.count++;
        all.add(piece);
        return piece;
    }

    /** Takes a piece back that the work queued on {@code stream} so far may still use. */
    void giveBack(Piece piece, Stream stream) {
        driver.record(piece.used, stream);
        synchronized (this) {
            bySize[sizeOf(piece.memory.byteSize())].waiting.addLast(piece);
        }
    }

    private static int sizeOf(long bytes) {
        int size = 0;
        while (SIZES[size] < bytes) {
            size++;
        }
        return size;
    }

    /** Frees everything; the device has done all work. */
    @Override
    public synchronized void close() {
        for (Piece piece : all) {
            driver.freePinned(piece.memory);
            driver.destroy(piece.used);
        }
        all.clear();
        for (Pieces pieces : bySize) {
            pieces.waiting.clear();
            pieces.count = 0;
        }
    }
}
