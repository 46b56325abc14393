package dev.lanewise.nn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class IterableDatasetTest {
    private static IterableDataset<Long> numbers(long count) {
        return IterableDataset.of(count, epoch -> LongStream.range(0, count).boxed());
    }

    private static Batch batch(List<Long> chunk) {
        long[] values = chunk.stream().mapToLong(Long::longValue).toArray();
        return new Batch(
                Tensor.of(values),
                Tensor.of(values),
                Map.of("twice", Tensor.of(values).mul(2)));
    }

    private static List<Long> order(Iterable<Batch> batches) {
        List<Long> seen = new ArrayList<>();
        for (Batch batch : batches) {
            assertThat(batch.get("twice").toLongArray())
                    .containsExactly(batch.x().mul(2).toLongArray());
            LongStream.of(batch.y().toLongArray()).forEach(seen::add);
        }
        return seen;
    }

    @Test
    void aShuffledEpochHasEverySampleOnceInAnOrderOfItsOwn() {
        IterableDataset<Long> shuffled = numbers(1_000).shuffle(50, 3);
        List<Long> first = shuffled.epoch(0).toList();
        assertThat(first)
                .containsExactlyInAnyOrderElementsOf(numbers(1_000).epoch(0).toList());
        assertThat(shuffled.epoch(0).toList()).isEqualTo(first);
        assertThat(shuffled.epoch(1).toList()).isNotEqualTo(first);
        assertThat(numbers(1_000).shuffle(50, 4).epoch(0).toList()).isNotEqualTo(first);
        // a sample comes before another only if both were in the buffer
        for (int place = 0; place < first.size(); place++) {
            assertThat(first.get(place)).isLessThan(place + 50);
        }
        assertThat(numbers(10).shuffle(1, 3).epoch(0))
                .isEqualTo(numbers(10).epoch(0).toList());
    }

    @Test
    void aWholeBufferMakesEveryOrderEquallyLikely() {
        int[] counts = new int[6];
        IterableDataset<Long> three = numbers(3).shuffle(3, 7);
        for (int epoch = 0; epoch < 6_000; epoch++) {
            List<Long> order = three.epoch(epoch).toList();
            counts[(int) (2 * order.get(0) + (order.get(1) > order.get(2) ? 1 : 0))]++;
        }
        // six standard deviations of a binomial count
        assertThat(IntStream.of(counts).boxed())
                .allSatisfy(count -> assertThat(count).isBetween(1_000 - 174, 1_000 + 174));
    }

    @Test
    void shardsAreDisjointAndOfOneSize() {
        List<Long> all = new ArrayList<>();
        for (int part = 0; part < 3; part++) {
            IterableDataset<Long> shard = numbers(11).shard(part, 3);
            assertThat(shard.size()).isEqualTo(3);
            assertThat(shard.epoch(0)).hasSize(3).allMatch(new Modulo(part)::test);
            all.addAll(shard.epoch(0).toList());
        }
        assertThat(all).containsExactlyInAnyOrder(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L);
        assertThat(numbers(2).shard(1, 3).epoch(0)).isEmpty();
        assertThatThrownBy(() -> numbers(2).shard(3, 3)).isInstanceOf(TensorException.class);
    }

    private record Modulo(int part) {
        boolean test(long number) {
            return number % 3 == part;
        }
    }

    @Test
    void aLoaderMakesBatchesInOrderAndCanBeginLater() {
        DataLoader loader = new DataLoader(numbers(10), 4, IterableDatasetTest::batch);
        assertThat(loader.batches()).isEqualTo(3);
        assertThat(order(loader.epoch(0))).isEqualTo(numbers(10).epoch(0).toList());
        assertThat(order(loader.epoch(0, 2))).containsExactly(8L, 9L);
        assertThat(order(loader.epoch(0, 3))).isEmpty();
        DataLoader whole = new DataLoader(numbers(10), 4, IterableDatasetTest::batch, true, Device.CPU);
        assertThat(whole.samples()).isEqualTo(8);
        assertThat(order(whole.epoch(0))).hasSize(8);
        IterableDataset<Long> mapped = numbers(4).map(n -> 10 * n).limit(3);
        assertThat(order(new DataLoader(mapped, 2, IterableDatasetTest::batch).epoch(0)))
                .containsExactly(0L, 10L, 20L);
    }

    @Test
    void streamsAreClosedAtTheEnd() {
        AtomicInteger closed = new AtomicInteger();
        IterableDataset<Long> source =
                IterableDataset.of(6, epoch -> LongStream.range(0, 6).boxed().onClose(closed::incrementAndGet));
        order(new DataLoader(source.shard(0, 2).shuffle(2, 0), 2, IterableDatasetTest::batch).epoch(0));
        assertThat(closed).hasValue(1);
        order(new DataLoader(source.map(n -> n).limit(6), 2, IterableDatasetTest::batch).epoch(0));
        assertThat(closed).hasValue(2);
    }

    @Test
    void aStreamThatIsShorterThanItsSizeIsNamed() {
        IterableDataset<Long> wrong =
                IterableDataset.of(5, epoch -> LongStream.range(0, 3).boxed());
        DataLoader loader = new DataLoader(wrong, 2, IterableDatasetTest::batch);
        assertThatThrownBy(() -> order(loader.epoch(4)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("epoch 4 ended after 3 samples (expected 5");
        assertThatThrownBy(() -> numbers(5).shuffle(0, 1)).hasMessageContaining("a buffer of 0");
        assertThatThrownBy(() -> new DataLoader(numbers(5), 0, IterableDatasetTest::batch))
                .hasMessageContaining("batch size 0");
        IterableDataset<Integer> failing =
                IterableDataset.of(3, epoch -> IntStream.range(0, 3).boxed().map(n -> 6 / (n - 1)));
        assertThatThrownBy(() -> new DataLoader(failing, 1, chunk -> batch(List.of(1L)))
                        .epoch(0)
                        .forEach(batch -> {}))
                .isInstanceOf(ArithmeticException.class);
    }
}
