package dev.lanewise.arrow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.data.table.Column;
import dev.lanewise.nn.data.table.Row;
import dev.lanewise.nn.data.table.Rows;
import dev.lanewise.nn.data.table.Table;
import dev.lanewise.nn.data.table.TableEncoder;
import dev.lanewise.nn.io.BadFileException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.DateDayVector;
import org.apache.arrow.vector.DecimalVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float2Vector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.LargeVarCharVector;
import org.apache.arrow.vector.NullVector;
import org.apache.arrow.vector.TimeMilliVector;
import org.apache.arrow.vector.TimeStampMicroTZVector;
import org.apache.arrow.vector.TimeStampMilliVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.UInt1Vector;
import org.apache.arrow.vector.UInt2Vector;
import org.apache.arrow.vector.UInt4Vector;
import org.apache.arrow.vector.UInt8Vector;
import org.apache.arrow.vector.VarBinaryVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.dictionary.DictionaryEncoder;
import org.apache.arrow.vector.dictionary.DictionaryProvider;
import org.apache.arrow.vector.ipc.ArrowFileWriter;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.apache.arrow.vector.ipc.ArrowWriter;
import org.apache.arrow.vector.types.pojo.DictionaryEncoding;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that Arrow's own writers wrote, whole and damaged. */
final class ArrowRowsTest {
    @TempDir
    Path folder;

    private static List<Row> all(Rows rows) {
        try (Stream<Row> epoch = rows.epoch(1)) {
            return epoch.toList();
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Writes the vectors as many times as there are to be batches. */
    private Path write(
            String name, boolean stream, int batches, List<FieldVector> vectors, DictionaryProvider dictionaries)
            throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int rows = vectors.getFirst().getValueCount();
        try (VectorSchemaRoot root = new VectorSchemaRoot(
                        vectors.stream().map(FieldVector::getField).toList(), vectors, rows);
                ArrowWriter writer = stream
                        ? new ArrowStreamWriter(root, dictionaries, out)
                        : new ArrowFileWriter(root, dictionaries, Channels.newChannel(out))) {
            writer.start();
            for (int i = 0; i < batches; i++) {
                writer.writeBatch();
            }
            writer.end();
        }
        return Files.write(folder.resolve(name), out.toByteArray());
    }

    private Path numbers(String name, boolean stream) throws IOException {
        try (BufferAllocator memory = new RootAllocator()) {
            BigIntVector id = new BigIntVector("id", memory);
            VarCharVector kind = new VarCharVector("kind", memory);
            for (int i = 0; i < 20; i++) {
                id.setSafe(i, i);
                kind.setSafe(i, utf8("abc".substring(i % 3, i % 3 + 1)));
            }
            id.setValueCount(20);
            kind.setValueCount(20);
            return write(name, stream, 3, List.of(id, kind), new DictionaryProvider.MapDictionaryProvider());
        }
    }

    /** Three values of every type: one, null, and another one. */
    private static List<FieldVector> types(BufferAllocator memory) {
        List<FieldVector> all = new ArrayList<>();
        TinyIntVector i8 = new TinyIntVector("i8", memory);
        IntVector i32 = new IntVector("i32", memory);
        UInt1Vector u8 = new UInt1Vector("u8", memory);
        UInt2Vector u16 = new UInt2Vector("u16", memory);
        UInt4Vector u32 = new UInt4Vector("u32", memory);
        UInt8Vector u64 = new UInt8Vector("u64", memory);
        Float2Vector f16 = new Float2Vector("f16", memory);
        Float4Vector f32 = new Float4Vector("f32", memory);
        Float8Vector f64 = new Float8Vector("f64", memory);
        BitVector bool = new BitVector("bool", memory);
        VarCharVector text = new VarCharVector("text", memory);
        LargeVarCharVector large = new LargeVarCharVector("large", memory);
        DateDayVector date = new DateDayVector("date", memory);
        TimeMilliVector time = new TimeMilliVector("time", memory);
        TimeStampMilliVector stamp = new TimeStampMilliVector("stamp", memory);
        TimeStampMicroTZVector zoned = new TimeStampMicroTZVector("zoned", memory, "UTC");
        DecimalVector decimal = new DecimalVector("decimal", memory, 9, 2);
        all.addAll(List.of(
                i8, i32, u8, u16, u32, u64, f16, f32, f64, bool, text, large, date, time, stamp, zoned, decimal));
        all.forEach(FieldVector::allocateNew);
        i8.set(0, -3);
        i32.set(0, Integer.MIN_VALUE);
        u8.set(0, 255);
        u16.set(0, 65_535);
        u32.set(0, -1);
        u64.set(0, -1);
        f16.setWithPossibleTruncate(0, 1.5f);
        f32.set(0, 0.1f);
        f32.set(2, Float.NaN);
        f64.set(0, 2.5e300);
        bool.set(0, 1);
        bool.set(2, 0);
        text.set(0, utf8(" Ölüm "));
        text.set(2, utf8(" "));
        large.set(0, utf8("long"));
        date.set(0, -1);
        time.set(0, 3_723_004);
        stamp.set(0, 1_577_934_245_678L);
        zoned.set(0, 1_577_934_245_678_000L);
        decimal.set(0, new BigDecimal("-0.05"));
        all.add(new NullVector("none"));
        all.forEach(vector -> vector.setValueCount(3));
        return all;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void valuesAreText(boolean stream) throws IOException {
        Path file;
        try (BufferAllocator memory = new RootAllocator()) {
            file = write("types.arrow", stream, 1, types(memory), new DictionaryProvider.MapDictionaryProvider());
        }
        List<Row> rows = all(ArrowRows.of(file));
        assertThat(rows).hasSize(3);
        Row row = rows.getFirst();
        assertThat(row.names().stream().map(row::text))
                .containsExactly(
                        "-3",
                        "-2147483648",
                        "255",
                        "65535",
                        "4294967295",
                        "18446744073709551615",
                        "1.5",
                        "0.1",
                        "2.5E300",
                        "true",
                        "Ölüm",
                        "long",
                        "1969-12-31",
                        "01:02:03.004",
                        "2020-01-02T03:04:05.678",
                        "2020-01-02T03:04:05.678Z",
                        "-0.05",
                        null);
        assertThat(row.names().stream().map(rows.get(1)::text)).containsOnlyNulls();
        assertThat(rows.get(2).text("f32")).isNull();
        assertThat(rows.get(2).text("text")).isNull();
        assertThat(rows.get(2).text("bool")).isEqualTo("false");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void batchesComeOneAfterTheOtherInEveryEpoch(boolean stream) throws IOException {
        Rows rows = ArrowRows.of(numbers("numbers.arrow", stream));
        assertThat(rows.names()).containsExactly("id", "kind");
        assertThat(rows.size()).isEqualTo(60);
        for (int epoch = 0; epoch < 2; epoch++) {
            assertThat(all(rows)).extracting(row -> row.text("id")).element(59).isEqualTo("19");
        }
        Rows turned = ArrowRows.of(folder.resolve("numbers.arrow"), "kind", "id");
        assertThat(turned.names()).containsExactly("kind", "id");
        assertThat(all(turned).get(22).text("kind")).isEqualTo("c");
        Table table = Table.of(all(turned));
        assertThat(table.column("id").type()).isEqualTo(Column.Type.NUMBER);
        assertThat(TableEncoder.fit(table).width()).isEqualTo(4);
        try (Stream<Row> some = rows.epoch(0)) {
            assertThat(some.limit(3).toList()).hasSize(3);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void dictionariesAreLookedUp(boolean stream) throws IOException {
        try (BufferAllocator memory = new RootAllocator()) {
            VarCharVector words = new VarCharVector("words", memory);
            words.setSafe(0, utf8("no"));
            words.setSafe(1, utf8("yes"));
            words.setValueCount(2);
            VarCharVector said = new VarCharVector("said", memory);
            said.setSafe(0, utf8("yes"));
            said.setNull(1);
            said.setSafe(2, utf8("no"));
            said.setValueCount(3);
            Dictionary dictionary = new Dictionary(words, new DictionaryEncoding(1, false, null));
            FieldVector encoded = (FieldVector) DictionaryEncoder.encode(said, dictionary);
            said.close();
            Path file = write(
                    "words.arrow",
                    stream,
                    1,
                    List.of(encoded),
                    new DictionaryProvider.MapDictionaryProvider(dictionary));
            words.close();
            assertThat(all(ArrowRows.of(file)))
                    .extracting(row -> row.text("said"))
                    .containsExactly("yes", null, "no");
        }
    }

    @Test
    void columnsThatAreNoValuesAreNamed() throws IOException {
        Path file;
        try (BufferAllocator memory = new RootAllocator()) {
            VarBinaryVector bytes = new VarBinaryVector("bytes", memory);
            bytes.setValueCount(1);
            BigIntVector id = new BigIntVector("id", memory);
            id.setSafe(0, 7);
            id.setValueCount(1);
            file = write("bytes.arrow", false, 1, List.of(bytes, id), new DictionaryProvider.MapDictionaryProvider());
        }
        assertThatThrownBy(() -> ArrowRows.of(file).names())
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("column 'bytes' of type Binary");
        assertThat(all(ArrowRows.of(file, "id")).getFirst().number("id")).isEqualTo(7);
        assertThatThrownBy(() -> ArrowRows.of(file, "id", "age").names())
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("no column 'age'");
        assertThatThrownBy(() -> ArrowRows.of(file, "id", "id").names())
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("twice");
    }

    @Test
    void filesThatAreNoneAreRefused() throws IOException {
        assertThatThrownBy(() -> ArrowRows.of(folder).names())
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("a folder");
        assertThatThrownBy(() -> ArrowRows.of(folder.resolve("none.arrow")).names())
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("no such file");
        for (String content : List.of("", "a,b\n1,2\n", "ARROW1")) {
            Path text = Files.writeString(folder.resolve("text.arrow"), content);
            assertThatThrownBy(() -> all(ArrowRows.of(text)))
                    .as(content)
                    .isInstanceOf(BadFileException.class)
                    .hasMessageContaining("text.arrow: found");
        }
    }

    @Test
    void otherFileSystemsAreRead() throws IOException {
        Path file = numbers("numbers.arrow", true);
        try (FileSystem zip = FileSystems.newFileSystem(folder.resolve("data.zip"), Map.of("create", "true"))) {
            Path inside = zip.getPath("numbers.arrow");
            Files.copy(file, inside);
            assertThat(all(ArrowRows.of(inside))).hasSize(60);
        }
    }

    /** Every row, or an error that names the file. */
    private void readDamaged(byte[] bytes, String what) throws IOException {
        Path file = Files.write(folder.resolve("damaged.arrow"), bytes);
        try (Stream<Row> rows = ArrowRows.of(file).epoch(0)) {
            assertThat(rows.limit(100_000).count()).as(what).isNotNegative();
        } catch (BadFileException named) {
            assertThat(named).as(what).hasMessageContaining("damaged.arrow: found");
        }
    }

    @Test
    void damagedFilesGiveOneError() throws IOException {
        Random random = new Random(19);
        for (boolean stream : new boolean[] {false, true}) {
            byte[] whole = Files.readAllBytes(numbers("numbers.arrow", stream));
            for (int i = 0; i < 40; i++) {
                readDamaged(Arrays.copyOf(whole, random.nextInt(whole.length)), "cut short " + i);
                byte[] changed = whole.clone();
                for (int j = 0; j < 1 + i % 3; j++) {
                    changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
                }
                readDamaged(changed, "changed " + i);
            }
        }
    }
}
