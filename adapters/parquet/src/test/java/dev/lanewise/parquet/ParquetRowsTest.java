package dev.lanewise.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.data.table.Column;
import dev.lanewise.nn.data.table.Row;
import dev.lanewise.nn.data.table.Rows;
import dev.lanewise.nn.data.table.Table;
import dev.lanewise.nn.data.table.TableEncoder;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that {@code files.py} wrote, whole and damaged. */
final class ParquetRowsTest {
    @TempDir
    Path folder;

    private static Path stored(String name) {
        return Path.of("src", "test", "resources", "dev", "lanewise", "parquet", name + ".parquet");
    }

    private static List<Row> all(Rows rows) {
        try (Stream<Row> epoch = rows.epoch(1)) {
            return epoch.toList();
        }
    }

    @ParameterizedTest
    @CsvSource(nullValues = "null", textBlock = """
                    i8, 1, -3
                    i32, 1, -2147483648
                    i64, 4611686018427387904, -5
                    u32, 4294967295, 7
                    u64, 18446744073709551615, 7
                    f16, 1.5, 0.25
                    f32, 0.1, null
                    f64, 0.1, 2.5E300
                    bool, true, false
                    text, Ölüm, null
                    date, 2020-01-02, 2020-01-02
                    time, 2020-01-02T03:04:05.678, null
                    decimal, 12.34, -0.05
                    none, null, null
                    """)
    void valuesAreText(String column, String first, String last) {
        List<Row> rows = all(ParquetRows.of(stored("types"), column));
        assertThat(rows).hasSize(3);
        assertThat(rows.get(0).text(column)).isEqualTo(first);
        assertThat(rows.get(1).text(column)).isEqualTo(column.equals("f16") ? "-2.0" : null);
        assertThat(rows.get(2).text(column)).isEqualTo(last);
    }

    @Test
    void groupsOfRowsComeOneAfterTheOtherInEveryEpoch() {
        Rows rows = ParquetRows.of(stored("groups"));
        assertThat(rows.names()).containsExactly("id", "kind");
        assertThat(rows.size()).isEqualTo(60);
        for (int epoch = 0; epoch < 2; epoch++) {
            assertThat(all(rows)).extracting(row -> row.text("id")).element(59).isEqualTo("59");
            assertThat(all(rows)).extracting(row -> row.text("kind")).startsWith("a", "b", "c", "a");
        }
        Rows turned = ParquetRows.of(stored("groups"), "kind", "id");
        assertThat(turned.names()).containsExactly("kind", "id");
        assertThat(all(turned).get(22).number("id")).isEqualTo(22);
        try (Stream<Row> some = rows.epoch(0)) {
            assertThat(some.limit(3).toList()).hasSize(3);
        }
    }

    @Test
    void rowsBecomeBatches() {
        Rows rows = ParquetRows.of(stored("groups"));
        Table first = rows.table(30);
        assertThat(first.column("id").type()).isEqualTo(Column.Type.NUMBER);
        List<String> kinds = first.column("kind").categories();
        TableEncoder encoder = TableEncoder.fit(first.without("kind"));
        DataLoader loader = new DataLoader(rows, 25, chunk -> {
            Table table = Table.of(chunk);
            return new Batch(
                    Tensor.of(encoder.encode(table), table.rows(), encoder.width()),
                    Tensor.of(Arrays.stream(table.column("kind").indices(kinds))
                            .asLongStream()
                            .toArray()));
        });
        long samples = 0;
        for (Batch batch : loader.epoch(1)) {
            samples += batch.size();
            assertThat(batch.x().shape()).isEqualTo(Shape.of(batch.size(), encoder.width()));
        }
        assertThat(samples).isEqualTo(60);
    }

    @ParameterizedTest
    @ValueSource(strings = {"snappy", "gzip"})
    void packedPagesAreRead(String codec) {
        List<Row> rows = all(ParquetRows.of(stored(codec)));
        assertThat(rows).hasSize(200);
        assertThat(rows.getLast().text("id")).isEqualTo("199");
        assertThat(rows.getLast().text("kind")).isEqualTo("long text, again and again");
    }

    @Test
    void aMissingCodecIsNamed() {
        assertThatThrownBy(() -> all(ParquetRows.of(stored("zstd"))))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("com.github.luben:zstd-jni")
                .hasMessageContaining("class path");
    }

    @Test
    void namesMayHaveDotsAndOtherColumnsMayBeNested() {
        assertThat(all(ParquetRows.of(stored("nested"), "a.b", "id")))
                .extracting(row -> row.text("a.b") + row.text("id"))
                .containsExactly("x1", "y2");
        assertThat(all(ParquetRows.of(stored("nested"), "id")).getFirst().text("id"))
                .isEqualTo("1");
        assertThat(ParquetRows.of(stored("empty")).size()).isZero();
        assertThat(all(ParquetRows.of(stored("legacy"))).getFirst().text("time"))
                .isEqualTo("2020-01-02T03:04:05Z");
    }

    @Test
    void columnsThatAreNoValuesAreNamed() {
        assertThatThrownBy(() -> ParquetRows.of(stored("nested")).names())
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("column 'list' of type lists");
        assertThatThrownBy(() -> ParquetRows.of(stored("types")).names())
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("column 'bytes' of type BYTE_ARRAY");
        assertThatThrownBy(() -> ParquetRows.of(stored("groups"), "id", "age").names())
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("no column 'age'")
                .hasMessageContaining("[id, kind]");
        assertThatThrownBy(() -> ParquetRows.of(stored("groups"), "id", "id").names())
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("twice");
    }

    @Test
    void filesThatAreNoneAreRefused() throws IOException {
        assertThatThrownBy(() -> ParquetRows.of(folder).names())
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("a folder");
        assertThatThrownBy(() -> ParquetRows.of(folder.resolve("none.parquet")).names())
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("no such file");
        Path text = Files.writeString(folder.resolve("text.parquet"), "a,b\n1,2\n");
        assertThatThrownBy(() -> ParquetRows.of(text).names())
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("text.parquet: found")
                .hasMessageContaining("a Parquet file");
    }

    @Test
    void otherFileSystemsAreRead() throws IOException {
        Path archive = folder.resolve("data.zip");
        try (FileSystem zip = FileSystems.newFileSystem(archive, Map.of("create", "true"))) {
            Path inside = zip.getPath("groups.parquet");
            Files.copy(stored("groups"), inside);
            assertThat(all(ParquetRows.of(inside))).hasSize(60);
        }
    }

    /** Every row, or an error that names the file. */
    private void readDamaged(byte[] bytes, String what) throws IOException {
        Path file = Files.write(folder.resolve("damaged.parquet"), bytes);
        try {
            assertThat(all(ParquetRows.of(file)).size()).as(what).isNotNegative();
        } catch (BadFileException named) {
            assertThat(named).as(what).hasMessageContaining("damaged.parquet: found");
        }
    }

    @Test
    void damagedFilesGiveOneError() throws IOException {
        Random random = new Random(19);
        for (String name : List.of("groups", "gzip", "types")) {
            byte[] whole = Files.readAllBytes(stored(name));
            for (int i = 0; i < 40; i++) {
                readDamaged(Arrays.copyOf(whole, random.nextInt(whole.length)), name + " cut short " + i);
                byte[] changed = whole.clone();
                for (int j = 0; j < 1 + i % 3; j++) {
                    changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
                }
                readDamaged(changed, name + " changed " + i);
            }
        }
    }
}
