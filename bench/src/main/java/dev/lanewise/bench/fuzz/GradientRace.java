package dev.lanewise.bench.fuzz;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Threads differentiate through the same weights: each gets the same gradient as one alone. */
final class GradientRace implements ThreadsTarget.Race {
    private static final int ROUNDS = 10;

    @Override
    public String name() {
        return "gradients";
    }

    @Override
    public List<ThreadsTarget.Step> threads(SplittableRandom random) {
        long n = random.nextInt(3, 40);
        long k = random.nextInt(3, 40);
        Rng rng = new Rng(random.nextLong());
        Tensor first = Autograd.watch(rng.randn(DType.F32, k, n).keep());
        Tensor second = Autograd.watch(rng.randn(DType.F32, 3, k).keep());
        List<ThreadsTarget.Step> threads = new ArrayList<>();
        for (int t = 0; t < 3; t++) {
            Tensor x = rng.randn(DType.F32, 5, n).keep();
            float[] expected = gradient(x, first, second);
            threads.add(() -> {
                for (int i = 0; i < ROUNDS; i++) {
                    if (!Arrays.equals(gradient(x, first, second), expected)) {
                        throw new AssertionError("a gradient through weights that other threads use differs from the"
                                + " one that this thread gets alone");
                    }
                }
            });
        }
        return threads;
    }

    private static float[] gradient(Tensor x, Tensor first, Tensor second) {
        try (var ignored = Scope.open("gradient")) {
            Tensor loss = x.matmul(first.transpose())
                    .relu()
                    .matmul(second.transpose())
                    .square()
                    .mean();
            return Autograd.gradients(loss).of(first).toFloatArray();
        }
    }
}
