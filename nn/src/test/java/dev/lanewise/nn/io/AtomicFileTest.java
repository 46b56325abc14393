package dev.lanewise.nn.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.testkit.ChildJvm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
    @TempDir
    Path folder;

    @Test
    void whatIsNoRegularFileIsNotReplaced() throws IOException {
        for (String device : List.of("/dev/null", "/dev/full")) {
            assumeTrue(Files.exists(Path.of(device)), "a system without " + device);
            assertThatThrownBy(() -> write(Path.of(device), "x"))
                    .isInstanceOf(BadFileException.class)
                    .hasMessageContaining("a device or a pipe; expected a regular file");
            assertThat(Files.isRegularFile(Path.of(device))).isFalse();
        }
        assertThatThrownBy(() -> write(folder, "x")).hasMessageContaining("a folder");
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("/dev/null"));
        assertThatThrownBy(() -> write(link, "x")).hasMessageContaining("a device or a pipe");
        assertThat(link).isSymbolicLink();
        assertNothingLeft();
    }

    @Test
    void folderThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> write(folder.resolve("none/x"), "x"))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("x: found no folder '" + folder.resolve("none") + "' to write to");
        assertThatThrownBy(() -> write(Path.of(""), "x")).hasMessageStartingWith("'': found a folder");
    }

    @Test
    void namedPipesAreNeitherReplacedNorWaitedFor() throws Exception {
        Path pipe = folder.resolve("pipe");
        assumeTrue(run("mkfifo", pipe.toString()) == 0, "a system without mkfifo");
        assertThatThrownBy(() -> write(pipe, "x")).hasMessageContaining("a device or a pipe");
        assertThatThrownBy(() -> Npy.read(pipe)).hasMessageContaining("a device or a pipe; expected a .npy file");
        assertThatThrownBy(() -> Npz.read(pipe)).hasMessageContaining("a device or a pipe");
        assertThatThrownBy(() -> Safetensors.open(pipe)).hasMessageContaining("a device or a pipe");
    }

    @Test
    void linksStayAndWhatTheyPointToIsWritten() throws IOException {
        Path real = Files.writeString(folder.resolve("real"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("real"));
        Path second = Files.createSymbolicLink(folder.resolve("second"), link);
        write(second, "new");
        assertThat(real).hasContent("new");
        assertThat(second).isSymbolicLink();

        Path dangling = Files.createSymbolicLink(folder.resolve("dangling"), Path.of("made"));
        write(dangling, "made by a link");
        assertThat(dangling).isSymbolicLink();
        assertThat(folder.resolve("made")).hasContent("made by a link");

        Path loop = Files.createSymbolicLink(folder.resolve("loop"), Path.of("loop"));
        assertThatThrownBy(() -> write(loop, "x")).isInstanceOf(BadFileException.class);
        Path nowhere = Files.createSymbolicLink(folder.resolve("nowhere"), Path.of("none/file"));
        assertThatThrownBy(() -> write(nowhere, "x")).isInstanceOf(BadFileException.class);
        assertNothingLeft();
    }

    @Test
    void permissionsAreKept() throws IOException {
        for (String mode : List.of("rw-------", "rw-rw-rw-", "rwxr-x---")) {
            Path file = Files.writeString(folder.resolve(mode), "old");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
            AtomicFile.write(file, channel -> {
                // Nobody may read the new content before it is in place who could not read the old.
                Path temporary = temporaries().getFirst();
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(temporary))
                                .substring(3))
                        .matches(mode.substring(3).replaceAll("[rwx]", "."));
                channel.write(ByteBuffer.wrap(new byte[] {1}));
            });
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo(mode);
            assertThat(Files.size(file)).isEqualTo(1);
        }
    }

    @Test
    void anInterruptedThreadWritesAndStaysInterrupted() throws IOException {
        Path file = folder.resolve("file");
        Thread.currentThread().interrupt();
        Safetensors.write(file, Map.of("a", TensorData.of(new float[100_000], 100_000)));
        assertThat(Thread.interrupted()).isTrue();
        Thread.currentThread().interrupt();
        Npz.write(folder.resolve("npz"), Map.of("a", TensorData.of(new float[10], 10)), true);
        try (SafetensorsFile opened = Safetensors.open(file)) {
            assertThat(Thread.interrupted()).isTrue();
            assertThat(opened.entry("a").toFloatArray()).hasSize(100_000);
        }
        AtomicFile.write(file, channel -> {
            channel.write(ByteBuffer.wrap(new byte[10]));
            Thread.currentThread().interrupt();
            channel.write(ByteBuffer.wrap(new byte[10]));
        });
        assertThat(Thread.interrupted()).isTrue();
        assertThat(Files.size(file)).isEqualTo(20);
        assertNothingLeft();
    }

    @Test
    void longNamesAreWritten() {
        Path file = folder.resolve("n".repeat(255));
        write(file, "old");
        write(file, "new");
        assertThat(file).hasContent("new");
        assertThatThrownBy(() -> write(folder.resolve("n".repeat(256)), "x")).isInstanceOf(BadFileException.class);
        assertNothingLeft();
    }

    @Test
    void anErrorWhileWritingLeavesTheOldFile() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "old");
        assertThatThrownBy(() -> AtomicFile.write(file, channel -> {
                    channel.write(ByteBuffer.wrap(new byte[10]));
                    throw new IOException("No space left on device");
                }))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("No space left on device")
                .hasMessageContaining("a file that was there before is unchanged");
        assertThatThrownBy(() -> AtomicFile.write(file, channel -> {
                    throw new IllegalStateException("a fault of the caller");
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(file).hasContent("old");
        assertNothingLeft();
    }

    @Test
    void whatAKilledProcessLeftIsDeletedByTheNextWriteAndWhatIsInUseStays() throws IOException {
        Path left = Files.createFile(folder.resolve(".lanewise-0123abcd.tmp"));
        Path other = Files.createFile(folder.resolve("other.tmp"));
        AtomicFile.write(folder.resolve("a"), channel -> {
            List<Path> outer = temporaries();
            assertThat(outer).hasSize(1).doesNotContain(left);
            write(folder.resolve("b"), "b");
            assertThat(temporaries()).isEqualTo(outer);
            channel.write(ByteBuffer.wrap(new byte[] {'a'}));
        });
        assertThat(folder.resolve("a")).hasContent("a");
        assertThat(folder.resolve("b")).hasContent("b");
        assertThat(other).exists();
        assertNothingLeft();
    }

    /** A process that writes without end, killed at any moment, leaves one whole file. */
    @Test
    void aKillLeavesTheOldOrTheNewFile() throws Exception {
        Path file = folder.resolve("file");
        for (int kill = 0; kill < 5; kill++) {
            Process process = child(file.toString(), "forever");
            assertThat(process.inputReader().readLine()).isEqualTo("writing");
            TimeUnit.MILLISECONDS.sleep(20 + 37 * kill);
            process.destroyForcibly().waitFor();
            try (SafetensorsFile whole = Safetensors.open(file)) {
                float[] values = whole.entry("a").toFloatArray();
                assertThat(values).hasSize(Writer.ELEMENTS).containsOnly(values[0]);
            }
        }
        write(folder.resolve("other"), "x");
        assertNothingLeft();
    }

    /** The limit on the size of files stands for a disk that is full: the system refuses to write on. */
    @Test
    void aFullDiskLeavesTheOldFile() throws Exception {
        Path file = folder.resolve("file");
        assertThat(child(file.toString(), "once").waitFor()).isZero();
        byte[] old = Files.readAllBytes(file);
        assumeTrue(run("sh", "-c", "ulimit -f 64") == 0, "a system without ulimit");
        List<String> command = command(file.toString(), "once");
        Process process = new ProcessBuilder("sh", "-c", "ulimit -f 64; exec \"$@\"", "sh")
                .redirectErrorStream(true)
                .command(Stream.concat(Stream.of("sh", "-c", "ulimit -f 64; exec \"$@\"", "sh"), command.stream())
                        .toList())
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isEqualTo(3);
        assertThat(output).contains("a write error").contains("a file that was there before is unchanged");
        assertThat(Files.readAllBytes(file)).isEqualTo(old);
        assertNothingLeft();
    }

    /** A real full disk, where the test may mount one. */
    @Test
    void aFullFileSystemLeavesTheOldFile() throws Exception {
        Path mounted = Files.createDirectory(folder.resolve("disk"));
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=256k", "none", mounted.toString()) == 0,
                "no permission to mount a small file system");
        try {
            Path file = mounted.resolve("file");
            write(file, "old");
            TensorData large = TensorData.of(new float[100_000], 100_000);
            assertThatThrownBy(() -> Safetensors.write(file, Map.of("a", large)))
                    .isInstanceOf(BadFileException.class)
                    .hasMessageContaining("No space left on device");
            assertThat(file).hasContent("old");
            try (Stream<Path> files = Files.list(mounted)) {
                assertThat(files).containsExactly(file);
            }
        } finally {
            run("umount", mounted.toString());
        }
    }

    @Test
    void filesInOtherFileSystemsAreWritten() throws IOException {
        Path archive = folder.resolve("archive.zip");
        try (FileSystem zip = FileSystems.newFileSystem(archive, Map.of("create", "true"))) {
            write(zip.getPath("/file"), "in an archive");
            assertThat(Files.readString(zip.getPath("/file"))).isEqualTo("in an archive");
            write(zip.getPath("/file"), "again");
            assertThat(Files.readString(zip.getPath("/file"))).isEqualTo("again");
        }
    }

    /** Writes checkpoints in a process of its own. */
    static final class Writer {
        static final int ELEMENTS = 200_000;

        private Writer() {}

        public static void main(String[] args) {
            Path file = Path.of(args[0]);
            try {
                for (int i = 0; i == 0 || args[1].equals("forever"); i++) {
                    float[] values = new float[ELEMENTS];
                    Arrays.fill(values, i);
                    Safetensors.write(file, Map.of("a", TensorData.of(values, ELEMENTS)));
                    if (i == 0) {
                        System.out.println("writing");
                    }
                }
            } catch (BadFileException refused) {
                System.out.println(refused.getMessage());
                System.exit(3);
            }
        }
    }

    private static Process child(String... arguments) throws IOException {
        return new ProcessBuilder(command(arguments))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static List<String> command(String... arguments) {
        return ChildJvm.bare(
                List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-XX:-UsePerfData"),
                Writer.class,
                List.of(arguments));
    }

    private static int run(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException missing) {
            return -1;
        }
    }

    private static void write(Path file, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(file, channel -> channel.write(ByteBuffer.wrap(bytes)));
    }

    private List<Path> temporaries() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().startsWith(".lanewise-"))
                    .toList();
        }
    }

    private void assertNothingLeft() {
        try {
            assertThat(temporaries()).isEmpty();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    @Test
    void aFolderThatMayNotBeWrittenIsNamed() {
        Path modules = Path.of(URI.create("jrt:/java.base"));
        assertThatThrownBy(() -> AtomicFile.write(modules.resolve("file"), channel -> {}))
                .isInstanceOf(BadFileException.class)
                .hasMessageContainingAll("found a folder '" + modules + "' that may not be written", "permissions");
    }
}
