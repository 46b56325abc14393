package dev.lanewise.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.lanewise.nn.data.Dataset;
import dev.lanewise.nn.data.TensorDataset;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class FoldsTest {
    /** Samples that say their own numbers. */
    private static Dataset numbered(long size) {
        Tensor numbers = Tensor.arange(size, DType.I64, Device.CPU);
        return new TensorDataset(numbers, numbers);
    }

    private static long[] samples(Dataset data) {
        return data.batch(LongStream.range(0, data.size()).toArray()).x().toLongArray();
    }

    @Test
    void foldsAreThoseOfScikitLearnWithoutShuffling() {
        assertThat(Folds.contiguous(7, 3)).containsExactly(0, 0, 0, 1, 1, 2, 2);
        assertThat(Folds.contiguous(2, 2)).containsExactly(0, 1);
        assertThat(Folds.stratified(new int[] {5, 5, -9, 5, -9, -9, 5}, 2)).containsExactly(0, 0, 0, 1, 0, 1, 1);
        assertThat(Folds.grouped(new int[] {1, 1, 2, 3, 3, 3}, 2)).containsExactly(1, 1, 1, 0, 0, 0);
    }

    @Test
    void classesHaveTheirShareOfEveryFold() {
        int[] labels = new int[53];
        Arrays.setAll(labels, i -> i * i % 7 % 3);
        int[] folds = Folds.stratified(labels, 4);
        for (int label = 0; label < 3; label++) {
            long[] counts = new long[4];
            for (int i = 0; i < labels.length; i++) {
                counts[folds[i]] += labels[i] == label ? 1 : 0;
            }
            assertThat(Arrays.stream(counts).max().getAsLong()
                            - Arrays.stream(counts).min().getAsLong())
                    .isBetween(0L, 1L);
        }
    }

    @Test
    void aGivenDivisionIsTaken() {
        List<CrossValidation.Fold> folds = CrossValidation.folds(numbered(5), new int[] {1, 0, -1, 1, 0});
        assertThat(folds).hasSize(2);
        assertThat(samples(folds.get(0).validation())).containsExactly(1, 4);
        assertThat(samples(folds.get(0).training())).containsExactly(0, 2, 3);
        assertThat(samples(folds.get(1).validation())).containsExactly(0, 3);
        assertThat(samples(folds.get(1).training())).containsExactly(1, 2, 4);
        assertThat(folds.get(1).number()).isEqualTo(1);
    }

    @Test
    void onlyTheFutureIsTested() {
        List<CrossValidation.Fold> folds = CrossValidation.timeSeries(numbered(8), 2);
        assertThat(samples(folds.get(0).training())).containsExactly(0, 1, 2, 3);
        assertThat(samples(folds.get(0).validation())).containsExactly(4, 5);
        assertThat(samples(folds.get(1).training())).containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(samples(folds.get(1).validation())).containsExactly(6, 7);
        assertThat(CrossValidation.timeSeries(numbered(3), 2)).hasSize(2);
    }

    @Test
    void whatCanNotBeDividedIsRefused() {
        refused("1 folds of 5 samples", () -> Folds.contiguous(5, 1));
        refused("6 folds of 5 samples", () -> Folds.contiguous(5, 6));
        refused("3 folds of 2 samples of the largest class", () -> Folds.stratified(new int[] {1, 1, 2}, 3));
        refused("3 folds of 2 groups", () -> Folds.grouped(new int[] {1, 1, 2}, 3));
        refused("2 folds of 0 groups", () -> Folds.grouped(new int[0], 2));
        refused("2 numbers of folds for 3 samples", () -> CrossValidation.folds(numbered(3), new int[] {0, 1}));
        refused("fold 1 of 3 has no samples", () -> CrossValidation.folds(numbered(3), new int[] {0, 2, 0}));
        refused("from 0 to 0", () -> CrossValidation.folds(numbered(2), new int[] {0, 0}));
        refused("from -2 to 1", () -> CrossValidation.folds(numbered(3), new int[] {0, 1, -2}));
        refused("3 folds in time of 3 samples", () -> CrossValidation.timeSeries(numbered(3), 3));
        refused("1 folds in time", () -> CrossValidation.timeSeries(numbered(3), 1));
    }

    private static void refused(String message, Runnable call) {
        assertThatExceptionOfType(TensorException.class).isThrownBy(call::run).withMessageContaining(message);
    }
}
