package dev.lanewise.parquet;

import dev.hardwood.metadata.LogicalType;
import dev.hardwood.metadata.PhysicalType;
import dev.hardwood.metadata.RepetitionType;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.schema.ColumnProjection;
import dev.hardwood.schema.SchemaNode;
import dev.hardwood.schema.SchemaNode.PrimitiveNode;
import dev.lanewise.nn.data.table.RowCursor;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.InputLimits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The rows of an open Parquet file. */
final class ParquetCursor implements RowCursor {
    private static final String EXPECTED = "a Parquet file";

    private final Path file;
    private final List<PrimitiveNode> columns;
    private final ParquetFileReader reader;
    private final RowReader rows;
    private final int[] positions;
    private boolean closed;

    ParquetCursor(Path file, @Nullable List<String> chosen) {
        this.file = file;
        InputLimits.length(file, EXPECTED);
        PathInput input = new PathInput(file);
        ParquetFileReader opened = null;
        try {
            input.open();
            opened = ParquetFileReader.open(input);
            columns = chosen(opened.getFileSchema().getRootNode().children(), chosen);
            rows = opened.buildRowReader().projection(projection()).build();
            positions = positions();
            reader = opened;
        } catch (IOException | RuntimeException | OutOfMemoryError | StackOverflowError failure) {
            close(opened, input);
            throw failed(failure);
        }
    }

    private List<PrimitiveNode> chosen(List<SchemaNode> fields, @Nullable List<String> names) {
        Map<String, SchemaNode> byName = new LinkedHashMap<>();
        for (SchemaNode field : fields) {
            if (byName.put(field.name(), field) != null) {
                throw new BadFileException(
                        file, "two columns called '" + field.name() + "'", "different names", "rename one of them");
            }
        }
        List<PrimitiveNode> columns = new ArrayList<>();
        for (String name : names == null ? List.copyOf(byName.keySet()) : names) {
            SchemaNode field = byName.get(name);
            if (field == null) {
                throw new BadFileException(
                        file, "no column '" + name + "'", "one of " + byName.keySet(), "check the name");
            }
            columns.add(checked(field));
        }
        if (names != null && names.stream().distinct().count() < names.size()) {
            throw new BadFileException(
                    file, "a column named twice among " + names, "different names", "name each once");
        }
        return columns;
    }

    private PrimitiveNode checked(SchemaNode field) {
        if (field instanceof PrimitiveNode column
                && column.repetitionType() != RepetitionType.REPEATED
                && isSimple(column.type(), column.logicalType())) {
            return column;
        }
        String kind = field instanceof PrimitiveNode column
                ? column.type() + (column.logicalType() == null ? "" : " for " + column.logicalType())
                : "lists, maps or structures";
        throw new BadFileException(
                file,
                "column '" + field.name() + "' of type " + kind,
                "numbers, truth values, text, dates or times",
                "name the columns that are to be read");
    }

    private static boolean isSimple(PhysicalType type, @Nullable LogicalType logical) {
        return switch (type) {
            case BOOLEAN, INT32, INT64, INT96, FLOAT, DOUBLE -> true;
            case BYTE_ARRAY, FIXED_LEN_BYTE_ARRAY ->
                logical instanceof LogicalType.StringType
                        || logical instanceof LogicalType.EnumType
                        || logical instanceof LogicalType.JsonType
                        || logical instanceof LogicalType.DecimalType
                        || logical instanceof LogicalType.Float16Type
                        || logical instanceof LogicalType.UuidType
                        || logical instanceof LogicalType.NullType;
        };
    }

    /** A name with a dot would be taken for a path: then all columns are read. */
    private ColumnProjection projection() {
        String[] names = columns.stream().map(PrimitiveNode::name).toArray(String[]::new);
        boolean plain = columns.stream().noneMatch(column -> column.name().contains("."));
        return plain && names.length > 0 ? ColumnProjection.columns(names) : ColumnProjection.all();
    }

    private int[] positions() {
        Map<String, Integer> byName = new LinkedHashMap<>();
        for (int i = 0; i < rows.getFieldCount(); i++) {
            byName.put(rows.getFieldName(i), i);
        }
        return columns.stream().mapToInt(column -> byName.get(column.name())).toArray();
    }

    @Override
    public List<String> names() {
        return columns.stream().map(PrimitiveNode::name).toList();
    }

    @Override
    public @Nullable String @Nullable [] next() {
        if (closed) {
            return null;
        }
        try {
            if (!rows.hasNext()) {
                return null;
            }
            rows.next();
            @Nullable String[] texts = new String[positions.length];
            for (int i = 0; i < texts.length; i++) {
                Object value = rows.isNull(positions[i]) ? null : rows.getValue(positions[i]);
                texts[i] = value == null ? null : text(columns.get(i), value);
            }
            return texts;
        } catch (RuntimeException | OutOfMemoryError | StackOverflowError failure) {
            throw failed(failure);
        }
    }

    private static @Nullable String text(PrimitiveNode column, Object value) {
        boolean unsigned = column.logicalType() instanceof LogicalType.IntType type && !type.isSigned();
        return switch (value) {
            case Integer number -> unsigned ? Integer.toUnsignedString(number) : number.toString();
            case Long number -> unsigned ? Long.toUnsignedString(number) : number.toString();
            case Float number -> number.isNaN() ? null : number.toString();
            case Double number -> number.isNaN() ? null : number.toString();
            case String text -> text.isBlank() ? null : text.strip();
            default -> value.toString();
        };
    }

    private BadFileException failed(Throwable failure) {
        String codec = failure instanceof BadFileException ? null : missingCodec(failure);
        return codec == null
                ? BadFileException.damaged(file, EXPECTED, failure)
                : new BadFileException(
                        file,
                        "pages that can't be unpacked (" + codec + ")",
                        "a codec whose library is there",
                        "add it to the class path, or write the file with another codec",
                        failure);
    }

    private static @Nullable String missingCodec(Throwable failure) {
        // some of Hardwood's exceptions are, by others, causes of themselves
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < 16; depth++, cause = cause.getCause()) {
            if (cause instanceof UnsupportedOperationException && cause.getMessage() != null) {
                return cause.getMessage();
            }
        }
        return null;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            rows.close();
            close(reader, null);
        }
    }

    /** A file that was only read loses nothing when closing it fails. */
    private static void close(@Nullable ParquetFileReader reader, @Nullable PathInput input) {
        try (PathInput first = input;
                ParquetFileReader second = reader) {
            // both are closed
        } catch (IOException | RuntimeException ignored) {
            // what was read is complete
        }
    }
}
