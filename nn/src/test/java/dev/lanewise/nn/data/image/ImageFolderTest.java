package dev.lanewise.nn.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.nn.io.BadFileException;
import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderTest {
    @TempDir
    Path folder;

    @Test
    void classesAndFilesAreInTheOrderOfTheirNames() throws IOException {
        write("dog/2.png", "png", 0xff0000);
        write("dog/10.PNG", "png", 0x00ff00);
        write("cat/deep/a.jpg", "jpg", 0x808080);
        write("cat/.hidden.png", "png", 0);
        Files.writeString(folder.resolve("cat/notes.txt"), "not an image");
        Files.writeString(folder.resolve("readme.md"), "not a folder");
        ImageFolder images = ImageFolder.open(folder);
        assertThat(images.classes()).containsExactly("cat", "dog");
        assertThat(images.labels()).containsExactly(0, 1, 1);
        assertThat(images.file(0)).endsWithRaw(Path.of("cat/deep/a.jpg"));
        assertThat(images.file(1)).endsWithRaw(Path.of("dog/10.PNG"));
        assertThat(images.read(2).values()).startsWith(1, 1).endsWith(0, 0);
    }

    @Test
    void allImagesAreReadInOneSize() throws IOException {
        for (int i = 0; i < 12; i++) {
            write("grey/" + (char) ('a' + i) + ".png", "png", 0x010101 * i);
        }
        LabeledImages all = ImageFolder.open(folder).readAll(3);
        assertThat(all.size()).isEqualTo(12);
        for (int i = 0; i < 12; i++) {
            assertThat(all.pixel(i, 2, 2, 2)).isEqualTo(i);
        }
    }

    @Test
    void pngFilesComeBackToTheByte() throws IOException {
        for (int channels : new int[] {1, 3}) {
            Image image = new Image(channels, 3, 2);
            for (int i = 0; i < image.values().length; i++) {
                image.values()[i] = i * 14 / 255f;
            }
            Path file = Files.write(folder.resolve(channels + ".png"), ImageFiles.png(image));
            Image read = ImageFiles.read(file);
            for (int i = 0; i < image.values().length; i++) {
                assertThat(read.values()[i]).isEqualTo(image.values()[i]);
            }
        }
        assertThatThrownBy(() -> ImageFiles.png(new Image(2, 1, 1))).hasMessageContaining("2 channels");
    }

    @Test
    void greyImagesKeepTheirValues() throws IOException {
        for (int type : new int[] {BufferedImage.TYPE_BYTE_GRAY, BufferedImage.TYPE_USHORT_GRAY}) {
            BufferedImage grey = new BufferedImage(2, 1, type);
            int most = type == BufferedImage.TYPE_BYTE_GRAY ? 255 : 65_535;
            grey.getRaster().setSample(0, 0, 0, most / 5);
            grey.getRaster().setSample(1, 0, 0, most);
            Path file = folder.resolve("grey.png");
            ImageIO.write(grey, "png", file.toFile());
            assertThat(ImageFiles.read(file).values())
                    .containsExactly(new float[] {0.2f, 1, 0.2f, 1, 0.2f, 1}, within(1e-6f));
        }
    }

    @Test
    void anImageThatCannotBeReadIsNamedOrPassedOver() throws IOException {
        write("a/1.png", "png", 0x123456);
        Path broken = write("a/2.png", "png", 0x123456);
        byte[] whole = Files.readAllBytes(broken);
        Files.write(broken, Arrays.copyOf(whole, whole.length / 2));
        Files.writeString(folder.resolve("a/3.jpg"), "no image at all");
        Files.write(folder.resolve("a/4.png"), new byte[0]);
        ImageFolder images = ImageFolder.open(folder);
        assertThatThrownBy(() -> images.readAll(2))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("2.png");
        List<String> skipped = new ArrayList<>();
        assertThat(images.readAll(2, failure -> skipped.add(failure.file())).size())
                .isEqualTo(1);
        assertThat(skipped).hasSize(3);
        assertThat(skipped.get(1)).endsWith("3.jpg");
    }

    @Test
    void anImageThatAnnouncesTooManyPixelsIsRefusedBeforeItIsDecoded() throws IOException {
        Path file = write("a/1.png", "png", 0);
        byte[] png = Files.readAllBytes(file);
        // Width and height of the IHDR chunk, then its checksum.
        ByteBuffer.wrap(png).putInt(16, 60_000).putInt(20, 60_000);
        CRC32 crc = new CRC32();
        crc.update(png, 12, 17);
        ByteBuffer.wrap(png).putInt(29, (int) crc.getValue());
        Files.write(file, png);
        assertThatThrownBy(() -> ImageFiles.read(file)).hasMessageContaining("3600000000 pixels");
    }

    @Test
    void aColourProfileIsPassedOver() throws IOException {
        byte[] plain = Files.readAllBytes(write("a/1.jpg", "jpg", 0x3366cc));
        byte[] profile = ICC_Profile.getInstance(ColorSpace.CS_LINEAR_RGB).getData();
        ByteBuffer with = ByteBuffer.allocate(plain.length + profile.length + 18);
        with.put(plain, 0, 2).putShort((short) 0xffe2).putShort((short) (profile.length + 16));
        with.put("ICC_PROFILE\0\1\1".getBytes(StandardCharsets.US_ASCII)).put(profile);
        with.put(plain, 2, plain.length - 2);
        assertThat(JpegProfiles.remove(with.array())).isEqualTo(plain);
        assertThat(JpegProfiles.remove(plain)).isSameAs(plain);
        for (int length = 0; length < with.capacity(); length += 7) {
            byte[] cut = Arrays.copyOf(with.array(), length);
            assertThat(JpegProfiles.remove(cut).length).isLessThanOrEqualTo(length);
        }
    }

    @Test
    void foldersWithoutClassesOrImagesAreRefused() throws IOException {
        assertThatThrownBy(() -> ImageFolder.open(folder.resolve("none"))).hasMessageContaining("no such folder");
        assertThatThrownBy(() -> ImageFolder.open(folder)).hasMessageContaining("no folders in it");
        Files.createDirectories(folder.resolve("empty"));
        assertThatThrownBy(() -> ImageFolder.open(folder)).hasMessageContaining("no JPEG or PNG image");
    }

    private Path write(String name, String format, int rgb) throws IOException {
        BufferedImage image = new BufferedImage(6, 4, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 24; i++) {
            image.setRGB(i % 6, i / 6, rgb);
        }
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        ImageIO.write(image, format, file.toFile());
        return file;
    }
}
