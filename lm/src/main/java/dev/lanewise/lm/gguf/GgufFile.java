package dev.lanewise.lm.gguf;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.InputLimits;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * An open, memory-mapped GGUF file, of version 2 or 3. Its whole header is checked when it is opened; tensors are read
 * on demand. Closing it invalidates every segment taken from it.
 *
 * <pre>{@code
 * try (GgufFile file = GgufFile.open(Path.of("model.gguf"))) {
 *     System.out.println(file.metadata().get("general.architecture"));
 *     Tensor embeddings = file.read("token_embd.weight");
 * }
 * }</pre>
 */
public final class GgufFile implements AutoCloseable {
    private static final String KIND = "a GGUF file";
    private static final int PIECE = 1 << 20;

    private final Path file;
    private final Arena arena;
    private final GgufHeader header;
    private final MemorySegment data;

    /**
     * A tensor as it is stored in the file, in blocks.
     *
     * @param type how its numbers are stored
     * @param shape rows first: the reverse of ggml's order
     * @param data its blocks, in the mapped file
     */
    public record Stored(BlockType type, Shape shape, MemorySegment data) {
        /** Holds the given values, none of which may be null. */
        public Stored {
            Objects.requireNonNull(type, "type");
            Objects.requireNonNull(shape, "shape");
            Objects.requireNonNull(data, "data");
        }
    }

    private GgufFile(Path file, Arena arena, GgufHeader header, MemorySegment data) {
        this.file = file;
        this.arena = arena;
        this.header = header;
        this.data = data;
    }

    /**
     * Maps a file and checks its header.
     *
     * @param file the file's path
     * @return the open file
     * @throws BadFileException if it is not a whole and consistent GGUF file
     */
    public static GgufFile open(Path file) {
        return open(file, Arena.ofShared());
    }

    /**
     * Maps a file that is never closed: its memory is released when nothing taken from it is referenced any more.
     *
     * @param file the file's path
     * @return the open file
     * @throws BadFileException if the file is missing, damaged, or not a .gguf file
     */
    public static GgufFile openForever(Path file) {
        return open(file, Arena.ofAuto());
    }

    private static GgufFile open(Path file, Arena arena) {
        InputLimits.length(file, KIND);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            GgufHeader header = GgufHeader.read(file, mapped);
            return new GgufFile(file, arena, header, mapped.asSlice(header.dataStart()));
        } catch (IOException failure) {
            close(arena);
            throw BadFileException.unreadable(file, KIND, failure);
        } catch (InternalError cut) {
            close(arena);
            throw BadFileException.truncated(file, cut);
        } catch (RuntimeException | Error failure) {
            close(arena);
            throw failure;
        }
    }

    /** {@return the path that the file was opened by} */
    public Path file() {
        return file;
    }

    /**
     * {@return the settings by name: Boolean, Long, Double, String, or a List of them} An unsigned 64-bit number above
     * 2^63 - 1 appears as a negative one.
     */
    public Map<String, Object> metadata() {
        return Collections.unmodifiableMap(header.metadata());
    }

    /**
     * {@return a text among the settings, if present}
     *
     * @param name the name
     */
    public Optional<String> text(String name) {
        return Optional.ofNullable(header.metadata().get(name) instanceof String text ? text : null);
    }

    /** {@return the names of the tensors, in the file's order} */
    public Set<String> names() {
        return Collections.unmodifiableSet(header.tensors().keySet());
    }

    /**
     * {@return a tensor as it is stored}
     *
     * @param name the name
     * @throws BadFileException if there is none of that name
     */
    public Stored stored(String name) {
        GgufHeader.Entry entry = header.tensors().get(name);
        if (entry == null) {
            throw new BadFileException(
                    file, "no tensor '" + name + "'", "one of that name", "look at names() for what there is");
        }
        return new Stored(
                entry.type(),
                entry.shape(),
                data.asSlice(entry.offset(), entry.type().bytes(entry.shape().elements())));
    }

    /**
     * {@return a tensor widened to F32, on the CPU; it does not depend on the file}
     *
     * @param name the name
     * @throws TensorException if the file is closed
     */
    public Tensor read(String name) {
        Stored stored = stored(name);
        BlockType type = stored.type;
        Tensor target = Tensor.zeros(stored.shape.toArray());
        Tensor flat = target.reshape(stored.shape.elements());
        long blocks = stored.shape.elements() / type.elements();
        int perPiece = Math.max(1, PIECE / type.elements());
        try {
            for (long first = 0; first < blocks; first += perPiece) {
                int count = (int) Math.min(perPiece, blocks - first);
                float[] values = new float[count * type.elements()];
                type.unpack(stored.data, first * type.bytes(), values, 0, count);
                flat.narrow(0, first * type.elements(), values.length).copyFrom(MemorySegment.ofArray(values));
            }
        } catch (InternalError fault) {
            throw BadFileException.truncated(file, fault);
        } catch (IllegalStateException closed) {
            throw new TensorException("gguf: " + file + " is closed (expected it open); read tensors before", closed);
        }
        return target;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            close(arena);
        }
    }

    private static void close(Arena arena) {
        try {
            arena.close();
        } catch (UnsupportedOperationException forever) {
            // the collector gives it back
        }
    }
}
