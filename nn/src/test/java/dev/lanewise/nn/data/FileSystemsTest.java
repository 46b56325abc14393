package dev.lanewise.nn.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.nn.data.image.Idx;
import dev.lanewise.nn.data.image.Image;
import dev.lanewise.nn.data.image.ImageFiles;
import dev.lanewise.nn.data.image.ImageFolder;
import dev.lanewise.nn.data.table.Rows;
import dev.lanewise.nn.data.table.Table;
import dev.lanewise.nn.io.Npy;
import dev.lanewise.nn.io.Npz;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.SafetensorsFile;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Data and weights are read from, and written to, paths of any file system. */
final class FileSystemsTest {
    @TempDir
    Path folder;

    private FileSystem open(String kind) throws IOException {
        return kind.equals("zip")
                ? FileSystems.newFileSystem(folder.resolve("data.zip"), Map.of("create", "true"))
                : FileSystems.newFileSystem(URI.create("memory:data"), Map.of());
    }

    private static List<Path> copies() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(file -> file.getFileName().toString().endsWith(".copy"))
                    .toList();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"zip", "memory"})
    void dataAreReadFromAnyFileSystem(String kind) throws IOException {
        try (FileSystem system = open(kind)) {
            Path root = Files.createDirectory(system.getPath("/data"));
            Path csv = Files.writeString(root.resolve("table.csv"), "a,b\n1,x\n2,y\n");
            assertThat(Table.read(csv).rows()).isEqualTo(2);
            assertThat(Rows.csv(csv).size()).isEqualTo(2);

            Path red = Files.createDirectories(root.resolve("images/red")).resolve("one.png");
            Files.write(red, ImageFiles.png(new Image(3, 1, 2, new float[] {1, 1, 0, 0, 0, 0})));
            ImageFolder images = ImageFolder.open(root.resolve("images"));
            assertThat(images.classes()).containsExactly("red");
            assertThat(images.read(0).get(0, 0, 1)).isEqualTo(1);

            Path idx = Files.write(root.resolve("labels"), new byte[] {0, 0, 8, 1, 0, 0, 0, 2, 7, 9});
            assertThat(Idx.read(idx, 1).toByteArray()).containsExactly(7, 9);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"zip", "memory"})
    void arraysAndWeightsAreReadFromAndWrittenToAnyFileSystem(String kind) throws Exception {
        List<Path> before = copies();
        try (FileSystem system = open(kind)) {
            Map<String, TensorData> tensors = Map.of("w", TensorData.of(Tensor.of(new float[] {1, 2, 3})));
            Path weights = system.getPath("/weights.safetensors");
            Safetensors.write(weights, tensors);
            try (SafetensorsFile file = Safetensors.open(weights)) {
                assertThat(file.file()).isEqualTo(weights);
                Tensor target = Tensor.zeros(3);
                file.copyTo("w", target);
                assertThat(target.toFloatArray()).containsExactly(1, 2, 3);
            }
            Path npz = system.getPath("/arrays.npz");
            Npz.write(npz, tensors, true);
            assertThat(Npz.read(npz).get("w").toTensor().toFloatArray()).containsExactly(1, 2, 3);
            Path npy = system.getPath("/array.npy");
            Npy.write(npy, tensors.get("w"));
            assertThat(Npy.read(npy).toTensor().toFloatArray()).containsExactly(1, 2, 3);
        }
        List<Path> left = copies();
        // those of other processes go away by themselves
        for (int i = 0; !before.containsAll(left) && i < 6_000; i++) {
            Thread.sleep(10);
            left = copies();
        }
        assertThat(before).containsAll(left);
    }
}
