package dev.lanewise.bench.fuzz;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Several threads adopt the same tensor: its memory must be released exactly once, so that two later tensors never
 * share it.
 */
final class AdoptionRace implements ThreadsTarget.Race {
    private static final int ROUNDS = 40;
    private static final int WAIT_SECONDS = 10;

    @Override
    public String name() {
        return "adoption";
    }

    @Override
    public List<ThreadsTarget.Step> threads(SplittableRandom random) {
        int size = 1 << random.nextInt(4, 16);
        int adopters = random.nextInt(2, 4);
        AtomicReferenceArray<Tensor> tensors = new AtomicReferenceArray<>(ROUNDS);
        for (int i = 0; i < ROUNDS; i++) {
            tensors.set(i, Tensor.ones(size).keep());
        }
        CyclicBarrier barrier = new CyclicBarrier(adopters);
        List<ThreadsTarget.Step> threads = new ArrayList<>();
        for (int t = 0; t < adopters; t++) {
            float own = t + 2;
            threads.add(() -> {
                try {
                    for (int i = 0; i < ROUNDS; i++) {
                        barrier.await(WAIT_SECONDS, TimeUnit.SECONDS);
                        adopt(tensors.get(i), size);
                        own(size, own);
                    }
                } catch (BrokenBarrierException | TimeoutException anotherFailed) {
                    // the one that has failed says so
                } finally {
                    barrier.reset();
                }
            });
        }
        return threads;
    }

    private static void adopt(Tensor tensor, int size) {
        double sum;
        try (var ignored = Scope.open("adopter")) {
            sum = Scope.adopt(tensor).sum().item();
        } catch (TensorException e) {
            return;
        }
        if (sum != size) {
            throw new AssertionError(size + " adopted ones add up to " + sum);
        }
    }

    private static void own(int size, float value) {
        try (var ignored = Scope.open("own numbers")) {
            Tensor mine = Tensor.full(value, DType.F32, Device.CPU, size);
            ClosedScopeRace.spin(200);
            double sum = mine.sum().item();
            if (sum != (double) value * size) {
                throw new AssertionError(size + " times " + value + " of this thread alone add up to " + sum);
            }
        }
    }
}
