package dev.lanewise.bench.fuzz;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.spi.HostMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Unused memory is given back to the system while other threads allocate and release it. */
final class TrimRace implements ThreadsTarget.Race {
    private static final int ROUNDS = 60;

    @Override
    public String name() {
        return "trim";
    }

    @Override
    public List<ThreadsTarget.Step> threads(SplittableRandom random) {
        List<ThreadsTarget.Step> threads = new ArrayList<>();
        threads.add(() -> {
            for (int i = 0; i < ROUNDS; i++) {
                HostMemory.trim();
                ClosedScopeRace.spin(500);
            }
        });
        for (int t = 2; t < 5; t++) {
            int size = 1 << random.nextInt(10, 20);
            int value = t;
            threads.add(() -> {
                for (int i = 0; i < ROUNDS; i++) {
                    try (var ignored = Scope.open("trimmed")) {
                        double sum = Tensor.full(value, DType.F64, Device.CPU, size)
                                .mul(3)
                                .sum()
                                .item();
                        if (sum != 3.0 * value * size) {
                            throw new AssertionError(size + " times " + 3 * value + " add up to " + sum);
                        }
                    }
                }
            });
        }
        return threads;
    }
}
