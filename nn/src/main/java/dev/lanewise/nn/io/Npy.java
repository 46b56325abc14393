package dev.lanewise.nn.io;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads and writes NumPy's {@code .npy} files: one array each. Versions 1.0 to 3.0 are read, either byte order and
 * either memory order; files are written little-endian, in C order, aligned to 64 bytes, in the lowest version that can
 * represent them.
 *
 * <p>The dtypes are {@code f2 f4 f8 i1 u1 i4 i8 b1}; of those that Lanewise doesn't have, {@code i2} and {@code u2} are
 * read as I32, and {@code u4} and {@code u8} as I64, where a number above 2^63 - 1 is refused. All others are refused
 * by name, and arrays of Python objects are never unpickled (<a
 * href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">the format's description</a>).
 */
public final class Npy {
    private Npy() {}

    /**
     * Reads a whole file into memory.
     *
     * @param file its path
     * @return the array
     * @throws BadFileException if it is missing, of another kind or dtype, truncated, or longer than its header says
     */
    public static TensorData read(Path file) {
        long bytes = InputLimits.length(file, NpyReader.KIND);
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            return NpyReader.read(file, in, bytes);
        } catch (UnsupportedElementsException unsupported) {
            throw unsupported.in(file);
        } catch (IOException failure) {
            throw BadFileException.unreadable(file, NpyReader.KIND, failure);
        }
    }

    /**
     * Writes a file, replacing it atomically.
     *
     * @param file the file to write
     * @param tensor the tensor to write
     * @throws IllegalArgumentException if the dtype is BF16, which NumPy does not have
     * @throws BadFileException if the file cannot be written; an old file is then unchanged
     */
    public static void write(Path file, TensorData tensor) {
        byte[] header = NpyHeader.of(tensor).encode();
        AtomicFile.write(file, channel -> {
            Safetensors.writeFully(channel, ByteBuffer.wrap(header));
            Safetensors.writeFully(channel, tensor.segment());
        });
    }
}
