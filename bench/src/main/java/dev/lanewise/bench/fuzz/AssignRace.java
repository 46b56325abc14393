package dev.lanewise.bench.fuzz;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** A thread overwrites positions that others select by: they see old or new ones, and never read out of bounds. */
final class AssignRace implements ThreadsTarget.Race {
    private static final int ROUNDS = 60;
    private static final int ROWS = 40;

    @Override
    public String name() {
        return "assigned_positions";
    }

    @Override
    public List<ThreadsTarget.Step> threads(SplittableRandom random) {
        int count = 1 << random.nextInt(2, 16);
        long outside = random.nextLong();
        Tensor table = Tensor.ones(ROWS, 3).keep();
        Tensor positions = Tensor.full(1, DType.I64, Device.CPU, count).keep();
        List<ThreadsTarget.Step> threads = new ArrayList<>();
        threads.add(() -> {
            for (int i = 0; i < ROUNDS; i++) {
                try (var ignored = Scope.open("writer")) {
                    positions.assign(Tensor.full(i % 2 == 0 ? outside : 1, DType.I64, Device.CPU));
                }
            }
        });
        for (int t = 0; t < 2; t++) {
            threads.add(() -> {
                for (int i = 0; i < ROUNDS; i++) {
                    try (var ignored = Scope.open("reader")) {
                        table.indexSelect(0, positions).sum().item();
                    } catch (TensorException e) {
                        // a position outside was seen
                        Thread.onSpinWait();
                    }
                }
            });
        }
        return threads;
    }
}
