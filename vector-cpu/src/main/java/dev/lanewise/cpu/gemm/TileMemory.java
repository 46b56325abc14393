package dev.lanewise.cpu.gemm;

import dev.lanewise.tensor.OutOfTensorMemoryException;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.HostBuffer;
import dev.lanewise.tensor.spi.HostMemory;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The memory of all {@link WeightTiles}, which is bounded: {@code -Dlanewise.cpu.tiles} bytes, by default
 * {@value #DEFAULT_MIB} MiB, and none of it for a while after memory ran short.
 */
public final class TileMemory {
    private static final String SETTING = "lanewise.cpu.tiles";
    private static final int DEFAULT_MIB = 256;
    private static final long PAUSE_NANOS = 60_000_000_000L;
    private static final AtomicLong TAKEN = new AtomicLong();

    private static volatile long most = Math.max(0, setting());
    private static volatile long pausedAt = System.nanoTime() - PAUSE_NANOS;

    private TileMemory() {}

    /**
     * Checks {@code -Dlanewise.cpu.tiles}.
     *
     * @throws TensorException if it is not a number of bytes
     */
    public static void checkSetting() {
        if (setting() < 0) {
            throw new TensorException(SETTING + ": '" + System.getProperty(SETTING)
                    + "' (expected a number of bytes, 0 or more); correct or remove -D" + SETTING);
        }
    }

    /** The bytes, or -1 if the setting is none. */
    private static long setting() {
        String value = System.getProperty(SETTING);
        if (value == null) {
            return (long) DEFAULT_MIB << 20;
        }
        try {
            return Math.max(-1, Long.parseLong(value.strip()));
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /** Memory that lives as long as it is reachable, or null where there is to be no more. */
    static @Nullable HostBuffer take(long bytes) {
        if (System.nanoTime() - pausedAt < PAUSE_NANOS || !reserve(bytes)) {
            return null;
        }
        HostBuffer memory;
        try {
            memory = HostMemory.allocate(bytes);
        } catch (OutOfTensorMemoryException e) {
            TAKEN.addAndGet(-bytes);
            pause();
            return null;
        } catch (StackOverflowError | OutOfMemoryError e) {
            TAKEN.addAndGet(-bytes);
            throw e;
        }
        memory.whenFreed(() -> TAKEN.addAndGet(-bytes));
        try {
            memory.escape();
        } catch (StackOverflowError | OutOfMemoryError e) {
            memory.discard();
            throw e;
        }
        return memory;
    }

    private static boolean reserve(long bytes) {
        long taken = TAKEN.get();
        while (bytes <= most - taken) {
            if (TAKEN.compareAndSet(taken, taken + bytes)) {
                return true;
            }
            taken = TAKEN.get();
        }
        return false;
    }

    /** Takes no more for a minute. */
    static void pause() {
        pausedAt = System.nanoTime();
    }

    /** The bytes of all tiles. */
    static long taken() {
        return TAKEN.get();
    }

    /** How much is taken, and the bound, for display. */
    public static String describe() {
        return (taken() >> 20) + " MiB of weights in tiles, at most " + (most >> 20) + " MiB";
    }

    /** Sets the bound, and ends a pause; returns the bound before. */
    static long limit(long bytes) {
        long before = most;
        most = bytes;
        pausedAt = System.nanoTime() - PAUSE_NANOS;
        return before;
    }
}
