package dev.lanewise.nn.io;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.shared.ReadLimits;
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
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * An open, memory-mapped safetensors file. Closing it invalidates every segment taken from it. It may be used by many
 * threads at once. A file that is not on a disk (in an archive or in object storage, by its {@link
 * java.nio.file.FileSystem}) is first copied to the system's temporary files.
 */
public final class SafetensorsFile implements AutoCloseable {
    private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int PIECE_BYTES = 1 << 20;
    private static final String KIND = "a safetensors file";

    private final Path file;
    private final LocalFile local;
    private final RandomAccessFile opened;
    private final Arena arena;
    private final MemorySegment data;
    private final long length;
    private final SafetensorsHeader header;
    private final AtomicBoolean closed = new AtomicBoolean();

    private SafetensorsFile(
            Path file,
            LocalFile local,
            RandomAccessFile opened,
            Arena arena,
            MemorySegment data,
            long length,
            SafetensorsHeader header) {
        this.file = file;
        this.local = local;
        this.opened = opened;
        this.arena = arena;
        this.data = data;
        this.length = length;
        this.header = header;
    }

    static SafetensorsFile open(Path file) {
        InputLimits.length(file, KIND);
        Arena arena = Arena.ofShared();
        LocalFile local = null;
        RandomAccessFile opened = null;
        try {
            local = LocalFile.of(file);
            // Not through its own channel, which an interrupt would close.
            opened = new RandomAccessFile(local.file(), "r");
            MemorySegment mapped = map(opened, arena);
            byte[] header = header(file, mapped);
            MemorySegment data = mapped.asSlice(8 + header.length);
            return new SafetensorsFile(
                    file,
                    local,
                    opened,
                    arena,
                    data,
                    mapped.byteSize(),
                    SafetensorsHeader.parse(file, header, data.byteSize()));
        } catch (IOException failure) {
            close(arena, opened, local);
            throw BadFileException.unreadable(file, KIND, failure);
        } catch (RuntimeException | Error failure) {
            close(arena, opened, local);
            throw failure;
        }
    }

    private static MemorySegment map(RandomAccessFile opened, Arena arena) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            FileChannel channel = opened.getChannel();
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void close(Arena arena, @Nullable RandomAccessFile opened, @Nullable LocalFile local) {
        arena.close();
        try (LocalFile copy = local) {
            if (opened != null) {
                opened.close();
            }
        } catch (IOException unimportant) {
            // It was only read.
        }
    }

    /** The header's bytes, copied: the file may change. */
    private static byte[] header(Path file, MemorySegment mapped) {
        long bytes = MappedMemory.read(mapped, () -> headerBytes(file, mapped));
        ReadLimits.checkHeap(file, SafetensorsHeader.HEAP_PER_BYTE * bytes);
        byte[] header = new byte[(int) bytes];
        if (bytes > 0) {
            MappedMemory.copy(mapped.asSlice(8), 0, header, header.length);
        }
        return header;
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

    /** {@return the names of the tensors, in the order of the header} */
    public Set<String> names() {
        return Collections.unmodifiableSet(header.entries().keySet());
    }

    /** {@return the free-form metadata; empty when the file has none} */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(header.metadata());
    }

    /**
     * {@return whether there is a tensor of this name}
     *
     * @param name the name of a tensor in the file
     */
    public boolean contains(String name) {
        return header.entries().containsKey(name);
    }

    /**
     * A tensor. Its segment lies in the mapped file and is valid until {@link #close}; only the types that Lanewise
     * doesn't have are copied and widened: F8_E4M3 and F8_E5M2 to F32, I16 and U16 to I32, U32 and U64 to I64.
     *
     * @param name the name of a tensor in the file
     * @return the tensor
     * @throws CheckpointException if there is none with this name, if it is of another type, which the message names,
     *     if a U64 is above 2^63 - 1, or if the file has been truncated since it was opened
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
        if (closed.get()) {
            throw new IllegalStateException(
                    "safetensors: found " + file + " closed; expected it open; take its tensors before closing it");
        }
        checkLength();
        MemorySegment segment = data.asSlice(entry.begin(), entry.end() - entry.begin());
        try {
            return entry.type().read("tensor '" + name + "'", entry.shape(), segment);
        } catch (UnsupportedElementsException unsupported) {
            throw unsupported.inCheckpoint(file);
        }
    }

    /** Reports a file that has become shorter; a later truncation is found by the reader of the tensor. */
    private void checkLength() {
        long now;
        try {
            now = opened.length();
        } catch (IOException closedMeanwhile) {
            return;
        }
        if (now < length) {
            throw new CheckpointException(
                    file,
                    now + " bytes",
                    length + ", as when it was opened",
                    "open it again, and replace files by moving others over them");
        }
    }

    /**
     * Overwrites a tensor's elements with those of one of the file's, cast where the types differ. They are read piece by
     * piece and not through the mapping, whose pages would count as memory of the process in addition to the tensor's own.
     * Only of types that Lanewise doesn't have, and for targets that are not contiguous, is a whole copy made.
     *
     * @param name the name of a tensor in the file
     * @param target of the same shape, on any device
     * @throws CheckpointException if there is none with this name, it has another shape, or the file has become shorter
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
        SafetensorsHeader.Entry stored = Objects.requireNonNull(header.entries().get(name));
        boolean inPieces = entry.dtype() != DType.BOOL
                && stored.type().equals(StoredType.of(entry.dtype()))
                && target.isContiguous()
                && ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
        try (var ignored = Scope.open("load")) {
            if (inPieces) {
                read(stored.begin(), entry.dtype(), target);
            } else {
                target.assign(entry.toTensor().to(target.dtype()).to(target.device()));
            }
        }
    }

    private void read(long begin, DType dtype, Tensor target) {
        long count = target.shape().elements();
        Tensor elements = Autograd.detach(target).reshape(count);
        int perPiece = PIECE_BYTES / dtype.bytes();
        byte[] piece = new byte[(int) Math.min(perPiece, count) * dtype.bytes()];
        try (RandomAccessFile in = new RandomAccessFile(local.file(), "r")) {
            in.seek(in.length() - data.byteSize() + begin);
            for (long first = 0; first < count; first += perPiece) {
                int length = (int) Math.min(perPiece, count - first);
                in.readFully(piece, 0, length * dtype.bytes());
                fill(
                        elements.narrow(0, first, length),
                        MemorySegment.ofArray(piece).asSlice(0, (long) length * dtype.bytes()),
                        dtype);
            }
        } catch (IOException failure) {
            throw BadFileException.unreadable(file, KIND, failure);
        }
    }

    private static void fill(Tensor part, MemorySegment elements, DType dtype) {
        if (dtype == part.dtype()) {
            part.copyFrom(elements);
            return;
        }
        try (var ignored = Scope.open("piece")) {
            part.assign(Tensor.of(elements, dtype, part.shape().elements())
                    .to(part.dtype())
                    .to(part.device()));
        }
    }

    /** {@return the path that the file was opened by} */
    public Path file() {
        return file;
    }

    /**
     * Unmaps the file; closing twice does nothing. A thread that is reading one of its tensors gets an {@link
     * IllegalStateException}.
     *
     * @throws IllegalStateException if a system call is using one; try again when it has returned
     */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            try {
                close(arena, opened, local);
            } catch (IllegalStateException inUse) {
                closed.set(false);
                throw inUse;
            }
        }
    }

    @Override
    public String toString() {
        return file + " (" + names().size() + " tensors)";
    }
}
