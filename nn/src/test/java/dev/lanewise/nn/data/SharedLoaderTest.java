package dev.lanewise.nn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SharedLoaderTest {
    private static DataLoader loader(int samples, int batch) {
        Tensor x = Tensor.arange(samples).to(DType.F32).reshape(samples, 1);
        return new DataLoader(new TensorDataset(x, x), batch, true, 3);
    }

    private static List<float[]> batches(DataLoader loader, long epoch, long first) {
        List<float[]> batches = new ArrayList<>();
        loader.epoch(epoch, first)
                .forEach(batch -> batches.add(batch.x().flatten().toFloatArray()));
        return batches;
    }

    private static float[] joined(List<float[]> parts) {
        List<Float> all = new ArrayList<>();
        for (float[] part : parts) {
            for (float value : part) {
                all.add(value);
            }
        }
        float[] joined = new float[all.size()];
        for (int i = 0; i < joined.length; i++) {
            joined[i] = all.get(i);
        }
        return joined;
    }

    @ParameterizedTest
    @CsvSource({"44, 16, 2, 0", "44, 16, 3, 1", "44, 16, 4, 2", "12, 5, 2, 0", "7, 7, 7, 0"})
    void partsOfABatchAreTheBatch(int samples, int batch, int ranks, int first) {
        List<float[]> whole = batches(loader(samples, batch), 5, first);
        List<List<float[]>> parts = new ArrayList<>();
        for (int rank = 0; rank < ranks; rank++) {
            DataLoader part = loader(samples, batch).part(rank, ranks);
            assertThat(part.batches()).isEqualTo(loader(samples, batch).batches());
            parts.add(batches(part, 5, first));
            assertThat(parts.getLast()).hasSameSizeAs(whole);
        }
        for (int i = 0; i < whole.size(); i++) {
            int step = i;
            assertThat(joined(parts.stream().map(part -> part.get(step)).toList()))
                    .isEqualTo(whole.get(i));
        }
    }

    @ParameterizedTest
    @CsvSource({"44, 16, 2", "44, 16, 3", "44, 16, 5", "3, 1, 2"})
    void everySoManyThBatchIsTaken(int samples, int batch, int ranks) {
        List<float[]> whole = batches(loader(samples, batch), 2, 0);
        for (int rank = 0; rank < ranks; rank++) {
            List<float[]> taken = batches(loader(samples, batch).every(rank, ranks), 2, 0);
            List<float[]> expected = new ArrayList<>();
            for (int i = rank; i < whole.size(); i += ranks) {
                expected.add(whole.get(i));
            }
            assertThat(taken).hasSameSizeAs(expected);
            for (int i = 0; i < taken.size(); i++) {
                assertThat(taken.get(i)).isEqualTo(expected.get(i));
            }
        }
    }

    @Test
    void batchWithFewerSamplesThanRanksIsRefused() {
        assertThatThrownBy(() -> loader(33, 16).part(0, 2))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("has 1 samples for 2 ranks");
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "-1, 0", "-1, 2", "2, 2", "3, 2", "0, -1"})
    void ranksThatAreNoneAreRefused(int rank, int ranks) {
        DataLoader all = loader(8, 4);
        assertThatThrownBy(() -> all.part(rank, ranks))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("part: rank " + rank + " of " + ranks);
        assertThatThrownBy(() -> all.every(rank, ranks))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("every: rank " + rank + " of " + ranks);
    }
}
