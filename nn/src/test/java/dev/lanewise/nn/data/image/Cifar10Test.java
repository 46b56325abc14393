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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Cifar10Test {
    @TempDir
    Path folder;

    @Test
    void readsFoldersAndArchives() throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("cifar-10-batches-bin/data_batch_2.bin", records(2, 5));
        files.put("cifar-10-batches-bin/data_batch_1.bin", records(3, 1));
        files.put("cifar-10-batches-bin/batches.meta.txt", "airplane\n".getBytes(StandardCharsets.US_ASCII));
        files.put("cifar-10-batches-bin/test_batch.bin", records(1, 9));
        Path archive = Files.write(folder.resolve("cifar-10-subset-binary.tar.gz"), tarGz(files));
        Path plain = Files.createDirectories(folder.resolve("plain/cifar-10-batches-bin"));
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Files.write(folder.resolve("plain").resolve(file.getKey()), file.getValue());
        }
        for (Path place : new Path[] {archive, folder, plain, plain.getParent()}) {
            ImageSplit cifar = Cifar10.read(place);
            assertThat(cifar.train().labels()).containsExactly(1, 2, 3, 5, 6);
            assertThat(cifar.test().labels()).containsExactly(9);
            assertThat(cifar.train().pixel(3, 2, 31, 31)).isEqualTo((5 + 3071) % 256);
        }
        DataHome home = new DataHome(plain.getParent(), null, folder.resolve("cache"));
        assertThat(Cifar10.load(home, DownloadListener.SILENT, line -> {})
                        .train()
                        .size())
                .isEqualTo(5);
    }

    @Test
    void aCacheThatCannotBeWrittenLeadsToTheStandIn() throws IOException {
        Path file = Files.writeString(folder.resolve("cache"), "a file where the cache's folder should be");
        List<String> notices = new ArrayList<>();
        List<URI> nowhere = List.of(URI.create("http://127.0.0.1:1/"));
        ImageSplit split = Cifar10.load(
                new DataHome(null, null, file), new Downloader(), nowhere, DownloadListener.SILENT, notices::add);
        assertThat(split.origin()).isEqualTo("synthetic");
        assertThat(notices).singleElement().asString().contains("a write error");
    }

    @Test
    void withoutFilesAndNetworkSyntheticShapesStandInAfterOneLine() {
        List<String> notices = new ArrayList<>();
        Downloader downloader = new Downloader(Duration.ofSeconds(2), Duration.ofSeconds(2));
        List<URI> nowhere = List.of(URI.create("http://127.0.0.1:1/"));
        DataHome home = new DataHome(null, null, folder);
        ImageSplit split = Cifar10.load(home, downloader, nowhere, DownloadListener.SILENT, notices::add);
        assertThat(split.origin()).isEqualTo("synthetic");
        assertThat(split.train().size()).isEqualTo(10_000);
        assertThat(split.test().channels()).isEqualTo(3);
        assertThat(notices).hasSize(1);
        assertThat(notices.getFirst()).contains("synthetic shapes").doesNotContain("\n");
        assertThat(Cifar10.synthetic(Cifar10.SYNTHETIC_SEED).test().pixel(7, 1, 9, 9))
                .isEqualTo(split.test().pixel(7, 1, 9, 9));
    }

    @Test
    void damagedFilesAreRefused() throws IOException {
        Files.write(folder.resolve("data_batch_1.bin"), records(2, 0));
        assertThatThrownBy(() -> Cifar10.read(folder)).hasMessageContaining("no test_batch.bin");
        Files.write(folder.resolve("test_batch.bin"), Arrays.copyOf(records(1, 0), 3_000));
        assertThatThrownBy(() -> Cifar10.read(folder))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("test_batch.bin): found 3000 bytes; expected a multiple of 3073");
        Files.write(folder.resolve("test_batch.bin"), records(1, 10));
        assertThatThrownBy(() -> Cifar10.read(folder)).hasMessageContaining("the label 10 at record 0");
    }

    @Test
    void damagedArchivesAreRefused() throws IOException {
        byte[] good = tar(Map.of("test_batch.bin", records(1, 0)));
        assertRefused(gzip(Arrays.copyOf(good, 1_000)), "test_batch.bin): found 488 bytes");
        assertRefused(gzip(Arrays.copyOf(good, 512 + 3_584)), "no end mark");
        byte[] wrongSum = good.clone();
        wrongSum[0] = 'x';
        assertRefused(gzip(wrongSum), "wrong checksum");
        assertRefused(Arrays.copyOf(gzip(good), 60), "ends early or is corrupt");
        assertRefused(good, "ends early or is corrupt");
    }

    private void assertRefused(byte[] content, String message) throws IOException {
        Path archive = Files.write(folder.resolve("cifar-10-binary.tar.gz"), content);
        assertThatThrownBy(() -> Cifar10.read(archive))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining(message);
    }

    private static byte[] records(int count, int firstLabel) {
        byte[] records = new byte[count * 3073];
        for (int i = 0; i < count; i++) {
            records[i * 3073] = (byte) (firstLabel + i);
            for (int p = 0; p < 3072; p++) {
                records[i * 3073 + 1 + p] = (byte) (firstLabel + i + p);
            }
        }
        return records;
    }

    private static byte[] tarGz(Map<String, byte[]> files) throws IOException {
        return gzip(tar(files));
    }

    private static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(content);
        }
        return bytes.toByteArray();
    }

    private static byte[] tar(Map<String, byte[]> files) {
        ByteArrayOutputStream tar = new ByteArrayOutputStream();
        files.forEach((name, content) -> {
            byte[] header = new byte[512];
            put(header, 0, name);
            put(header, 100, "0000644");
            put(header, 124, String.format("%011o", content.length));
            put(header, 148, "        ");
            header[156] = '0';
            put(header, 257, "ustar");
            int sum = 0;
            for (byte b : header) {
                sum += b & 0xff;
            }
            put(header, 148, String.format("%06o\0 ", sum));
            tar.writeBytes(header);
            tar.writeBytes(Arrays.copyOf(content, (content.length + 511) / 512 * 512));
        });
        tar.writeBytes(new byte[1024]);
        return tar.toByteArray();
    }

    private static void put(byte[] header, int offset, String text) {
        System.arraycopy(text.getBytes(StandardCharsets.US_ASCII), 0, header, offset, text.length());
    }
}
