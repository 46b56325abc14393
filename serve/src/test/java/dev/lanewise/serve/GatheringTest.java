package dev.lanewise.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.nn.io.TensorData;
import dev.lanewise.tensor.DType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

/** Which requests of a queue are computed together. */
class GatheringTest {
    private static final Signature TOKENS = new Signature(
            List.of(
                    TensorInfo.of("ids", DType.I64, TensorInfo.OPEN, TensorInfo.OPEN),
                    TensorInfo.of("attention_mask", DType.I64, TensorInfo.OPEN, TensorInfo.OPEN)),
            List.of(TensorInfo.of("y", DType.F32, TensorInfo.OPEN, 2)));

    private static Pending sequences(int rows, int length) {
        long[] ones = new long[rows * length];
        Arrays.fill(ones, 1);
        TensorData data = TensorData.of(ones, rows, length);
        return new Pending(
                new InferRequest(null, Map.of("ids", data, "attention_mask", data), List.of(), null), TOKENS, 16);
    }

    private static Pending rows(int rows, int width) {
        Signature signature = TestServable.of(DType.F32, x -> x, TensorInfo.OPEN, TensorInfo.OPEN)
                .signature();
        return new Pending(
                new InferRequest(
                        null, Map.of("x", TensorData.of(new float[rows * width], rows, width)), List.of(), null),
                signature);
    }

    private static List<Long> lengths(Iterable<Pending> some) {
        List<Long> lengths = new ArrayList<>();
        some.forEach(pending -> lengths.add(pending.length));
        return lengths;
    }

    @Test
    void rowsOfTheSameShapesAreTakenInTheirOrder() {
        Deque<Pending> queue = new ArrayDeque<>(List.of(rows(2, 3), rows(1, 4), rows(5, 3), rows(3, 3), rows(1, 3)));
        List<Pending> all = List.copyOf(queue);
        List<Pending> batch = new ArrayList<>(List.of(queue.remove()));
        assertThat(Together.Gathering.gather(batch, queue, 6)).isTrue();
        assertThat(batch).containsExactly(all.get(0), all.get(3), all.get(4));
        assertThat(queue).containsExactly(all.get(1), all.get(2));
        assertThat(Together.Gathering.gather(batch, queue, 7)).isFalse();
        assertThat(queue).hasSize(2);
    }

    @Test
    void nearestLengthsAreTakenFirst() {
        Deque<Pending> queue = new ArrayDeque<>();
        for (int length : new int[] {12, 20, 9, 16, 13, 12, 11, 1}) {
            queue.add(sequences(1, length));
        }
        List<Pending> batch = new ArrayList<>(List.of(queue.remove()));
        assertThat(Together.Gathering.gather(batch, queue, 4)).isTrue();
        assertThat(lengths(batch)).containsExactly(12L, 12L, 13L, 11L);
        assertThat(lengths(queue)).containsExactly(20L, 9L, 16L, 1L);
    }

    @Test
    void noMoreThanAQuarterIsPadding() {
        Deque<Pending> queue = new ArrayDeque<>();
        for (int length : new int[] {4, 16, 15, 6, 5, 3}) {
            queue.add(sequences(1, length));
        }
        List<Pending> batch = new ArrayList<>(List.of(queue.remove()));
        assertThat(Together.Gathering.gather(batch, queue, 32)).isFalse();
        // 3 of 15 numbers are padding with 5 and 3, and 6 of 24 with 6 too
        assertThat(lengths(batch)).containsExactly(4L, 5L, 3L, 6L);
        assertThat(lengths(queue)).containsExactly(16L, 15L);
    }

    @Test
    void whateverWaitsIsComputedInTheEnd() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(7);
        Deque<Pending> queue = new ArrayDeque<>();
        for (int i = 0; i < 300; i++) {
            queue.add(sequences(1 + random.nextInt(3), 1 + random.nextInt(60)));
        }
        int computed = 0;
        while (!queue.isEmpty()) {
            Pending oldest = queue.remove();
            List<Pending> batch = new ArrayList<>(List.of(oldest));
            Together.Gathering.gather(batch, queue, 32);
            computed += batch.size();
            long all = Pending.rows(batch) * Pending.longest(batch);
            long own = batch.stream().mapToLong(one -> one.rows * one.length).sum();
            assertThat(batch.getFirst()).isSameAs(oldest);
            assertThat(Pending.rows(batch)).isLessThanOrEqualTo(32);
            assertThat(all - own).isLessThanOrEqualTo(all / 4);
            assertThat(batch).allMatch(one -> one.form.equals(oldest.form));
        }
        assertThat(computed).isEqualTo(300);
    }
}
