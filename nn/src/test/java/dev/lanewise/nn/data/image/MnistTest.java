package dev.lanewise.nn.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.data.DataHome;
import dev.lanewise.nn.data.DownloadListener;
import dev.lanewise.nn.data.Downloader;
import dev.lanewise.nn.io.BadFileException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MnistTest {
    private static final List<URI> NOWHERE = List.of(URI.create("http://127.0.0.1:1/"));

    @TempDir
    Path folder;

    @Test
    void readsGzippedAndPlainFiles() throws IOException {
        for (boolean gzip : new boolean[] {true, false}) {
            Path data = writeMnist(folder.resolve("gzip-" + gzip), 5, 3, gzip);
            ImageSplit mnist = Mnist.read(data);
            assertThat(mnist.train().size()).isEqualTo(5);
            assertThat(mnist.test().size()).isEqualTo(3);
            assertThat(mnist.train().labels()).containsExactly(0, 1, 2, 3, 4);
            assertThat(mnist.train().pixel(4, 0, 27, 27)).isEqualTo((4 + 783) % 256);
            float[] image = new float[784];
            mnist.train().copyTo(4, image, 0);
            assertThat(image[783]).isEqualTo((4 + 783) % 256 / 255f);
        }
    }

    @Test
    void aNamedFolderIsUsedWithOrWithoutTheDataSetsName() throws IOException {
        writeMnist(folder.resolve("mnist"), 2, 2, true);
        for (Path named : List.of(folder, folder.resolve("mnist"))) {
            assertThat(load(new DataHome(named, null, folder.resolve("cache")), new ArrayList<>())
                            .train()
                            .size())
                    .isEqualTo(2);
        }
    }

    @Test
    void theEnvironmentsFolderIsUsedWhenNoneIsNamed() throws IOException {
        writeMnist(folder.resolve("env/mnist"), 2, 2, false);
        DataHome home = new DataHome(null, folder.resolve("env"), folder.resolve("cache"));
        assertThat(load(home, new ArrayList<>()).origin()).endsWith("mnist");
    }

    @Test
    void aNamedFolderWithoutTheFilesIsAnErrorAndNeverAFallback() throws IOException {
        List<String> notices = new ArrayList<>();
        Path empty = Files.createDirectories(folder.resolve("empty"));
        assertThatThrownBy(() -> load(new DataHome(empty, null, folder), notices))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("no files of mnist");
        assertThatThrownBy(() -> load(new DataHome(folder.resolve("none"), null, folder), notices))
                .hasMessageContaining("no such folder");
        Path partial = writeMnist(folder.resolve("partial"), 2, 2, true);
        Files.delete(partial.resolve("t10k-labels-idx1-ubyte.gz"));
        assertThatThrownBy(() -> load(new DataHome(partial, null, folder), notices))
                .hasMessageContaining("no t10k-labels-idx1-ubyte");
        assertThat(notices).isEmpty();
    }

    @Test
    void withoutFilesAndNetworkSyntheticDigitsStandInAfterOneLine() {
        List<String> notices = new ArrayList<>();
        ImageSplit split = load(new DataHome(null, null, folder), notices);
        assertThat(split.origin()).isEqualTo("synthetic");
        assertThat(split.train().size()).isEqualTo(60_000);
        assertThat(split.test().size()).isEqualTo(10_000);
        assertThat(notices).hasSize(1);
        assertThat(notices.getFirst())
                .contains("127.0.0.1")
                .contains("synthetic digits")
                .doesNotContain("\n");
        ImageSplit some = Mnist.synthetic(Mnist.SYNTHETIC_SEED, new int[] {59_999, 7}, new int[] {9_999, 0, 3});
        assertSame(some.train(), split.train().select(59_999, 7));
        assertSame(some.test(), split.test().select(9_999, 0, 3));
    }

    private static void assertSame(LabeledImages actual, LabeledImages expected) {
        assertThat(actual.labels()).isEqualTo(expected.labels());
        float[] one = new float[784];
        float[] other = new float[784];
        for (int i = 0; i < expected.size(); i++) {
            actual.copyTo(i, one, 0);
            expected.copyTo(i, other, 0);
            assertThat(one).isEqualTo(other);
        }
    }

    @Test
    void ofSyntheticDigitsThereAreNoOthers() {
        int[] none = {};
        for (int wrong : new int[] {-1, Mnist.SYNTHETIC_TRAIN}) {
            assertThatThrownBy(() -> Mnist.synthetic(1, new int[] {wrong}, none))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
        assertThatThrownBy(() -> Mnist.synthetic(1, none, new int[] {Mnist.SYNTHETIC_TEST}))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(Mnist.synthetic(1, none, none).train().size()).isZero();
    }

    @Test
    void damagedFilesAreRefusedInOneLine() throws IOException {
        byte[] good = images(3);
        assertRefused(Arrays.copyOf(good, good.length - 1), "2351 bytes after the header; expected 2352");
        assertRefused(Arrays.copyOf(good, good.length + 1), "more than 2352 bytes");
        assertRefused(Arrays.copyOf(good, 10), "only 10 bytes");
        assertRefused(new byte[0], "only 0 bytes");
        assertRefused(
                "<html>not found</html>".getBytes(StandardCharsets.UTF_8), "magic number 1013478509; expected 2051");
        assertRefused(withCount(good, -1), "announces the sizes [-1, 28, 28]");
        assertRefused(withCount(good, Integer.MAX_VALUE), "announces the sizes [2147483647, 28, 28]");
        assertRefused(withCount(good, 100), "announces the sizes [100, 28, 28]");
        assertRefused(labels(4), "magic number 2049; expected 2051");
        byte[] packed = gzip(good);
        assertRefused(Arrays.copyOf(packed, packed.length / 2), "ends early or is corrupt");
        packed[packed.length - 6] ^= 1;
        assertRefused(packed, "ends early or is corrupt");
    }

    @Test
    void filesThatDoNotFitEachOtherAreRefused() throws IOException {
        Path images = Files.write(folder.resolve("images"), images(3));
        assertThatThrownBy(() -> Mnist.read(images, Files.write(folder.resolve("labels"), labels(4))))
                .hasMessageContaining("found 4 labels; expected 3");
        byte[] wrong = labels(3);
        wrong[wrong.length - 1] = 10;
        assertThatThrownBy(() -> Mnist.read(images, Files.write(folder.resolve("labels"), wrong)))
                .hasMessageContaining("the label 10 at position 2; expected 0 to 9");
        byte[] narrow = ByteBuffer.allocate(16 + 3 * 28 * 27)
                .putInt(2051)
                .putInt(3)
                .putInt(28)
                .putInt(27)
                .array();
        assertThatThrownBy(() -> Mnist.read(
                        Files.write(folder.resolve("narrow"), narrow),
                        Files.write(folder.resolve("labels"), labels(3))))
                .hasMessageContaining("images of 28 x 27; expected 28 x 28");
    }

    private void assertRefused(byte[] content, String message) throws IOException {
        Path file = Files.write(folder.resolve("bad-file"), content);
        assertThatThrownBy(() -> Idx.read(file, 3))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("bad-file")
                .hasMessageContaining(message);
    }

    private static ImageSplit load(DataHome home, List<String> notices) {
        Downloader downloader = new Downloader(Duration.ofSeconds(2), Duration.ofSeconds(2));
        return Mnist.load(home, downloader, NOWHERE, DownloadListener.SILENT, notices::add);
    }

    static Path writeMnist(Path folder, int train, int test, boolean gzip) throws IOException {
        Files.createDirectories(folder);
        write(folder, "train-images-idx3-ubyte", images(train), gzip);
        write(folder, "train-labels-idx1-ubyte", labels(train), gzip);
        write(folder, "t10k-images-idx3-ubyte", images(test), gzip);
        write(folder, "t10k-labels-idx1-ubyte", labels(test), gzip);
        return folder;
    }

    private static void write(Path folder, String name, byte[] content, boolean gzip) throws IOException {
        Files.write(folder.resolve(gzip ? name + ".gz" : name), gzip ? gzip(content) : content);
    }

    private static byte[] images(int count) {
        ByteBuffer bytes = ByteBuffer.allocate(16 + count * 784);
        bytes.putInt(2051).putInt(count).putInt(28).putInt(28);
        for (int i = 0; i < count; i++) {
            for (int p = 0; p < 784; p++) {
                bytes.put((byte) (i + p));
            }
        }
        return bytes.array();
    }

    private static byte[] labels(int count) {
        ByteBuffer bytes = ByteBuffer.allocate(8 + count).putInt(2049).putInt(count);
        for (int i = 0; i < count; i++) {
            bytes.put((byte) (i % 10));
        }
        return bytes.array();
    }

    private static byte[] withCount(byte[] images, int count) {
        return ByteBuffer.wrap(images.clone()).putInt(4, count).array();
    }

    private static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(content);
        }
        return bytes.toByteArray();
    }
}
