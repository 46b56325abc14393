package dev.lanewise.nn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class DataLoaderTest {
    private static final Dataset TEN =
            new TensorDataset(Tensor.arange(10, DType.F32, Device.CPU).reshape(10, 1), Tensor.arange(10));

    private static List<Long> order(DataLoader loader, long epoch) {
        List<Long> seen = new ArrayList<>();
        for (Batch batch : loader.epoch(epoch)) {
            for (long y : batch.y().toLongArray()) {
                seen.add(y);
            }
            assertThat(batch.x().to(Device.CPU).flatten().to(DType.I64).toLongArray())
                    .containsExactly(batch.y().toLongArray());
        }
        return seen;
    }

    @Test
    void lastBatchIsSmaller() {
        List<Long> sizes = new ArrayList<>();
        new DataLoader(TEN, 4, false, 0).epoch(0).forEach(batch -> sizes.add(batch.size()));
        assertThat(sizes).containsExactly(4L, 4L, 2L);
        assertThat(new DataLoader(TEN, 4, false, 0).batches()).isEqualTo(3);
    }

    @Test
    void orderDependsOnSeedAndEpochOnly() {
        List<Long> all = LongStream.range(0, 10).boxed().toList();
        DataLoader loader = new DataLoader(TEN, 3, true, 5);
        assertThat(order(loader, 1)).containsExactlyInAnyOrderElementsOf(all).isNotEqualTo(all);
        assertThat(order(loader, 1)).isEqualTo(order(new DataLoader(TEN, 4, true, 5), 1));
        assertThat(order(loader, 1)).isNotEqualTo(order(loader, 2));
        assertThat(order(loader, 1)).isNotEqualTo(order(new DataLoader(TEN, 3, true, 6), 1));
        assertThat(order(new DataLoader(TEN, 3, false, 5), 7)).isEqualTo(all);
    }

    @Test
    void batchesAreBroughtToTheDeviceByAThreadOfItsOwn() {
        FakeGpu.COPIED_BY.clear();
        DataLoader loader = new DataLoader(TEN, 4, false, 0, FakeGpu.DEVICE);
        assertThat(loader.epoch(0))
                .allSatisfy(batch -> assertThat(batch.x().device()).isEqualTo(FakeGpu.DEVICE));
        assertThat(order(loader, 1)).isEqualTo(LongStream.range(0, 10).boxed().toList());
        assertThat(FakeGpu.COPIED_BY).containsExactly("lanewise-prefetch");
    }

    @Test
    void batchesBelongToTheTakersScope() {
        Tensor x;
        var batches = new DataLoader(TEN, 5, false, 0).epoch(0).iterator();
        try (var ignored = Scope.open("taker")) {
            x = batches.next().x();
            assertThat(x.sum().item()).isEqualTo(10);
        }
        assertThatThrownBy(() -> x.add(1)).hasMessageContaining("scope 'taker'");
        assertThat(batches.next().x().sum().item()).isEqualTo(35);
    }

    @Test
    void failureOfTheDatasetReachesTheTaker() {
        Dataset broken = new Dataset() {
            @Override
            public long size() {
                return 2;
            }

            @Override
            public Batch batch(long[] indices) {
                throw new IllegalStateException("sample " + indices[0] + " is broken");
            }
        };
        assertThatThrownBy(() ->
                        new DataLoader(broken, 1, false, 0).epoch(0).iterator().next())
                .hasMessageContaining("sample 0 is broken");
    }

    @Test
    void batchSizeZeroIsAnError() {
        assertThatThrownBy(() -> new DataLoader(TEN, 0, false, 0)).hasMessageContaining("batch size 0");
    }
}
