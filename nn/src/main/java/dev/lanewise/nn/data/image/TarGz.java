package dev.lanewise.nn.data.image;

import dev.lanewise.nn.internal.LimitedInputStream;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.InputLimits;
import dev.lanewise.nn.shared.ReadLimits;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Reads chosen files from a gzipped tar archive into memory; nothing is unpacked to disk. Plain ustar entries, the kind
 * that data sets use, are read; extension records are skipped.
 */
final class TarGz {
    private static final String KIND = "a gzipped tar archive";
    private static final String COPY_AGAIN = "the file is damaged: copy or download it again";
    private static final int BLOCK = 512;

    private TarGz() {}

    /**
     * Reads the regular files whose name is wanted.
     *
     * @param maxBytes how long a wanted file may be
     * @return the files' content by name, in the archive's order
     * @throws BadFileException if the archive is missing, truncated or damaged anywhere, holds a wanted file twice, or
     *     is compressed more than {@link InputLimits} allows
     */
    static Map<String, byte[]> read(Path archive, Predicate<String> wanted, int maxBytes) {
        long fileBytes = InputLimits.length(archive, KIND);
        try (InputStream file = new BufferedInputStream(Files.newInputStream(archive), 1 << 16);
                InputStream unpacked = new GZIPInputStream(file, 1 << 16);
                InputStream in = new LimitedInputStream(archive, unpacked, ReadLimits.unpacked(fileBytes))) {
            Map<String, byte[]> files = new LinkedHashMap<>();
            long total = 0;
            for (byte[] header = block(archive, in); !isEnd(header); header = block(archive, in)) {
                long size = size(archive, header);
                String name = name(header);
                boolean regular = header[156] == '0' || header[156] == 0;
                if (regular && wanted.test(name)) {
                    total += Math.min(size, maxBytes);
                    // The caller goes on to turn the unpacked files into something else.
                    ReadLimits.checkHeap(archive, 2 * total);
                    if (files.put(name, content(archive, in, name, size, maxBytes)) != null) {
                        throw new BadFileException(
                                archive, "the file '" + name + "' twice", "every file once", "pack it again");
                    }
                } else {
                    skip(archive, in, size);
                }
                skip(archive, in, Math.floorMod(-size, BLOCK));
            }
            // gzip's checksum, which covers all files, is compared at its end.
            while (in.skip(1 << 16) > 0 || in.read() >= 0) {
                // what follows the end mark is padding
            }
            return files;
        } catch (ZipException | EOFException damaged) {
            throw new BadFileException(
                    archive,
                    "gzip data that ends early or is corrupt (" + damaged.getMessage() + ")",
                    KIND,
                    COPY_AGAIN,
                    damaged);
        } catch (IOException failure) {
            throw BadFileException.unreadable(archive, KIND, failure);
        }
    }

    private static byte[] block(Path archive, InputStream in) throws IOException {
        byte[] block = in.readNBytes(BLOCK);
        if (block.length < BLOCK) {
            throw new BadFileException(archive, "no end mark", "two empty blocks at the end", COPY_AGAIN);
        }
        return block;
    }

    private static boolean isEnd(byte[] header) {
        for (byte b : header) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    private static long size(Path archive, byte[] header) {
        long expected = octal(header, 148, 8);
        long sum = 0;
        for (int i = 0; i < BLOCK; i++) {
            // The checksum counts its own eight bytes as spaces.
            sum += i >= 148 && i < 156 ? ' ' : header[i] & 0xff;
        }
        long size = octal(header, 124, 12);
        if (sum != expected || size < 0) {
            throw new BadFileException(
                    archive, "a tar header with a wrong checksum or size", KIND + " in ustar format", COPY_AGAIN);
        }
        return size;
    }

    /** An octal number that ends at a space or zero byte; -1 if it is not one. */
    private static long octal(byte[] header, int offset, int length) {
        long value = 0;
        boolean any = false;
        for (int i = offset; i < offset + length; i++) {
            int digit = header[i] - '0';
            if (digit >= 0 && digit < 8) {
                value = value * 8 + digit;
                any = true;
            } else if (any || header[i] != ' ') {
                return any && (header[i] == ' ' || header[i] == 0) ? value : -1;
            }
        }
        return any ? value : -1;
    }

    private static String name(byte[] header) {
        boolean ustar = new String(header, 257, 5, StandardCharsets.US_ASCII).equals("ustar");
        String prefix = ustar ? text(header, 345, 155) : "";
        return prefix.isEmpty() ? text(header, 0, 100) : prefix + "/" + text(header, 0, 100);
    }

    private static String text(byte[] header, int offset, int length) {
        int end = offset;
        while (end < offset + length && header[end] != 0) {
            end++;
        }
        return new String(header, offset, end - offset, StandardCharsets.UTF_8);
    }

    private static byte[] content(Path archive, InputStream in, String name, long size, int maxBytes)
            throws IOException {
        if (size > maxBytes) {
            throw new BadFileException(
                    archive + " (" + name + ")", size + " bytes", "at most " + maxBytes, "check the archive");
        }
        byte[] content = in.readNBytes((int) size);
        if (content.length < size) {
            throw new BadFileException(
                    archive + " (" + name + ")", content.length + " bytes", size + " bytes", COPY_AGAIN);
        }
        return content;
    }

    private static void skip(Path archive, InputStream in, long bytes) throws IOException {
        try {
            in.skipNBytes(bytes);
        } catch (EOFException early) {
            throw new BadFileException(archive, "an end within a file", KIND, COPY_AGAIN, early);
        }
    }
}
