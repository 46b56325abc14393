package dev.lanewise.nn.io;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * An open, memory-mapped safetensors file. Closing it invalidates every segment taken from it. It may be used by many
 * threads at once.
 */
public final class SafetensorsFile implements AutoCloseable {
    private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int PIECE_BYTES = 1 << 20;
    private static final String KIND = "a safetensors file";

    private final Path file;
    private final Arena arena;
    private final MemorySegment data;
    private final SafetensorsHeader header;

    private SafetensorsFile(Path file, Arena arena, MemorySegment data, SafetensorsHeader header) {
        this.file = file;
        this.arena = arena;
        this.data = data;
        this.header = header;
    }

    static SafetensorsFile open(Path file) {
        Arena arena = Arena.ofShared();
        try {
            MemorySegment mapped = map(file, arena);
            long headerBytes = headerBytes(file, mapped);
            MemorySegment data = mapped.asSlice(8 + headerBytes);
            SafetensorsHeader header =
                    SafetensorsHeader.parse(file, mapped.asSlice(8, headerBytes).asByteBuffer(), data.byteSize());
            return new SafetensorsFile(file, arena, data, header);
        } catch (RuntimeException failure) {
            arena.close();
            throw failure;
        }
    }

    private static MemorySegment map(Path file, Arena arena) {
        if (Files.isDirectory(file)) {
            throw new BadFileException(file, "a folder", KIND, "name a file inside it");
        }
        try (FileChannel channel = FileChannel.open(file)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        } catch (IOException failure) {
            throw BadFileException.unreadable(file, KIND, failure);
        }
    }

    private static long headerBytes(Path file, MemorySegment mapped) {
        long fileBytes = mapped.byteSize();
        if (fileBytes < 10) {
            throw new CheckpointException(
                    file,
                    "only " + fileBytes + " bytes",
                    KIND + " (at least 10)",
                    "the file is truncated or empty: copy, download or save it again");
        }
        long length = mapped.get(LENGTH, 0);
        String found = "a header length of " + Long.toUnsignedString(length);
        if (length < 0 || length > Safetensors.MAX_HEADER_BYTES) {
            throw new CheckpointException(
                    file,
                    found,
                    "at most " + Safetensors.MAX_HEADER_BYTES + " bytes",
                    "the file is not a safetensors file: check the path, or convert a PyTorch .pt file with"
                            + " safetensors.torch.save_file");
        }
        if (length > fileBytes - 8) {
            throw new CheckpointException(
                    file,
                    found,
                    "at most " + (fileBytes - 8) + ", the rest of the file",
                    "the file is truncated or not a safetensors file: copy, download or save it again");
        }
        if (length < 2 || mapped.get(ValueLayout.JAVA_BYTE, 8) != '{') {
            throw new CheckpointException(
                    file,
                    "a header that does not start with '{'",
                    "a JSON object",
                    "the file is not a safetensors file: check the path");
        }
        return length;
    }

    /** The names of the tensors, in the order of the header. */
    public Set<String> names() {
        return Collections.unmodifiableSet(header.entries().keySet());
    }

    /** The free-form metadata; empty when the file has none. */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(header.metadata());
    }

    /** Whether there is a tensor of this name. */
    public boolean contains(String name) {
        return header.entries().containsKey(name);
    }

    /**
     * A tensor, not copied: its segment lies in the mapped file and is valid until {@link #close}.
     *
     * @throws CheckpointException if there is none of this name
     * @throws IllegalStateException if the file is closed
     */
    public TensorData entry(String name) {
        SafetensorsHeader.Entry entry = header.entries().get(name);
        if (entry == null) {
            throw new CheckpointException(
                    file,
                    "no tensor '" + name + "' among " + names().size(),
                    "one of that name",
                    "list names() to see what the file holds");
        }
        MemorySegment segment = data.asSlice(entry.begin(), entry.end() - entry.begin());
        return new TensorData(entry.dtype(), entry.shape(), segment);
    }

    /**
     * Overwrites a tensor's elements with those of one of the file's, cast where the types differ. Where they don't, the
     * elements are read to where they stay, piece by piece and not through the mapping, whose pages would count as memory of
     * the process beside the tensor's own.
     *
     * @param target of the same shape, on any device
     * @throws CheckpointException if there is none of this name, it has another shape, or the file has become shorter
     */
    public void copyTo(String name, Tensor target) {
        TensorData entry = entry(name);
        if (!entry.shape().equals(target.shape())) {
            throw new CheckpointException(
                    file,
                    "'" + name + "' of shape " + entry.shape(),
                    target.shape() + ", that of the tensor to fill",
                    "give a tensor of the same shape");
        }
        boolean asItIs = entry.dtype() == target.dtype()
                && entry.dtype() != DType.BOOL
                && target.isContiguous()
                && ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
        try (var ignored = Scope.open("load")) {
            if (asItIs) {
                read(Objects.requireNonNull(header.entries().get(name)).begin(), target);
            } else {
                target.assign(entry.toTensor().to(target.dtype()).to(target.device()));
            }
        }
    }

    private void read(long begin, Tensor target) {
        Tensor elements = target.reshape(target.shape().elements());
        int perPiece = PIECE_BYTES / target.dtype().bytes();
        byte[] piece = new byte[(int) Math.min(PIECE_BYTES, target.spec().bytes())];
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            in.seek(in.length() - data.byteSize() + begin);
            for (long first = 0; first < elements.shape().elements(); first += perPiece) {
                Tensor part = elements.narrow(
                        0, first, Math.min(perPiece, elements.shape().elements() - first));
                int bytes = (int) part.spec().bytes();
                in.readFully(piece, 0, bytes);
                part.copyFrom(MemorySegment.ofArray(piece).asSlice(0, bytes));
            }
        } catch (IOException failure) {
            throw BadFileException.unreadable(file, KIND, failure);
        }
    }

    /** The path the file was opened by. */
    public Path file() {
        return file;
    }

    /** Unmaps the file; closing twice does nothing. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }

    @Override
    public String toString() {
        return file + " (" + names().size() + " tensors)";
    }
}
