package dev.lanewise.nn.io;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorSpec;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Reads and writes the safetensors format, byte for byte exchangeable with PyTorch's and Hugging Face's libraries.
 *
 * <p>A file is an 8-byte little-endian header length, a JSON header padded with spaces to a multiple of 8, and the
 * tensors' bytes back to back (<a href="https://github.com/huggingface/safetensors">the format's description</a>).
 *
 * <pre>{@code
 * Safetensors.write(file, Map.of("weight", TensorData.of(new float[6], 2, 3)), Map.of("epoch", "3"));
 * try (SafetensorsFile checkpoint = Safetensors.open(file)) {
 *     float[] weight = checkpoint.entry("weight").toFloatArray();
 * }
 * }</pre>
 */
public final class Safetensors {
    /** The longest header that is read or written, in bytes: the limit of the reference implementation. */
    public static final long MAX_HEADER_BYTES = 100_000_000;

    private static final int COPY_BYTES = 1 << 18;

    private Safetensors() {}

    /**
     * Maps a file into memory and checks its whole header; the tensors' bytes are read when they are used.
     *
     * @param file its path
     * @return the file, to be closed
     * @throws CheckpointException if the file is not a whole and consistent safetensors file of supported dtypes
     * @throws BadFileException if it cannot be read
     */
    public static SafetensorsFile open(Path file) {
        return SafetensorsFile.open(file);
    }

    /**
     * Writes tensors without metadata; see {@link #write(Path, Map, Map)}.
     *
     * @param file the file to write
     * @param tensors by name
     * @throws BadFileException if the file cannot be written
     */
    public static void write(Path file, Map<String, TensorData> tensors) {
        write(file, tensors, Map.of());
    }

    /**
     * Writes tensors and metadata, replacing the file atomically. Equal arguments give equal bytes: tensors are
     * ordered by element size, widest first (so every tensor is aligned to its element), then by name; metadata by
     * key.
     *
     * @param file the file to write
     * @param tensors by name
     * @param metadata texts by name
     * @throws IllegalArgumentException if a tensor is called {@code __metadata__} or the header would be too long
     * @throws BadFileException if the file cannot be written; an old file is then unchanged
     */
    public static void write(Path file, Map<String, TensorData> tensors, Map<String, String> metadata) {
        List<Part> parts = new ArrayList<>();
        tensors.forEach((name, data) -> parts.add(new Part(
                name, new TensorSpec(data.dtype(), data.shape()), channel -> writeFully(channel, data.segment()))));
        write(file, parts, metadata);
    }

    /**
     * Writes tensors, from whatever device they are on, and metadata as {@link #write(Path, Map, Map)} does. They are copied
     * piece by piece while they are written, so that the process never holds them twice; nothing may change them meanwhile.
     *
     * @param file the file to write
     * @param tensors by name
     * @param metadata texts by name
     * @throws IllegalArgumentException if a tensor is called {@code __metadata__} or the header would be too long
     * @throws BadFileException if the file cannot be written; an old file is then unchanged
     */
    public static void writeTensors(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
        List<Part> parts = new ArrayList<>();
        tensors.forEach(
                (name, tensor) -> parts.add(new Part(name, tensor.spec(), channel -> writeFully(channel, tensor))));
        write(file, parts, metadata);
    }

    /**
     * A tensor to be written.
     *
     * @param elements writes as many bytes as the type and shape have
     */
    record Part(String name, TensorSpec spec, Elements elements) {}

    /** Where a tensor's elements come from. */
    @FunctionalInterface
    interface Elements {
        /** Writes all of them. */
        void writeTo(WritableByteChannel channel) throws IOException;
    }

    private static void write(Path file, List<Part> parts, Map<String, String> metadata) {
        List<Part> ordered = parts.stream()
                .sorted(Comparator.comparingInt(
                                (Part part) -> -part.spec().dtype().bytes())
                        .thenComparing(Part::name))
                .toList();
        byte[] header = SafetensorsHeader.encode(ordered, metadata);
        if (header.length > MAX_HEADER_BYTES) {
            throw new IllegalArgumentException("safetensors: found a header of " + header.length
                    + " bytes; expected at most " + MAX_HEADER_BYTES + "; write fewer tensors or less metadata");
        }
        AtomicFile.write(file, channel -> {
            ByteBuffer start = ByteBuffer.allocate(8 + header.length).order(ByteOrder.LITTLE_ENDIAN);
            writeFully(channel, start.putLong(header.length).put(header).flip());
            for (Part part : ordered) {
                part.elements().writeTo(channel);
            }
        });
    }

    private static void writeFully(WritableByteChannel channel, Tensor tensor) throws IOException {
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            writeFully(channel, TensorData.of(tensor).segment());
            return;
        }
        long count = tensor.shape().elements();
        int width = tensor.dtype().bytes();
        int perPiece = COPY_BYTES / width;
        byte[] copy = new byte[(int) Math.min(perPiece, count) * width];
        try (var ignored = Scope.open("save")) {
            Tensor elements = Autograd.detach(tensor).contiguous().reshape(count);
            for (long first = 0; first < count; first += perPiece) {
                int bytes = (int) Math.min(perPiece, count - first) * width;
                elements.narrow(0, first, bytes / width)
                        .copyTo(MemorySegment.ofArray(copy).asSlice(0, bytes));
                writeFully(channel, ByteBuffer.wrap(copy, 0, bytes));
            }
        }
    }

    static void writeFully(WritableByteChannel channel, MemorySegment segment) throws IOException {
        byte[] copy = new byte[(int) Math.min(COPY_BYTES, segment.byteSize())];
        for (long offset = 0; offset < segment.byteSize(); offset += copy.length) {
            int bytes = (int) Math.min(copy.length, segment.byteSize() - offset);
            MappedMemory.copy(segment, offset, copy, bytes);
            writeFully(channel, ByteBuffer.wrap(copy, 0, bytes));
        }
    }

    static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
