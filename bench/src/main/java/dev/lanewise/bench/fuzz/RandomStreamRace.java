package dev.lanewise.bench.fuzz;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Threads draw from a stream while another one moves it: each draw comes from one of the positions that it was moved
 * to.
 */
final class RandomStreamRace implements ThreadsTarget.Race {
    private static final int ROUNDS = 100;
    private static final int DRAWERS = 2;
    private static final int NUMBERS = 8;
    private static final int BLOCKS = NUMBERS / 4;

    @Override
    public String name() {
        return "random_stream";
    }

    @Override
    public List<ThreadsTarget.Step> threads(SplittableRandom random) {
        long[] seeds = {random.nextLong(), random.nextLong()};
        long[] counters = {1_000_000, 5_000_000};
        boolean seeks = random.nextBoolean();
        Set<Float> possible = new HashSet<>();
        for (int i = 0; i < seeds.length; i++) {
            Rng stream = new Rng(seeds[i]);
            stream.seek(seeds[i], seeks ? counters[i] : 0);
            try (var ignored = Scope.open("possible")) {
                float[] numbers = stream.rand(DType.F32, (long) NUMBERS * DRAWERS * ROUNDS)
                        .toFloatArray();
                for (int first = 0; first < numbers.length; first += 4 * BLOCKS) {
                    possible.add(numbers[first]);
                }
            }
        }
        Rng shared = new Rng(seeds[0]);
        shared.seek(seeds[0], seeks ? counters[0] : 0);
        List<ThreadsTarget.Step> threads = new ArrayList<>();
        threads.add(() -> {
            for (int i = 0; i < ROUNDS; i++) {
                int to = i % 2;
                if (seeks) {
                    shared.seek(seeds[to], counters[to]);
                } else {
                    shared.seed(seeds[to]);
                }
                ClosedScopeRace.spin(100);
            }
        });
        for (int t = 0; t < DRAWERS; t++) {
            threads.add(() -> {
                for (int i = 0; i < ROUNDS; i++) {
                    draw(shared, possible);
                }
            });
        }
        return threads;
    }

    private static void draw(Rng shared, Set<Float> possible) {
        try (var ignored = Scope.open("drawn")) {
            float first = shared.rand(DType.F32, NUMBERS).toFloatArray()[0];
            if (!possible.contains(first)) {
                throw new AssertionError("a draw that starts with " + first
                        + " comes from none of the places that the stream was moved to");
            }
        }
    }
}
