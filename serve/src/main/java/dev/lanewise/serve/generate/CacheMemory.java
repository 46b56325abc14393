package dev.lanewise.serve.generate;

/** Bounds the memory for keys and values of all texts that are generated. */
public final class CacheMemory {
    private final long most;
    private long taken;

    /** So many bytes. */
    public CacheMemory(long bytes) {
        this.most = bytes;
    }

    /** How many bytes there are. */
    public long most() {
        return most;
    }

    /** How many bytes are taken. */
    public synchronized long taken() {
        return taken;
    }

    /** Takes some bytes if they are free. */
    synchronized boolean take(long bytes) {
        if (bytes > most - taken) {
            return false;
        }
        taken += bytes;
        return true;
    }

    synchronized void give(long bytes) {
        taken -= bytes;
    }
}
