package dev.lanewise.nn.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.nn.data.table.Table;
import dev.lanewise.nn.train.EpochFigures;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CsvLogTest {
    @TempDir
    Path folder;

    @Test
    void hasARowForEveryEpoch() {
        Path file = folder.resolve("log.csv");
        Trainings.run(new CsvLog(file), 1, 6);
        Table table = Table.read(file);
        assertThat(table.rows()).isEqualTo(3);
        assertThat(table.columns())
                .extracting(column -> column.name())
                .startsWith("epoch", "step", "train_loss", "learning_rate", "train_s", "samples_per_s")
                .contains("validation_loss", "validation_accuracy");
        assertThat(table.column("epoch").number(2)).isEqualTo(3);
        assertThat(table.column("step").number(2)).isEqualTo(6);
        assertThat(table.column("train_loss").number(2)).isEqualTo(1.0 / 3);
        assertThat(table.column("validation_accuracy").number(1)).isEqualTo(0.75);
    }

    @Test
    void aResumedTrainingLeavesEveryEpochOnce() {
        Path file = folder.resolve("log.csv");
        Trainings.run(new CsvLog(file), 1, 7);
        Trainings.run(new CsvLog(file), 5, 8);
        Table table = Table.read(file);
        assertThat(table.rows()).isEqualTo(4);
        for (int row = 0; row < 4; row++) {
            assertThat(table.column("epoch").number(row)).isEqualTo(row + 1);
        }
    }

    @Test
    void figuresThatAnEpochLacksAreEmpty() {
        Path file = folder.resolve("log.csv");
        EpochFigures without = new EpochFigures(1, 2, 10, 1, Double.NaN, 0.1, Map.of());
        CsvLog.write(file, List.of(without, Trainings.epoch(2)));
        Table table = Table.read(file);
        assertThat(table.column("validation_loss").isMissing(0)).isTrue();
        assertThat(table.column("validation_loss").number(1)).isEqualTo(1);
        assertThat(table.column("train_loss").isMissing(0)).isTrue();
    }
}
