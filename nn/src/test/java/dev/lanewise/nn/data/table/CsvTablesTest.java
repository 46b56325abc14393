package dev.lanewise.nn.data.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.io.BadFileException;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CsvTablesTest {
    private static final String PEOPLE = "name;city\nZoë;Köln\nŁukasz;Łódź\n";

    @TempDir
    Path folder;

    private Path file(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("table.csv"), bytes);
    }

    private Path file(String text) throws IOException {
        return file(text.getBytes(StandardCharsets.UTF_8));
    }

    private static List<String> texts(Table table, String column) {
        return IntStream.range(0, table.rows())
                .mapToObj(row -> String.valueOf(table.column(column).text(row)))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE", "windows-1250"})
    void readsTheNamedEncoding(String encoding) throws IOException {
        Path file = file(PEOPLE.getBytes(Charset.forName(encoding)));
        CsvFormat format = CsvFormat.DEFAULT.withSeparator(';').withCharset(Charset.forName(encoding));
        boolean hasAll = !encoding.equals("windows-1250")
                || PEOPLE.equals(new String(Files.readAllBytes(file), Charset.forName(encoding)));
        assertThat(hasAll).isTrue();
        assertThat(texts(Table.read(file, format), "name")).containsExactly("Zoë", "Łukasz");
        assertThat(texts(Table.read(file, format), "city")).containsExactly("Köln", "Łódź");
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-8", "UTF-16LE", "UTF-16BE"})
    void aByteOrderMarkIsNoPartOfTheFirstName(String encoding) throws IOException {
        Path file = file(("\ufeff" + PEOPLE).getBytes(Charset.forName(encoding)));
        CsvFormat format = CsvFormat.DEFAULT.withSeparator(';').withCharset(Charset.forName(encoding));
        assertThat(Table.read(file, format).columns()).extracting(Column::name).containsExactly("name", "city");
        assertThat(Rows.csv(file, format).names()).containsExactly("name", "city");
    }

    @Test
    void bytesOfAnotherEncodingAreNamed() throws IOException {
        Path file = file("a\nKöln\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> Table.read(file))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("not UTF-8")
                .hasMessageContaining("withCharset");
        assertThatThrownBy(() -> Table.read(file, CsvFormat.DEFAULT.withCharset(StandardCharsets.US_ASCII)))
                .hasMessageContaining("not US-ASCII");
        Path turned = file("\ufeffa\n1\n".getBytes(StandardCharsets.UTF_16BE));
        assertThatThrownBy(() -> Table.read(turned, CsvFormat.DEFAULT.withCharset(StandardCharsets.UTF_16LE)))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("name the encoding UTF-16");
        assertThat(CsvFormat.DEFAULT.withMissing("-", "-").missing()).containsExactly("-");
    }

    @Test
    void rowsWithMissingValuesAreDropped() throws IOException {
        Table table = Table.read(file("a,b,c\n1,,x\n2,y,NA\n3,y,z\n,y,z\n"));
        assertThat(texts(table.dropMissing(), "a")).containsExactly("3");
        assertThat(texts(table.dropMissing("b"), "a")).containsExactly("2", "3", "null");
        assertThat(texts(table.dropMissing("a", "c"), "a")).containsExactly("1", "3");
        assertThatThrownBy(() -> table.dropMissing("d")).hasMessageContaining("no column 'd'");
        assertThat(table.dropMissing().dropMissing().rows()).isEqualTo(1);
    }

    @Test
    void theFirstOfEqualRowsStays() throws IOException {
        Table table = Table.read(file("a,b\n1,x\n2,x\n1,x\n,\n1.0,x\n,\n2,y\n"));
        assertThat(texts(table.dropDuplicates(), "a")).containsExactly("1", "2", "null", "1.0", "2");
        assertThat(texts(table.dropDuplicates("b"), "a")).containsExactly("1", "null", "2");
        assertThat(texts(table.dropDuplicates("a"), "b")).containsExactly("x", "x", "null", "x");
    }

    @Test
    void aFileMayHaveManyThousandColumns() throws IOException {
        int columns = 20_000;
        String names = IntStream.range(0, columns).mapToObj(i -> "c" + i).collect(Collectors.joining(","));
        String values = IntStream.range(0, columns).mapToObj(Integer::toString).collect(Collectors.joining(","));
        Table table = Table.read(file(names + "\n" + values + "\n" + values + "\n"));
        assertThat(table.columns()).hasSize(columns);
        assertThat(table.column("c19999").number(1)).isEqualTo(19_999);
        assertThat(TableEncoder.fit(table).encode(table)).hasSize(2 * columns);
    }

    @Test
    void aTableIsMadeOfRowsOfOneSource() throws IOException {
        List<Row> rows = Rows.csv(file("a,b\n1,\n2,x\n")).epoch(0).toList();
        assertThat(texts(Table.of(rows), "b")).containsExactly("null", "x");
        assertThat(rows.getFirst().number("a")).isEqualTo(1);
        assertThat(rows.getFirst().number("b")).isNaN();
        assertThat(rows.getFirst().hasMissing()).isTrue();
        assertThat(rows.get(1).hasMissing()).isFalse();
        assertThatThrownBy(() -> rows.get(1).number("b")).hasMessageContaining("found 'x'; expected a number");
        assertThatThrownBy(() -> rows.get(1).text("z")).hasMessageContaining("no column 'z'");
        assertThatThrownBy(() -> Table.of(List.of())).hasMessageContaining("found no row");
        Row other = Rows.csv(file("c\n1\n")).epoch(0).toList().getFirst();
        assertThatThrownBy(() -> Table.of(List.of(rows.getFirst(), other))).hasMessageContaining("[c]");
    }
}
