package dev.lanewise.bench.fuzz;

import dev.lanewise.bench.fuzz.files.FileCases;
import dev.lanewise.bench.fuzz.requests.RequestsTarget;
import java.util.Locale;
import java.util.function.LongSupplier;

/** What can be fuzzed. */
enum FuzzPart {
    /** Operations. */
    OPS(OpsTarget.class, () -> 100_000, 60),
    /** Files: the same number for each reader. */
    FILES(FilesTarget.class, () -> 100_000L * FileCases.readers(), 60),
    /** Requests to a server of models. */
    REQUESTS(RequestsTarget.class, () -> 100_000, 60),
    /** Races between threads. */
    THREADS(ThreadsTarget.class, () -> 500, 60);

    private final Class<? extends FuzzTarget> target;

    /** Is asked only when it counts: making the files to be read computes, and the command line only names the parts. */
    private final LongSupplier usualCount;

    private final int secondsPerCase;

    FuzzPart(Class<? extends FuzzTarget> target, LongSupplier usualCount, int secondsPerCase) {
        this.target = target;
        this.usualCount = usualCount;
        this.secondsPerCase = secondsPerCase;
    }

    /** The class of the target, which a process creates through its constructor without parameters. */
    Class<? extends FuzzTarget> target() {
        return target;
    }

    /** How many cases run unless a number is given. */
    long usualCount() {
        return usualCount.getAsLong();
    }

    /** After how long a case counts as hanging. */
    int secondsPerCase() {
        return secondsPerCase;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
