package dev.lanewise.nn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.nn.data.image.Cifar10;
import dev.lanewise.nn.data.image.Idx;
import dev.lanewise.nn.data.image.Image;
import dev.lanewise.nn.data.image.ImageFiles;
import dev.lanewise.nn.data.image.ImageFolder;
import dev.lanewise.nn.data.image.ImageSplit;
import dev.lanewise.nn.data.image.LabeledImages;
import dev.lanewise.nn.data.text.TextFiles;
import dev.lanewise.nn.io.BadFileException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostileDataTest {
    @TempDir
    Path folder;

    @Test
    void aCutJpegIsRefused() throws IOException {
        for (boolean progressive : new boolean[] {false, true}) {
            byte[] whole = jpeg(200, 150, progressive);
            Path file = Files.write(folder.resolve("a.jpg"), whole);
            assertThat(ImageFiles.read(file).width()).isEqualTo(200);
            for (int percent = 5; percent < 100; percent += 5) {
                Files.write(file, Arrays.copyOf(whole, whole.length * percent / 100));
                assertThatThrownBy(() -> ImageFiles.read(file))
                        .as("%d%%", percent)
                        .isInstanceOf(BadFileException.class);
            }
            Files.write(file, Arrays.copyOf(whole, whole.length - 2));
            assertRefused(() -> ImageFiles.read(file), "expected a JPEG or PNG image");
        }
    }

    @Test
    void anyFlippedBitOfAPngAndAnyCutIsRefused() throws IOException {
        byte[] whole = ImageFiles.png(new Image(3, 6, 5));
        Path file = folder.resolve("a.png");
        for (int bit = 0; bit < 8 * whole.length; bit++) {
            byte[] flipped = whole.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(file, flipped);
            assertThatThrownBy(() -> ImageFiles.read(file)).as("bit %d", bit).isInstanceOf(BadFileException.class);
        }
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> ImageFiles.read(file)).isInstanceOf(BadFileException.class);
        }
    }

    @Test
    void otherFormatsAreRefusedWhateverTheirName() throws IOException {
        for (String format : List.of("bmp", "gif", "tiff")) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            ImageIO.write(new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB), format, bytes);
            Path file = Files.write(folder.resolve("a.png"), bytes.toByteArray());
            assertRefused(() -> ImageFiles.read(file), "neither a JPEG nor a PNG signature");
        }
        // A JPEG that is called PNG is still one, as Pillow has it.
        assertThat(ImageFiles.read(Files.write(folder.resolve("a.png"), jpeg(4, 4, false)))
                        .height())
                .isEqualTo(4);
    }

    /** 274 bytes: an image of one row would grow by its whole length when its shorter side is scaled. */
    @Test
    void aLongStripTakesNoMoreThanItsCrop() throws IOException {
        Path strip = Files.createDirectories(folder.resolve("a")).resolve("strip.png");
        Files.write(strip, ImageFiles.png(new Image(1, 1, 100_000)));
        LabeledImages images = ImageFolder.open(folder).readAll(64);
        assertThat(images.size()).isEqualTo(1);
        Image other = new Image(3, 7, 31);
        for (int i = 0; i < other.values().length; i++) {
            other.values()[i] = i % 17 / 16f;
        }
        for (int side : new int[] {1, 3, 7, 20}) {
            assertThat(other.resizeAndCenterCrop(side).values())
                    .containsExactly(
                            other.resizeShorterSide(side).centerCrop(side, side).values());
            Image tall = other.resize(31, 7);
            assertThat(tall.resizeAndCenterCrop(side).values())
                    .containsExactly(
                            tall.resizeShorterSide(side).centerCrop(side, side).values());
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Image(3, 1, 100_000).resizeShorterSide(4096))
                .withMessageContaining("expected each at least 1");
    }

    @Test
    void aTinyFileDoesNotMakeAHugeImage() throws IOException {
        Path file = Files.write(folder.resolve("a.png"), blankPng(9_000, 9_000));
        assertThat(Files.size(file)).isLessThan(200_000);
        assertRefused(() -> ImageFiles.read(file), "an image of 81000000 pixels in ");
    }

    @Test
    void aProgressiveJpegOfHundredsOfScansIsRefused() throws IOException {
        byte[] whole = jpeg(64, 64, true);
        int scan = indexOf(whole, 0xda, 0);
        int next = indexOf(whole, 0xda, scan + 2);
        ByteArrayOutputStream many = new ByteArrayOutputStream();
        many.write(whole, 0, scan);
        for (int i = 0; i < 400; i++) {
            many.write(whole, scan, next - scan);
        }
        many.write(whole, next, whole.length - next);
        Path file = Files.write(folder.resolve("a.jpg"), many.toByteArray());
        assertRefused(() -> ImageFiles.read(file), "scans; expected at most 100 scans");
        assertThat(ImageFiles.read(Files.write(folder.resolve("b.jpg"), whole)).width())
                .isEqualTo(64);
    }

    @Test
    void oneBadImageOfAnyKindIsPassedOver() throws Exception {
        Path images = Files.createDirectories(folder.resolve("set/a"));
        Files.write(images.resolve("0.png"), ImageFiles.png(new Image(3, 4, 4)));
        Files.write(images.resolve("1.png"), blankPng(9_000, 9_000));
        Files.write(images.resolve("2.jpg"), Arrays.copyOf(jpeg(32, 32, false), 600));
        Files.writeString(images.resolve("3.png"), "GIF89a");
        List<BadFileException> skipped = new ArrayList<>();
        assertThat(ImageFolder.open(folder.resolve("set"))
                        .readAll(4, skipped::add)
                        .size())
                .isEqualTo(1);
        assertThat(skipped).hasSize(3);
    }

    @Test
    void linksToClassesAreFollowedAndLoopsAreNot() throws IOException {
        Path real = Files.createDirectories(folder.resolve("elsewhere/deep"));
        Files.write(real.resolve("1.png"), ImageFiles.png(new Image(3, 4, 4)));
        Path root = Files.createDirectories(folder.resolve("set"));
        Files.createSymbolicLink(root.resolve("linked"), folder.resolve("elsewhere"));
        Files.createSymbolicLink(real.resolve("loop"), folder.resolve("elsewhere"));
        Files.createSymbolicLink(real.resolve("dangling.png"), Path.of("none.png"));
        ImageFolder images = ImageFolder.open(root);
        assertThat(images.classes()).containsExactly("linked");
        assertThat(images.size()).isEqualTo(1);
    }

    @Test
    void aFolderThatMayNotBeReadIsNamed() throws IOException {
        Path locked = Files.createDirectories(folder.resolve("set/a/locked"));
        Files.write(folder.resolve("set/a/1.png"), ImageFiles.png(new Image(3, 4, 4)));
        Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("---------"));
        try {
            assumeTrue(!Files.isReadable(locked), "the user may read everything");
            assertRefused(() -> ImageFolder.open(folder.resolve("set")), "locked");
        } finally {
            Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("rwx------"));
        }
    }

    @Test
    void everyFlippedBitAndEveryCutOfAnArchiveIsRefusedOrChangesNothing() throws IOException {
        byte[] whole = archive();
        Path file = folder.resolve("cifar-10-binary.tar.gz");
        Files.write(file, whole);
        byte[] pixels = pixels(Cifar10.read(file));
        int accepted = 0;
        for (int bit = 80; bit < 8 * whole.length; bit += 31) {
            byte[] flipped = whole.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(file, flipped);
            try {
                assertThat(pixels(Cifar10.read(file))).isEqualTo(pixels);
                accepted++;
            } catch (BadFileException refused) {
                // as it should be
            }
        }
        // Only bits that mean nothing, such as padding behind the last code.
        assertThat(accepted).isLessThan(3);
        for (int length = 0; length < whole.length; length += 97) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> Cifar10.read(file)).isInstanceOf(BadFileException.class);
        }
        Files.write(file, Arrays.copyOf(whole, whole.length - 1));
        assertThatThrownBy(() -> Cifar10.read(file)).isInstanceOf(BadFileException.class);
    }

    @Test
    void bombsAreRefused() throws IOException {
        ByteArrayOutputStream idx = new ByteArrayOutputStream();
        try (OutputStream gzip = fast(idx)) {
            gzip.write(ByteBuffer.allocate(16)
                    .putInt(0x803)
                    .putInt(500_000)
                    .putInt(28)
                    .putInt(28)
                    .array());
            zeros(gzip, 392);
        }
        Path file = Files.write(folder.resolve("bomb.gz"), idx.toByteArray());
        assertRefused(() -> Idx.read(file, 3), "sizes that the file's bytes can hold");
        ByteArrayOutputStream tar = new ByteArrayOutputStream();
        try (OutputStream gzip = fast(tar)) {
            zeros(gzip, 400);
        }
        Path archive = Files.write(folder.resolve("cifar-10-binary.tar.gz"), tar.toByteArray());
        assertRefused(() -> Cifar10.read(archive), "when unpacked; expected at most 100 times the file's length");
    }

    @Test
    void aNamedPipeIsNotWaitedFor() throws Exception {
        Path pipe = folder.resolve("pipe");
        assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0, "a system without mkfifo");
        for (ThrowingCallable reader : List.<ThrowingCallable>of(
                () -> ImageFiles.read(pipe),
                () -> Idx.read(pipe, 3),
                () -> Cifar10.read(pipe),
                () -> TextFiles.read(pipe))) {
            assertRefused(reader, "a device or a pipe");
        }
    }

    @Test
    void aByteOrderMarkIsNoText() throws IOException {
        Path file = Files.writeString(folder.resolve("a.txt"), "\ufeffline\n");
        assertThat(TextFiles.read(file)).isEqualTo("line\n");
    }

    private static void assertRefused(ThrowingCallable action, String message) {
        assertThatThrownBy(action).isInstanceOf(BadFileException.class).hasMessageContaining(message);
    }

    private static byte[] pixels(ImageSplit split) {
        byte[] pixels = new byte[2 * 3072];
        for (int i = 0; i < 3072; i++) {
            pixels[i] = (byte) split.train().pixel(0, i / 1024, i / 32 % 32, i % 32);
            pixels[3072 + i] = (byte) split.test().pixel(0, i / 1024, i / 32 % 32, i % 32);
        }
        return pixels;
    }

    private static byte[] archive() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(bytes)) {
            for (String name : List.of("data_batch_1.bin", "test_batch.bin")) {
                ByteBuffer entry = ByteBuffer.allocate(512 + 3584);
                entry.put(name.getBytes(StandardCharsets.US_ASCII));
                entry.position(124).put("00000006001 ".getBytes(StandardCharsets.US_ASCII));
                entry.position(148).put("        0".getBytes(StandardCharsets.US_ASCII));
                int sum = 0;
                for (int i = 0; i < 512; i++) {
                    sum += entry.get(i) & 0xff;
                }
                entry.position(148).put(String.format("%06o\0 ", sum).getBytes(StandardCharsets.US_ASCII));
                for (int i = 513; i < 512 + 3073; i++) {
                    entry.put(i, (byte) (i * i >> 5));
                }
                gzip.write(entry.array());
            }
            gzip.write(new byte[1024]);
        }
        return bytes.toByteArray();
    }

    private static OutputStream fast(OutputStream out) throws IOException {
        return new GZIPOutputStream(out) {
            {
                def.setLevel(Deflater.BEST_SPEED);
            }
        };
    }

    private static void zeros(OutputStream out, int mebibytes) throws IOException {
        byte[] zeros = new byte[1 << 20];
        for (int i = 0; i < mebibytes; i++) {
            out.write(zeros);
        }
    }

    private static byte[] blankPng(int width, int height) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new DeflaterOutputStream(packed)) {
            byte[] row = new byte[1 + width];
            for (int i = 0; i < height; i++) {
                out.write(row);
            }
        }
        ByteBuffer header = ByteBuffer.allocate(13).putInt(width).putInt(height);
        header.put((byte) 8);
        ByteBuffer png = ByteBuffer.allocate(8 + 3 * 12 + 13 + packed.size());
        png.putLong(0x89504e470d0a1a0aL);
        chunk(png, "IHDR", header.array());
        chunk(png, "IDAT", packed.toByteArray());
        chunk(png, "IEND", new byte[0]);
        return png.array();
    }

    private static void chunk(ByteBuffer png, String type, byte[] data) {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 crc = new CRC32();
        crc.update(name);
        crc.update(data);
        png.putInt(data.length).put(name).put(data).putInt((int) crc.getValue());
    }

    private static byte[] jpeg(int width, int height, boolean progressive) throws IOException {
        BufferedImage pixels = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < width * height; i++) {
            pixels.setRGB(i % width, i / width, i * 0x9e3779);
        }
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            writer.setOutput(out);
            ImageWriteParam parameters = writer.getDefaultWriteParam();
            if (progressive) {
                parameters.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
            }
            writer.write(null, new IIOImage(pixels, null, null), parameters);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    private static int indexOf(byte[] bytes, int marker, int from) {
        for (int i = from; i + 1 < bytes.length; i++) {
            if (bytes[i] == (byte) 0xff && bytes[i + 1] == (byte) marker) {
                return i;
            }
        }
        throw new AssertionError("no marker " + marker);
    }
}
