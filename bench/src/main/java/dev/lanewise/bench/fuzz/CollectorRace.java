package dev.lanewise.bench.fuzz;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Tensors without scopes: the collector takes only what is unreachable, while views are in use. */
final class CollectorRace implements ThreadsTarget.Race {
    private static final int ROUNDS = 40;

    @Override
    public String name() {
        return "collector";
    }

    @Override
    public List<ThreadsTarget.Step> threads(SplittableRandom random) {
        int size = 1 << random.nextInt(4, 17);
        List<ThreadsTarget.Step> threads = new ArrayList<>();
        threads.add(() -> {
            for (int i = 0; i < 5; i++) {
                System.gc();
                ClosedScopeRace.spin(5000);
            }
        });
        for (int t = 1; t < 4; t++) {
            int value = t;
            threads.add(() -> {
                for (int i = 0; i < ROUNDS; i++) {
                    // only the view of the tensor is reachable
                    Tensor view =
                            Tensor.full(value, DType.F32, Device.CPU, 2, size).narrow(0, 1, 1);
                    double sum = view.expand(3, size).sum().item();
                    if (sum != 3.0 * value * size) {
                        throw new AssertionError(3 * size + " times " + value + " add up to " + sum);
                    }
                }
            });
        }
        return threads;
    }
}
