package dev.lanewise.bench.fuzz;

import java.util.Optional;
import java.util.function.Consumer;

/** A sequence of random cases, each fixed by a seed and its number. */
public interface FuzzTarget {
    /**
     * Runs one case.
     *
     * @param seed selects the sequence
     * @param number the case's position in it, from 0
     * @param begins notified of what is about to run, before anything that may not return
     * @return what is wrong, or empty
     */
    Optional<Fault> run(long seed, long number, Consumer<String> begins);

    /**
     * What is wrong.
     *
     * @param kind in one or two words, for example {@code wrong result}
     * @param text what was run, what was seen and what was expected
     */
    record Fault(String kind, String text) {}
}
