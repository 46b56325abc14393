package dev.lanewise.nn.data;

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
        assertRefused("a,b\n1\n", "1 fields in line 2; expected 2");
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
