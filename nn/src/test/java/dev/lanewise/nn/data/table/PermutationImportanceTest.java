package dev.lanewise.nn.data.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PermutationImportanceTest {
    private static final int ROWS = 400;

    @TempDir
    Path folder;

    /** The column x alternates between 0 and 1, and so do the labels; y is of no use to the model, z of some. */
    private Table table() throws IOException {
        StringBuilder text = new StringBuilder("y,x,z\n");
        for (int i = 0; i < ROWS; i++) {
            text.append(i)
                    .append(',')
                    .append(i % 2)
                    .append(',')
                    .append(i % 4 == 0 ? 1 : 0)
                    .append('\n');
        }
        return Table.read(Files.writeString(folder.resolve("table.csv"), text));
    }

    /** The fraction of the labels that a column gives. */
    private static double accuracy(Table table, String column) {
        int right = 0;
        for (int row = 0; row < ROWS; row++) {
            right += table.column(column).number(row) == row % 2 ? 1 : 0;
        }
        return right / (double) ROWS;
    }

    @Test
    void aColumnIsAsImportantAsTheScoreFallsWithoutIt() throws IOException {
        List<PermutationImportance> columns = PermutationImportance.of(table(), table -> accuracy(table, "x"), 20, 1);
        assertThat(columns).extracting(PermutationImportance::column).startsWith("x");
        // shuffled, half of the labels are right: hypergeometric, with this deviation of the fraction
        double deviation = 0.5 / Math.sqrt(ROWS - 1.0);
        assertThat(columns.getFirst().mean()).isCloseTo(0.5, within(6 * deviation / Math.sqrt(20)));
        assertThat(columns.getFirst().deviation()).isBetween(0.4 * deviation, 2 * deviation);
        assertThat(columns.subList(1, 3)).allSatisfy(column -> {
            assertThat(column.mean()).isZero();
            assertThat(column.deviation()).isZero();
        });
    }

    @Test
    void theSeedDeterminesTheShuffles() throws IOException {
        Table table = table();
        List<PermutationImportance> first = PermutationImportance.of(table, t -> accuracy(t, "z"), 3, 7);
        assertThat(PermutationImportance.of(table, t -> accuracy(t, "z"), 3, 7)).isEqualTo(first);
        assertThat(PermutationImportance.of(table, t -> accuracy(t, "z"), 3, 8)).isNotEqualTo(first);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PermutationImportance.of(table, t -> 0, 0, 7))
                .withMessageContaining("0 repeats");
    }
}
