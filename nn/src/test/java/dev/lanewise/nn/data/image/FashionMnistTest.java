package dev.lanewise.nn.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.data.DataHome;
import dev.lanewise.nn.data.DownloadListener;
import dev.lanewise.nn.data.Downloader;
import dev.lanewise.nn.io.BadFileException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FashionMnistTest {
    private static final List<URI> NOWHERE = List.of(URI.create("http://127.0.0.1:1/"));

    @TempDir
    Path folder;

    private static ImageSplit load(DataHome home) {
        Downloader downloader = new Downloader(Duration.ofSeconds(2), Duration.ofSeconds(2));
        return FashionMnist.load(home, downloader, NOWHERE, DownloadListener.SILENT);
    }

    @Test
    void readsMnistsFormatWithItsOwnClasses() throws IOException {
        ImageSplit split = FashionMnist.read(MnistTest.writeMnist(folder, 10, 3, true));
        assertThat(split.train().size()).isEqualTo(10);
        assertThat(split.test().classes()).hasSize(10).startsWith("T-shirt/top").endsWith("Ankle boot");
    }

    @Test
    void mnistInTheEnvironmentsFolderIsNotTakenForIt() throws IOException {
        Path mnist = MnistTest.writeMnist(folder.resolve("data"), 5, 5, true);
        DataHome home = new DataHome(null, mnist, folder.resolve("cache"));
        assertThatThrownBy(() -> load(home))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("127.0.0.1");
        MnistTest.writeMnist(mnist.resolve("fashion-mnist"), 7, 5, true);
        assertThat(load(home).train().size()).isEqualTo(7);
        assertThat(load(new DataHome(mnist, null, folder)).train().size()).isEqualTo(5);
    }
}
