package dev.lanewise.bench.fuzz;

import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Random races: what one thread frees, adopts, overwrites or interrupts while another one computes with it. Every
 * thread gets what is documented: the right numbers or a {@link TensorException}.
 */
final class ThreadsTarget implements FuzzTarget {
    private static final List<Race> RACES = List.of(
            new ClosedScopeRace(),
            new AdoptionRace(),
            new TrimRace(),
            new RandomStreamRace(),
            new GradientRace(),
            new InterruptRace(),
            new CollectorRace(),
            new AssignRace());

    /** What several threads do at the same time. */
    interface Race {
        /** The name in reports. */
        String name();

        /** What each thread does, made anew for every run. */
        List<Step> threads(SplittableRandom random);
    }

    /** What a thread does; it throws an {@link AssertionError} if what it sees is wrong. */
    interface Step {
        void run() throws InterruptedException;
    }

    @Override
    public Optional<Fault> run(long seed, long number, Consumer<String> begins) {
        SplittableRandom random =
                new SplittableRandom(seed * 0x9E3779B97F4A7C15L ^ new SplittableRandom(number).nextLong());
        Race race = RACES.get((int) Long.remainderUnsigned(number, RACES.size()));
        begins.accept(race.name());
        try (var ignored = Scope.open("race")) {
            return together(race.name(), race.threads(random));
        }
    }

    private static Optional<Fault> together(String name, List<Step> steps) {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        CountDownLatch start = new CountDownLatch(steps.size());
        List<Thread> threads = steps.stream()
                .map(step -> new Thread(() -> run(step, start, failure), name))
                .toList();
        threads.forEach(Thread::start);
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Throwable seen = failure.get();
        if (seen == null) {
            return Optional.empty();
        }
        String kind = seen instanceof AssertionError ? "wrong result" : "undocumented exception";
        String at = Arrays.stream(seen.getStackTrace())
                .filter(frame -> frame.getClassName().startsWith("dev.lanewise"))
                .limit(3)
                .map(frame -> " at " + frame)
                .collect(Collectors.joining());
        return Optional.of(new Fault(kind, name + ": " + seen + at));
    }

    private static void run(Step step, CountDownLatch start, AtomicReference<Throwable> failure) {
        start.countDown();
        try {
            start.await();
            step.run();
        } catch (TensorException documented) {
            // released, adopted by another thread, or no memory
        } catch (Throwable e) {
            failure.compareAndSet(null, e);
        }
    }
}
