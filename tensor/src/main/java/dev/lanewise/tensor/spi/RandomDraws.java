package dev.lanewise.tensor.spi;

import dev.lanewise.tensor.Rng;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The random streams that a thread draws from while it is watched, so that a recorded step draws new numbers in each
 * replay.
 */
public final class RandomDraws implements AutoCloseable {
    private static final ThreadLocal<@Nullable RandomDraws> WATCHING = new ThreadLocal<>();

    /**
     * Random numbers that were drawn while draws were watched.
     *
     * @param rng the stream
     * @param seed its seed
     * @param first the first block
     * @param blocks how many
     */
    public record Draw(Rng rng, long seed, long first, long blocks) {}

    private final List<Draw> draws = new ArrayList<>();

    private RandomDraws() {
        WATCHING.set(this);
    }

    /**
     * Watches the calling thread until closed.
     *
     * @return the watcher, to be closed by the same thread
     */
    public static RandomDraws watch() {
        return new RandomDraws();
    }

    /** {@return the draws so far, in order} */
    public List<Draw> draws() {
        return List.copyOf(draws);
    }

    /**
     * Notes a draw of the calling thread. Only {@link Rng} calls this.
     *
     * @param rng the stream
     * @param seed its seed
     * @param first the first block that was drawn
     * @param blocks how many blocks were drawn
     */
    public static void note(Rng rng, long seed, long first, long blocks) {
        RandomDraws watching = WATCHING.get();
        if (watching != null) {
            watching.draws.add(new Draw(rng, seed, first, blocks));
        }
    }

    /** Stops watching the draws of this thread. */
    @Override
    public void close() {
        WATCHING.remove();
    }
}
