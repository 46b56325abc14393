package dev.lanewise.bench.fuzz;

import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/** A thread is interrupted while it computes: it continues, and its interrupt status is kept. */
final class InterruptRace implements ThreadsTarget.Race {
    private static final int ROUNDS = 30;

    @Override
    public String name() {
        return "interrupt";
    }

    @Override
    public List<ThreadsTarget.Step> threads(SplittableRandom random) {
        int size = 1 << random.nextInt(4, 19);
        boolean scopes = random.nextBoolean();
        int pause = random.nextInt(5000);
        AtomicReference<Thread> computing = new AtomicReference<>();
        AtomicBoolean interrupted = new AtomicBoolean();
        List<ThreadsTarget.Step> threads = new ArrayList<>();
        threads.add(() -> {
            computing.set(Thread.currentThread());
            for (int i = 0; i < ROUNDS; i++) {
                double sum = scopes ? scoped(size) : sum(size);
                if (sum != 3.0 * size) {
                    throw new AssertionError(size + " threes add up to " + sum + " in an interrupted thread");
                }
            }
            // while it waits for others the flag may be down for a moment; a computation leaves it up
            if (interrupted.get() && !Thread.currentThread().isInterrupted()) {
                throw new AssertionError("the interrupt of a computing thread was lost");
            }
            computing.set(null);
        });
        threads.add(() -> {
            ClosedScopeRace.spin(pause);
            Thread other = computing.get();
            if (other != null) {
                other.interrupt();
                interrupted.set(true);
            }
        });
        return threads;
    }

    private static double scoped(int size) {
        try (var ignored = Scope.open("interrupted")) {
            return sum(size);
        }
    }

    private static double sum(int size) {
        return Tensor.ones(size).mul(3).sum().item();
    }
}
