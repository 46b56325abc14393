package dev.lanewise.distributed;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** Copies tensors and files of one rank to the others. */
final class Shipping {
    private static final int PIECE = 8 << 20;

    private final Courier courier;

    Shipping(Courier courier) {
        this.courier = courier;
    }

    /** A tensor of the root, on all ranks; all have one of its type and shape. */
    Tensor of(Tensor like, int root) {
        return of(like.dtype(), like.shape(), like, root);
    }

    /** A tensor of the root, whose type and shape the others know. */
    Tensor of(DType type, Shape shape, @Nullable Tensor mine, int root) {
        long bytes = shape.elements() * type.bytes();
        MemorySegment data = Arena.ofAuto().allocate(Math.max(1, bytes), 64).asSlice(0, bytes);
        if (courier.rank() == root && mine != null) {
            mine.copyTo(data);
        }
        courier.broadcast(data, root);
        return Tensor.of(data, type, shape.toArray());
    }

    /** Copies a file of the root to a new file of each other rank. */
    void file(Path file, int root) {
        boolean sends = courier.rank() == root;
        try (FileChannel channel = sends
                        ? FileChannel.open(file, StandardOpenOption.READ)
                        : FileChannel.open(
                                file,
                                StandardOpenOption.CREATE,
                                StandardOpenOption.TRUNCATE_EXISTING,
                                StandardOpenOption.WRITE);
                Arena arena = Arena.ofShared()) {
            long size = (long) courier.sums(sends ? channel.size() : 0).get()[0];
            MemorySegment memory = arena.allocate(PIECE);
            for (long from = 0; from < size; from += PIECE) {
                MemorySegment piece = memory.asSlice(0, Math.min(PIECE, size - from));
                if (sends) {
                    fill(channel, piece.asByteBuffer());
                }
                courier.broadcast(piece, root);
                if (!sends) {
                    drain(channel, piece.asByteBuffer());
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("sending " + file + ": " + e.getMessage(), e);
        }
    }

    private static void fill(FileChannel channel, ByteBuffer piece) throws IOException {
        while (piece.hasRemaining()) {
            if (channel.read(piece) < 0) {
                throw new IOException("it became shorter meanwhile");
            }
        }
    }

    private static void drain(FileChannel channel, ByteBuffer piece) throws IOException {
        while (piece.hasRemaining()) {
            channel.write(piece);
        }
    }
}
