package dev.lanewise.bench.fuzz;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.HostMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/** A thread closes the scope of a tensor that others compute with, and reuses its memory for other numbers. */
final class ClosedScopeRace implements ThreadsTarget.Race {
    private static final int ROUNDS = 30;

    @Override
    public String name() {
        return "closed_scope";
    }

    @Override
    public List<ThreadsTarget.Step> threads(SplittableRandom random) {
        int size = 1 << random.nextInt(4, 21);
        boolean trims = random.nextBoolean();
        int pause = random.nextInt(2000);
        boolean inPlace = random.nextInt(4) == 0;
        AtomicReference<Tensor> shared = new AtomicReference<>(Tensor.ones(size).keep());
        AtomicBoolean over = new AtomicBoolean();
        List<ThreadsTarget.Step> threads = new ArrayList<>();
        threads.add(() -> {
            try {
                for (int i = 0; i < ROUNDS; i++) {
                    try (var ignored = Scope.open("closed by another thread")) {
                        shared.set(Tensor.full(1, DType.F32, Device.CPU, size));
                        spin(pause);
                    }
                    if (trims) {
                        HostMemory.trim();
                    }
                    try (var ignored = Scope.open("other numbers")) {
                        Tensor.full(7, DType.F32, Device.CPU, size);
                    }
                }
            } finally {
                over.set(true);
            }
        });
        for (int reader = random.nextInt(1, 3); reader > 0; reader--) {
            threads.add(() -> {
                while (!over.get()) {
                    read(Objects.requireNonNull(shared.get()), size, inPlace);
                }
            });
        }
        return threads;
    }

    private static void read(Tensor tensor, int size, boolean inPlace) {
        double sum;
        try (var ignored = Scope.open("reader")) {
            if (inPlace) {
                tensor.assign(Tensor.full(1, DType.F32, Device.CPU));
            }
            sum = tensor.mul(2).sum().item();
        } catch (TensorException e) {
            return;
        }
        if (sum != 2.0 * size) {
            throw new AssertionError("2 times " + size + " ones add up to " + sum + " while their scope closes");
        }
    }

    static void spin(int rounds) {
        for (int i = 0; i < rounds; i++) {
            Thread.onSpinWait();
        }
    }
}
