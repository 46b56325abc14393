package dev.lanewise.nn.data.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.nn.io.BadFileException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableTest {
    private static final String CUSTOMERS = """
        id,age,plan,"note, long",churn
        a,20,basic,"says ""hi""
        twice",No
        b, ,plus,,Yes
        c,40,basic,NA,No
        d,60,,x,Yes
        """;

    @TempDir
    Path folder;

    @Test
    void readsQuotedFieldsTypesAndMissingCells() throws IOException {
        Table table = Table.read(file(CUSTOMERS));
        assertThat(table.rows()).isEqualTo(4);
        assertThat(table.columns())
                .extracting(Column::name)
                .containsExactly("id", "age", "plan", "note, long", "churn");
        assertThat(table.column("age").type()).isEqualTo(Column.Type.NUMBER);
        assertThat(table.column("age").number(2)).isEqualTo(40);
        assertThat(table.column("age").number(1)).isNaN();
        assertThat(table.column("note, long").text(0)).isEqualTo("says \"hi\"\ntwice");
        assertThat(table.column("note, long").isMissing(2)).isTrue();
        assertThat(table.column("plan").type()).isEqualTo(Column.Type.CATEGORY);
        assertThat(table.column("plan").categories()).containsExactly("basic", "plus");
    }

    @Test
    void labelsAreIndicesOfCategories() throws IOException {
        Column churn = Table.read(file(CUSTOMERS)).column("churn");
        assertThat(churn.indices(churn.categories())).containsExactly(0, 1, 0, 1);
        Column plan = Table.read(file(CUSTOMERS)).column("plan");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> plan.indices(plan.categories()))
                .withMessageContaining("column 'plan': found no value in row 4");
    }

    @Test
    void encodingIsLearntFromTheTrainingRowsAlone() throws IOException {
        Table table = Table.read(file(CUSTOMERS)).without("id", "note, long", "churn");
        TableEncoder encoder = TableEncoder.fit(table.select(0, 2));
        assertThat(encoder.featureNames()).containsExactly("age", "plan=basic");
        // Mean 30, deviation 10; a missing number is the mean; "plus" was not there in training.
        assertThat(encoder.encode(table)).containsExactly(-1, 1, 0, 0, 1, 1, 3, 0);
    }

    @Test
    void missingCellsAreACategoryWhereTrainingHadThem() throws IOException {
        Table table = Table.read(file(CUSTOMERS));
        TableEncoder encoder = TableEncoder.fit(table.without("id", "age", "note, long", "churn"));
        assertThat(encoder.featureNames()).containsExactly("plan=", "plan=basic", "plan=plus");
        assertThat(encoder.encode(table.select(3))).containsExactly(1, 0, 0);
        assertThatThrownBy(() -> table.select(0, table.rows()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected 0 to below " + table.rows());
        assertThatThrownBy(() -> table.select(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aCodeCanBeReadAsACategoryAndAConstantColumnGivesZero() throws IOException {
        Table table = Table.read(file("code,same\n3,7\n1,7\n3,7\n"));
        TableEncoder encoder = TableEncoder.fit(table.withCategory("code"));
        assertThat(encoder.featureNames()).containsExactly("code=1", "code=3", "same");
        assertThat(encoder.encode(table)).containsExactly(0, 1, 0, 1, 0, 0, 0, 1, 0);
    }

    @Test
    void anEncoderSurvivesItsJson() throws IOException {
        Table table = Table.read(file(CUSTOMERS)).without("churn");
        TableEncoder encoder = TableEncoder.fit(table);
        TableEncoder restored = TableEncoder.fromJson(encoder.toJson());
        assertThat(restored.featureNames()).isEqualTo(encoder.featureNames());
        assertThat(restored.encode(table)).isEqualTo(encoder.encode(table));
        for (String bad :
                List.of("", "[]", "{\"a\":[1]}", "{\"a\":[1,0]}", "{\"a\":[1,\"x\"]}", "{\"a\":[[]]}", "{\"a\":")) {
            assertThatIllegalArgumentException().isThrownBy(() -> TableEncoder.fromJson(bad));
        }
    }

    @Test
    void aCellThatIsNoNumberIsNamed() throws IOException {
        TableEncoder encoder = TableEncoder.fit(Table.read(file("age\n1\n2\n")));
        Table wrong = Table.read(file("age\n1\nold\n"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> encoder.encode(wrong))
                .withMessageContaining("column 'age': found 'old' in row 2");
        assertThat(encoder.encode(Table.read(file("age\n\"\"\n")))).containsExactly(new float[] {0}, within(0f));
    }

    @Test
    void otherSeparatorsAndFilesWithoutAHeader() throws IOException {
        Table table = Table.read(file("1;a\n2;b\n"), ';', List.of("number", "letter"));
        assertThat(table.rows()).isEqualTo(2);
        assertThat(table.column("letter").text(1)).isEqualTo("b");
    }

    @Test
    void malformedFilesAreRefused() throws IOException {
        assertRefused("a,b\n1,2\n1,2,3\n", "3 fields in line 3; expected 2");
        assertRefused("a,b\n1\n", "1 field in line 2; expected 2");
        assertRefused("a,a\n1,2\n", "two columns called 'a'");
        assertRefused("", "no line");
        Path latin = Files.write(folder.resolve("latin.csv"), "a\n\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> Table.read(latin)).hasMessageContaining("not UTF-8");
        assertThatThrownBy(() -> Table.read(folder.resolve("none.csv"))).hasMessageContaining("no such file");
        Path names = file("1,2\n");
        assertThatThrownBy(() -> Table.read(names, ',', List.of("one"))).hasMessageContaining("2 columns; expected 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Table.read(file(CUSTOMERS)).column("Age"))
                .withMessageContaining("found no column 'Age'; expected one of [id, age");
    }

    @Test
    void aByteOrderMarkIsNoPartOfTheFirstName() throws IOException {
        Table table = Table.read(file("\ufeffage,city\n1,a\n"));
        assertThat(table.column("age").number(0)).isEqualTo(1);
    }

    @Test
    void onlyDecimalNumbersAreNumbers() throws IOException {
        for (String number : List.of("1", "-1", "+1", "1.", ".5", "-.5e-3", "1E5", "007", "1e308")) {
            assertThat(Table.read(file("a\n" + number + "\n")).column("a").type())
                    .as(number)
                    .isEqualTo(Column.Type.NUMBER);
        }
        for (String text : List.of(
                "1D",
                "2F",
                "1d",
                "2f",
                "0x1p3",
                "0x10",
                "1e",
                "e1",
                ".",
                "-",
                "+-1",
                "1e5.0",
                "1_000",
                "Infinity",
                "1e999",
                "\u0661",
                "--1",
                "1 2")) {
            assertThat(Table.read(file("a\n" + text + "\n")).column("a").type())
                    .as(text)
                    .isEqualTo(Column.Type.CATEGORY);
        }
    }

    @Test
    void aQuoteThatIsNeverClosedIsNamedByItsLine() throws IOException {
        assertRefused("a,b\n1,2\n3,\"4\n5,6\n7,8\n", "opened in line 3 and never closed");
        assertRefused("a\n\"", "opened in line 2");
        assertRefused("a,b\n1,\"2\"x\n", "after the closing quote of a field in line 2");
        assertRefused("a,b\n\"1\n2\",3\n4\n", "1 field in line 4; expected 2");
        assertRefused("a,b\n\n\n1\n", "1 field in line 4; expected 2");
    }

    @Test
    void tablesAreAsWideAndFieldsAsLongAsTheyAre() throws IOException {
        int columns = 20_000;
        StringBuilder text = new StringBuilder();
        for (int line = 0; line < 2; line++) {
            for (int c = 0; c < columns; c++) {
                text.append(c == 0 ? "" : ",").append(c);
            }
            text.append('\n');
        }
        assertThat(Table.read(file(text.toString())).columns()).hasSize(columns);
        String field = "long ".repeat(1_000_000) + "text";
        assertThat(Table.read(file("a\n\"" + field + "\"\n")).column("a").text(0))
                .isEqualTo(field);
    }

    @Test
    void lineEndsOfAllKindsAndQuotedOnesAreRead() throws IOException {
        Table table = Table.read(file("a,b\r\n1,\"x\r\ny\"\r2,\"say \"\"hi\"\"\"\n3,4\"5"));
        assertThat(table.rows()).isEqualTo(3);
        assertThat(table.column("b").text(0)).isEqualTo("x\r\ny");
        assertThat(table.column("b").text(1)).isEqualTo("say \"hi\"");
        assertThat(table.column("b").text(2)).isEqualTo("4\"5");
    }

    @Test
    void theUsualMarksAreMissingAndOthersCanBeNamed() throws IOException {
        for (String mark :
                List.of("", "NA", "N/A", "n/a", "#N/A", "None", "NaN", "-nan", "<NA>", "null", "NULL", "?")) {
            assertThat(Table.read(file("a,b\n" + mark + ",1\n")).column("a").isMissing(0))
                    .as(mark)
                    .isTrue();
        }
        Path file = file("country,n\nNA,1\n\"NA\",-\n-,3\n");
        Table kept = Table.read(file, CsvFormat.DEFAULT.keepQuoted());
        assertThat(kept.column("country").isMissing(0)).isTrue();
        assertThat(kept.column("country").text(1)).isEqualTo("NA");
        Table own = Table.read(file, CsvFormat.DEFAULT.withMissing("-"));
        assertThat(own.column("country").text(0)).isEqualTo("NA");
        assertThat(own.column("country").isMissing(2)).isTrue();
        assertThat(own.column("n").type()).isEqualTo(Column.Type.NUMBER);
        assertThat(own.column("n").isMissing(1)).isTrue();
        Table none = Table.read(file("a,b\nNA,\n"), CsvFormat.DEFAULT.withMissing());
        assertThat(none.column("a").text(0)).isEqualTo("NA");
        assertThat(none.column("b").isMissing(0)).isTrue();
    }

    @Test
    void aConstantColumnGivesZero() throws IOException {
        for (String constant : List.of("0.1", "-7", "1e300", "1e-310", "0", "-0.0", "123456789.123")) {
            Table table = Table.read(file("a\n" + (constant + "\n").repeat(10)));
            TableEncoder encoder = TableEncoder.fit(table);
            assertThat(encoder.encode(table)).as(constant).containsOnly(0f);
            assertThat(TableEncoder.fromJson(encoder.toJson()).encode(table)).containsOnly(0f);
        }
        // Another value is as far away as it is, not divided by what rounding left.
        TableEncoder encoder = TableEncoder.fit(Table.read(file("a\n" + "0.1\n".repeat(10))));
        assertThat(encoder.encode(Table.read(file("a\n0.2\n")))).containsExactly(new float[] {0.1f}, within(1e-6f));
    }

    /** By hand: two values that differ have the deviation of half their distance, whatever their size. */
    @Test
    void veryGreatAndVerySmallNumbersAreStandardizedToo() throws IOException {
        for (String pair : List.of("1.7e308\n-1.7e308\n", "1e200\n3e200\n", "1e-200\n3e-200\n", "4e-320\n8e-320\n")) {
            Table table = Table.read(file("a\n" + pair));
            TableEncoder encoder = TableEncoder.fit(table);
            float first = pair.startsWith("1.7") ? 1 : -1;
            assertThat(encoder.encode(table)).containsExactly(new float[] {first, -first}, within(1e-3f));
            String json = encoder.toJson();
            assertThat(json).doesNotContain("\"Infinity\"", "\"NaN\"");
            assertThat(TableEncoder.fromJson(json).encode(table)).containsExactly(encoder.encode(table));
        }
        TableEncoder small = TableEncoder.fit(Table.read(file("a\n1\n2\n")));
        assertThat(small.encode(Table.read(file("a\n1e300\n")))).containsExactly(Float.MAX_VALUE);
    }

    @Test
    void anEncoderOfOtherTextIsRefused() {
        for (String json : List.of(
                "",
                "[]",
                "{\"a\":1}",
                "{\"a\":[1]}",
                "{\"a\":[1,0]}",
                "{\"a\":[1,-1]}",
                "{\"a\":[1e999,1]}",
                "{\"a\":[1,1e999]}",
                "{\"a\":[1,2,3]}",
                "{\"a\":[1,\"b\"]}",
                "{\"a\":[\"b\",\"b\"]}",
                "{\"a\":[1,1]} x",
                "{\"a\":[1,1]}{}",
                "{\"a\":[1,1],\"a\":[1,1]}",
                "{\"a\":[1,1]",
                "{\"a\":[[1,1]]}")) {
            assertThatIllegalArgumentException().as(json).isThrownBy(() -> TableEncoder.fromJson(json));
        }
    }

    @Test
    void columnsOfThousandsOfNamesAreRefused() throws IOException {
        StringBuilder text = new StringBuilder("name\n");
        for (int i = 0; i < 29_000; i++) {
            text.append("n").append(i).append('\n');
        }
        Table table = Table.read(file(text.toString()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TableEncoder.fit(table))
                .withMessageContaining("29000 categories in the column 'name'; expected at most 10000");
        int[] labels = table.column("name").indices(table.column("name").categories());
        assertThat(labels).hasSize(29_000);
    }

    private void assertRefused(String content, String message) throws IOException {
        Path file = file(content);
        assertThatThrownBy(() -> Table.read(file))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("table.csv")
                .hasMessageContaining(message);
    }

    private Path file(String content) throws IOException {
        return Files.writeString(folder.resolve("table.csv"), content);
    }
}
