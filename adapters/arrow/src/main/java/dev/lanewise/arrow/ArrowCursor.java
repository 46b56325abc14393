package dev.lanewise.arrow;

import dev.lanewise.nn.data.table.RowCursor;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.InputLimits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.arrow.vector.types.pojo.Field;
import org.jspecify.annotations.Nullable;

/** The rows of an open Arrow file or stream. */
final class ArrowCursor implements RowCursor {
    private static final String EXPECTED = "an Arrow file or stream";
    private static final byte[] FILE = "ARROW1".getBytes(StandardCharsets.US_ASCII);

    private final Path file;
    private final List<String> names;
    private final int[] positions;
    private final List<ArrowText> columns = new ArrayList<>();
    private final SeekableByteChannel channel;
    private final BufferAllocator memory;
    private final ArrowReader reader;
    private int row;
    private int count;
    private boolean closed;

    ArrowCursor(Path file, @Nullable List<String> chosen) {
        this.file = file;
        long length = InputLimits.length(file, EXPECTED);
        SeekableByteChannel opened = null;
        BufferAllocator allocator = null;
        ArrowReader made = null;
        try {
            opened = Files.newByteChannel(file);
            allocator = new RootAllocator(most(length));
            made = isFile(opened) ? new ArrowFileReader(opened, allocator) : new ArrowStreamReader(opened, allocator);
            List<Field> fields = made.getVectorSchemaRoot().getSchema().getFields();
            positions = positions(fields, chosen);
            names = Arrays.stream(positions)
                    .mapToObj(i -> fields.get(i).getName())
                    .toList();
            for (int i : positions) {
                columns.add(column(fields.get(i), made));
            }
            channel = opened;
            memory = allocator;
            reader = made;
        } catch (IOException | RuntimeException | LinkageError | OutOfMemoryError failure) {
            close(made, allocator, opened);
            throw failed(failure);
        }
    }

    /** How much memory a file of a length may take. */
    private static long most(long length) {
        return Math.max((long) InputLimits.ALWAYS_MIB << 20, length * InputLimits.MOST_RATIO);
    }

    private static boolean isFile(SeekableByteChannel channel) throws IOException {
        ByteBuffer start = ByteBuffer.allocate(FILE.length);
        while (start.hasRemaining() && channel.read(start) >= 0) {
            // a channel may give less than it has
        }
        channel.position(0);
        return Arrays.equals(start.array(), FILE);
    }

    private int[] positions(List<Field> fields, @Nullable List<String> chosen) {
        Map<String, Integer> byName = new LinkedHashMap<>();
        for (int i = 0; i < fields.size(); i++) {
            if (byName.put(fields.get(i).getName(), i) != null) {
                throw new BadFileException(
                        file,
                        "two columns called '" + fields.get(i).getName() + "'",
                        "different names",
                        "rename one of them");
            }
        }
        List<String> wanted = chosen == null ? List.copyOf(byName.keySet()) : chosen;
        for (String name : wanted) {
            if (!byName.containsKey(name)) {
                throw new BadFileException(
                        file, "no column '" + name + "'", "one of " + byName.keySet(), "check the name");
            }
        }
        if (wanted.stream().distinct().count() < wanted.size()) {
            throw new BadFileException(
                    file, "a column named twice among " + wanted, "different names", "name each once");
        }
        return wanted.stream().mapToInt(byName::get).toArray();
    }

    private ArrowText column(Field field, ArrowReader reader) {
        try {
            return ArrowText.of(field, reader);
        } catch (UnsupportedOperationException other) {
            throw new BadFileException(
                    file,
                    "column '" + field.getName() + "' of type " + field.getType(),
                    "numbers, truth values, text, dates or times",
                    "name the columns that are to be read",
                    other);
        }
    }

    @Override
    public List<String> names() {
        return names;
    }

    @Override
    public @Nullable String @Nullable [] next() {
        try {
            while (!closed && row == count) {
                if (!reader.loadNextBatch()) {
                    return null;
                }
                row = 0;
                count = checkedRows();
            }
            if (closed) {
                return null;
            }
            @Nullable String[] texts = new String[positions.length];
            for (int i = 0; i < texts.length; i++) {
                FieldVector vector = reader.getVectorSchemaRoot().getVector(positions[i]);
                String text = vector.isNull(row) ? null : columns.get(i).text(vector, row);
                texts[i] = text == null || text.isBlank() ? null : text.strip();
            }
            row++;
            return texts;
        } catch (IOException | RuntimeException | OutOfMemoryError failure) {
            throw failed(failure);
        }
    }

    private int checkedRows() throws IOException {
        int rows = reader.getVectorSchemaRoot().getRowCount();
        for (int position : positions) {
            FieldVector vector = reader.getVectorSchemaRoot().getVector(position);
            if (vector.getValueCount() != rows) {
                throw new BadFileException(
                        file,
                        "a batch of " + rows + " rows with " + vector.getValueCount() + " values in column '"
                                + vector.getName() + "'",
                        "as many",
                        "copy or write the file again");
            }
        }
        return rows;
    }

    private BadFileException failed(Throwable failure) {
        String reason = failure instanceof BadFileException
                ? ""
                : Objects.requireNonNullElse(
                        failure.getMessage(), failure.getClass().getSimpleName());
        if (reason.contains("DirectByteBuffer") || failure instanceof LinkageError) {
            return new BadFileException(
                    file,
                    "that Arrow's library can't start (" + reason + ")",
                    "the JVM's flag --add-opens=java.base/java.nio=ALL-UNNAMED",
                    "start Java with it",
                    failure);
        }
        return reason.contains("arrow-compression")
                ? new BadFileException(
                        file,
                        "packed batches",
                        "org.apache.arrow:arrow-compression on the class path",
                        "add it, or write the file without compression",
                        failure)
                : BadFileException.damaged(file, EXPECTED, failure);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            close(reader, memory, channel);
        }
    }

    /** A file that was only read loses nothing when closing it fails. */
    private static void close(@Nullable AutoCloseable... all) {
        for (AutoCloseable one : all) {
            try {
                if (one != null) {
                    one.close();
                }
            } catch (Exception ignored) {
                // what was read is complete
            }
        }
    }
}
