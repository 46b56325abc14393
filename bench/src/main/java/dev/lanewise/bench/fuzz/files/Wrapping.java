package dev.lanewise.bench.fuzz.files;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Makes mutated content look valid again, so that a reader gets past its first checksum. */
@FunctionalInterface
interface Wrapping {
    byte[] wrap(byte[] content);

    /** A reader without checksums. */
    static byte[] nothing(byte[] content) {
        return content;
    }

    static byte[] gzip(byte[] content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(bytes)) {
            out.write(content);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return bytes.toByteArray();
    }

    /** An archive of the content and a valid array. */
    static byte[] npz(byte[] content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("mutated.npy"));
            zip.write(content);
            zip.putNextEntry(new ZipEntry("good.npy"));
            zip.write(Seeds.ARRAY);
            zip.closeEntry();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return bytes.toByteArray();
    }

    /** Headers of a tar archive with the right checksums. */
    static byte[] tar(byte[] content) {
        byte[] fixed = content.clone();
        int position = 0;
        while (position >= 0 && position + 512 <= fixed.length && fixed[position] != 0) {
            int sum = 0;
            for (int i = 0; i < 512; i++) {
                sum += i >= 148 && i < 156 ? ' ' : fixed[position + i] & 0xff;
            }
            for (int i = 0; i < 6; i++) {
                fixed[position + 148 + i] = (byte) ('0' + (sum >> 3 * (5 - i) & 7));
            }
            long size = 0;
            for (int i = 124; i < 135; i++) {
                size = size * 8 + (fixed[position + i] & 7);
            }
            long next = position + 512 + (size + 511) / 512 * 512;
            position = next > fixed.length ? -1 : (int) next;
        }
        return gzip(fixed);
    }

    /** Chunks of a PNG file with the right checksums. */
    static byte[] png(byte[] content) {
        byte[] fixed = content.clone();
        ByteBuffer chunks = ByteBuffer.wrap(fixed);
        int position = 8;
        while (position + 12 <= fixed.length) {
            int length = chunks.getInt(position);
            if (length < 0 || length > fixed.length - position - 12) {
                break;
            }
            CRC32 crc = new CRC32();
            crc.update(fixed, position + 4, length + 4);
            chunks.putInt(position + 8 + length, (int) crc.getValue());
            position += 12 + length;
        }
        return fixed;
    }
}
