package dev.lanewise.nn.io;

import dev.lanewise.nn.shared.ReadLimits;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Enumeration;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** Reads and writes NumPy's {@code .npz} files: ZIP archives with one {@code NAME.npy} for every array. */
public final class Npz {
    private static final String KIND = "a .npz file";
    private static final String SUFFIX = ".npy";
    private static final String COPY_AGAIN = "the file is truncated or damaged: copy or save it again";

    /** Deflate cannot compress more than this, so an entry's packed size bounds its content. */
    private static final long MAX_DEFLATE_RATIO = 1_032;

    /** The earliest time a ZIP archive can hold: the same arrays give the same file at any time. */
    private static final LocalDateTime TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

    private Npz() {}

    /**
     * Reads all arrays into memory, in the order of the archive; entries that are not {@code .npy} are skipped.
     *
     * @param file its path
     * @return the arrays by name, unmodifiable; those of a type that {@link Npy} doesn't read are left out, and asking
     *     for one of them throws a {@link BadFileException} that names its type
     * @throws BadFileException if the archive or an array is damaged, an array occurs twice, or the data is compressed
     *     more than {@link InputLimits} allows
     */
    public static Map<String, TensorData> read(Path file) {
        long fileBytes = InputLimits.length(file, KIND);
        try (LocalFile local = LocalFile.of(file);
                ZipFile zip = new ZipFile(local.file())) {
            NpzArrays arrays = new NpzArrays(file);
            long left = ReadLimits.unpacked(fileBytes);
            for (Enumeration<? extends ZipEntry> entries = zip.entries(); entries.hasMoreElements(); ) {
                ZipEntry entry = entries.nextElement();
                if (entry.getName().endsWith(SUFFIX)) {
                    String name = entry.getName().substring(0, entry.getName().length() - SUFFIX.length());
                    if (arrays.knows(name)) {
                        throw new BadFileException(
                                file, "the array '" + name + "' twice", "every name once", "save it again");
                    }
                    left = read(file, zip, entry, fileBytes, left, arrays, name);
                }
            }
            return arrays;
        } catch (ZipException | EOFException damaged) {
            String message = "a damaged ZIP archive (" + damaged.getMessage() + ")";
            throw new BadFileException(file, message, KIND, COPY_AGAIN, damaged);
        } catch (IOException failure) {
            throw BadFileException.unreadable(file, KIND, failure);
        }
    }

    /** Reads an array; returns what is left of the bytes that the archive may unpack to. */
    private static long read(
            Path file, ZipFile zip, ZipEntry entry, long fileBytes, long left, NpzArrays arrays, String name)
            throws IOException {
        String place = file + " (" + entry.getName() + ")";
        // The directory of a hostile archive may declare anything.
        long packed = Math.min(entry.getCompressedSize(), fileBytes);
        long atMost = Math.min(entry.getSize(), packed * MAX_DEFLATE_RATIO);
        if (atMost > left) {
            throw new BadFileException(
                    place,
                    "arrays that unpack to more than " + ReadLimits.unpacked(fileBytes) + " bytes",
                    "at most " + InputLimits.MOST_RATIO + " times the file's length",
                    "save it again without compression if it is to be trusted");
        }
        try (InputStream content = zip.getInputStream(entry)) {
            CheckedInputStream in = new CheckedInputStream(content, new CRC32());
            TensorData array = NpyReader.read(place, in, atMost);
            if (in.getChecksum().getValue() != entry.getCrc()) {
                throw new BadFileException(place, "a wrong CRC-32", "that of the archive's directory", COPY_AGAIN);
            }
            arrays.add(name, array);
            return left - array.segment().byteSize();
        } catch (UnsupportedElementsException unsupported) {
            arrays.addUnsupported(name, unsupported);
            return left;
        } catch (IllegalArgumentException hostile) {
            throw new BadFileException(place, "an entry that cannot be read", SUFFIX + " data", COPY_AGAIN, hostile);
        }
    }

    /**
     * Writes arrays, replacing the file atomically. Equal arguments give equal bytes; the arrays are ordered by name.
     *
     * @param file the file to write
     * @param arrays by name, without {@code .npy}
     * @param compress whether to deflate them, as {@code savez_compressed} does
     * @throws IllegalArgumentException if a dtype is BF16, which NumPy does not have
     * @throws BadFileException if the file cannot be written; an old file is then unchanged
     */
    public static void write(Path file, Map<String, TensorData> arrays, boolean compress) {
        Map<String, byte[]> headers = new TreeMap<>();
        arrays.forEach((name, array) -> headers.put(name, NpyHeader.of(array).encode()));
        AtomicFile.write(file, channel -> {
            // Not closed: that would close the channel before it has been forced to the disk.
            ZipOutputStream zip =
                    new ZipOutputStream(new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16));
            for (Map.Entry<String, TensorData> array : new TreeMap<>(arrays).entrySet()) {
                byte[] header = headers.getOrDefault(array.getKey(), new byte[0]);
                zip.putNextEntry(entry(array.getKey(), header, array.getValue().segment(), compress));
                zip.write(header);
                write(array.getValue().segment(), zip);
                zip.closeEntry();
            }
            zip.finish();
            zip.flush();
        });
    }

    private static ZipEntry entry(String name, byte[] header, MemorySegment data, boolean compress) throws IOException {
        ZipEntry entry = new ZipEntry(name + SUFFIX);
        entry.setTimeLocal(TIME);
        if (!compress) {
            CRC32 crc = new CRC32();
            crc.update(header);
            write(data, new OutputStream() {
                @Override
                public void write(int b) {
                    crc.update(b);
                }

                @Override
                public void write(byte[] bytes, int offset, int length) {
                    crc.update(bytes, offset, length);
                }
            });
            entry.setMethod(ZipEntry.STORED);
            entry.setSize(header.length + data.byteSize());
            entry.setCrc(crc.getValue());
        }
        return entry;
    }

    private static void write(MemorySegment data, OutputStream out) throws IOException {
        byte[] buffer = new byte[(int) Math.min(1 << 16, Math.max(1, data.byteSize()))];
        for (long position = 0; position < data.byteSize(); position += buffer.length) {
            int bytes = (int) Math.min(buffer.length, data.byteSize() - position);
            MappedMemory.copy(data, position, buffer, bytes);
            out.write(buffer, 0, bytes);
        }
    }
}
