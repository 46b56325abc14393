package dev.lanewise.cuda.runtime;

import java.util.Arrays;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Blocks of device memory that wait for the next tensor of their size class. A stream can reuse what it frees at once,
 * because its work runs in order; so a cache belongs to one stream, and a step in steady state requests nothing from
 * the driver. There are four classes per power of two. Safe for use by many threads.
 */
final class BlockCache {
    /** Every block is a multiple of this, and aligned to it. */
    static final long GRANULE = 512;

    private final @Nullable Stack[] classes = new Stack[4 * 64];
    private @Nullable BlockCache successor;
    private long bytes;

    /** The size of the block that a request gets. */
    static long blockBytes(long bytes) {
        long wanted = Math.max(bytes, GRANULE);
        int power = 63 - Long.numberOfLeadingZeros(wanted - 1);
        long quarter = Math.max(1L << power >> 2, GRANULE);
        return (wanted + quarter - 1) / quarter * quarter;
    }

    /** A block of {@code blockBytes}, or 0 if there is none. */
    synchronized long take(long blockBytes) {
        Stack stack = classes[index(blockBytes)];
        if (stack == null || stack.count == 0) {
            return 0;
        }
        bytes -= blockBytes;
        return stack.addresses[--stack.count];
    }

    /** Keeps a block that is free from here on in the order of the cache's stream. */
    synchronized void give(long address, long blockBytes) {
        if (successor != null) {
            successor.give(address, blockBytes);
            return;
        }
        int index = index(blockBytes);
        Stack stack = classes[index];
        if (stack == null) {
            stack = new Stack(blockBytes);
            classes[index] = stack;
        }
        stack.push(address);
        bytes += blockBytes;
    }

    /** The bytes that wait here. */
    synchronized long bytes() {
        return bytes;
    }

    /** Empties the cache; {@code free} gets each address with its size in {@link #blockBytes}. */
    synchronized void drain(Free free) {
        for (Stack stack : classes) {
            if (stack != null) {
                stack.drain(address -> free.free(address, stack.blockBytes));
            }
        }
        bytes = 0;
    }

    /** Redirects blocks that come back from now on to another cache of the same stream. */
    synchronized void retire(BlockCache heir) {
        successor = heir;
    }

    /** Gives memory back. */
    interface Free {
        void free(long address, long blockBytes);
    }

    private static int index(long blockBytes) {
        int power = 63 - Long.numberOfLeadingZeros(blockBytes - 1);
        return 4 * power + (int) ((blockBytes - 1) >>> (power - 2) & 3);
    }

    private static final class Stack {
        final long blockBytes;
        long[] addresses = new long[8];
        int count;

        Stack(long blockBytes) {
            this.blockBytes = blockBytes;
        }

        void push(long address) {
            if (count == addresses.length) {
                addresses = Arrays.copyOf(addresses, 2 * count);
            }
            addresses[count++] = address;
        }

        void drain(LongConsumer free) {
            while (count > 0) {
                free.accept(addresses[--count]);
            }
        }
    }
}
