package dev.lanewise.examples.recommend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.data.Dataset;
import dev.lanewise.nn.io.BadFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class InteractionsTest {
    private static final Interactions CHOICES = Interactions.synthetic(3, 30, 80);

    private static Batch all(Dataset dataset) {
        return dataset.batch(LongStream.range(0, dataset.size()).toArray());
    }

    private static Set<Long> chosen(int user) {
        return Arrays.stream(CHOICES.chosen()[user])
                .asLongStream()
                .boxed()
                .collect(HashSet::new, Set::add, Set::addAll);
    }

    @Test
    void whatIsHeldOutIsNotTrainedOnAndStandsBesideWhatWasNeverChosen() {
        Batch test = all(CHOICES.heldOut(20, 1));
        assertThat(test.x().shape().toArray()).containsExactly(30, 21, 2);
        long[] pairs = test.x().toLongArray();
        float[] right = test.y().toFloatArray();
        Batch pairsOfTraining = all(CHOICES.pairs());
        Set<List<Long>> trained = new HashSet<>();
        long[] users = pairsOfTraining.x().toLongArray();
        long[] items = pairsOfTraining.y().toLongArray();
        for (int i = 0; i < users.length; i++) {
            trained.add(List.of(users[i], items[i]));
        }
        for (int i = 0; i < right.length; i++) {
            int user = i / 21;
            long item = pairs[2 * i + 1];
            assertThat(pairs[2 * i]).isEqualTo(user);
            assertThat(right[i]).isEqualTo(i % 21 == 0 ? 1 : 0);
            assertThat(chosen(user).contains(item)).isEqualTo(i % 21 == 0);
            assertThat(trained).doesNotContain(List.of((long) user, item));
        }
        // the others are different ones
        assertThat(LongStream.range(0, 21).map(i -> pairs[2 * (int) i + 1]).distinct())
                .hasSize(21);
        assertThat(Arrays.stream(CHOICES.counts()).sum()).isEqualTo(users.length);
    }

    @Test
    void negativesAreDrawnAnewEveryEpochAndNeverChosen() {
        Dataset train = CHOICES.sampled(2, 5);
        Batch first = all(train);
        long[] pairs = first.x().toLongArray();
        float[] right = first.y().toFloatArray();
        for (int i = 0; i < right.length; i++) {
            assertThat(right[i]).isEqualTo(i % 3 == 0 ? 1 : 0);
            assertThat(chosen((int) pairs[2 * i]).contains(pairs[2 * i + 1])).isEqualTo(i % 3 == 0);
        }
        train.epoch(1);
        assertThat(all(train).x().toLongArray()).isNotEqualTo(pairs);
        assertThat(all(train).y().toFloatArray()).isEqualTo(right);
        train.epoch(0);
        assertThat(all(train).x().toLongArray()).isEqualTo(pairs);
        // one by one as in a batch
        assertThat(train.batch(new long[] {7}).x().toLongArray()).containsExactly(pairs[14], pairs[15]);
    }

    @ParameterizedTest
    @CsvSource({"u.data, '\t', ''", "ratings.dat, ::, ''", "ratings.csv, ',', 'userId,movieId,rating,timestamp'"})
    void ratingsOfEveryFormAreReadInTheOrderOfTime(String name, String mark, String header, @TempDir Path folder)
            throws IOException {
        List<String> ratings = List.of(
                "7 20 3 300",
                "7 10 5 100",
                "7 30 1 200",
                "7 10 4 400",
                "9 30 2 1",
                "9 20 2 1",
                "9 40 2 0",
                "8 10 1 5",
                "8 20 1 6");
        String lines = String.join("\n", ratings).replace(" ", mark) + "\n";
        Path file = Files.writeString(folder.resolve(name), header.isEmpty() ? lines : header + "\n" + lines);
        assertThat(MovieLens.in(folder)).contains(file);
        Interactions read = MovieLens.read(file);
        assertThat(read.users()).containsExactly("7", "9");
        assertThat(read.items()).containsExactly("20", "10", "30", "40");
        assertThat(read.chosen()).isDeepEqualTo(new int[][] {{1, 2, 0}, {3, 2, 0}});
    }

    @Test
    void linesThatAreNoRatingsAreNamed(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("u.data"), "1\t2\t3\t4\n1\t2\n");
        assertThatThrownBy(() -> MovieLens.read(file))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("line 2: '1");
        Files.writeString(file, "1\t2\t3\t4\n");
        assertThatThrownBy(() -> MovieLens.read(file))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("0 users");
    }
}
