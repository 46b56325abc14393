package dev.lanewise.cuda.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.tensor.TensorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CodeCacheTest {
    private static final String KEY = "0123456789abcdef";

    @TempDir
    Path folder;

    private static byte[] code(int seed) {
        byte[] code = new byte[100_000];
        Arrays.fill(code, (byte) seed);
        return code;
    }

    @Test
    void whatWasPutIsGot() {
        CodeCache cache = new CodeCache(folder.resolve("made/when/needed"));
        assertThat(cache.get(KEY)).isEmpty();
        cache.put(KEY, code(1));
        assertThat(cache.get(KEY)).contains(code(1));
        cache.put(KEY, code(2));
        assertThat(cache.get(KEY)).contains(code(2));
    }

    /** Kernels in a pack are read by whoever unpacks it. */
    @Test
    void entriesHaveThePermissionsOfOrdinaryFiles() throws Exception {
        new CodeCache(folder).put(KEY, code(1));
        Path ordinary = Files.createFile(folder.resolve("ordinary"));
        assertThat(Files.getPosixFilePermissions(folder.resolve(KEY + ".bin")))
                .isEqualTo(Files.getPosixFilePermissions(ordinary));
    }

    @Test
    void damagedEntriesAreNotGiven() throws Exception {
        CodeCache cache = new CodeCache(folder);
        cache.put(KEY, code(1));
        Path file = folder.resolve(KEY + ".bin");
        byte[] entry = Files.readAllBytes(file);
        entry[entry.length / 2] ^= 1;
        Files.write(file, entry);
        assertThat(cache.get(KEY)).isEmpty();
        Files.write(file, Arrays.copyOf(entry, 20));
        assertThat(cache.get(KEY)).isEmpty();
        Files.write(file, new byte[0]);
        assertThat(cache.get(KEY)).isEmpty();
        cache.put(KEY, code(3));
        assertThat(cache.get(KEY)).contains(code(3));
    }

    @Test
    void readersSeeAWholeEntryWhileOthersWriteIt() {
        boolean whole = IntStream.range(0, 40).parallel().allMatch(i -> {
            CodeCache cache = new CodeCache(folder);
            cache.put(KEY, code(i % 3));
            Optional<byte[]> got = cache.get(KEY);
            return got.isPresent() && Arrays.equals(got.get(), code(got.get()[0]));
        });
        assertThat(whole).isTrue();
        assertThat(folder.toFile().list()).containsExactly(KEY + ".bin");
    }

    @Test
    void folderThatCannotBeWrittenCostsNothingButTheCache() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "");
        CodeCache cache = new CodeCache(file.resolve("below"));
        cache.put(KEY, code(1));
        assertThat(cache.get(KEY)).isEmpty();
    }

    @Test
    void folderIsTheNamedOneOrTheUsersCache() {
        assertThat(CodeCache.userFolder(Map.of("LANEWISE_CUDA_CACHE", "/a"), Optional.of("/b")))
                .isEqualTo(Path.of("/b"));
        assertThat(CodeCache.userFolder(Map.of("LANEWISE_CUDA_CACHE", "/a"), Optional.empty()))
                .isEqualTo(Path.of("/a"));
        assertThat(CodeCache.userFolder(Map.of("XDG_CACHE_HOME", "/c"), Optional.empty()))
                .isEqualTo(Path.of("/c/lanewise/cuda"));
        assertThat(CodeCache.userFolder(Map.of(), Optional.empty()))
                .isEqualTo(Path.of(System.getProperty("user.home"), ".cache/lanewise/cuda"));
    }

    @Test
    void whatIsNoPathIsNamed() {
        assertThatThrownBy(() -> CodeCache.userFolder(Map.of("LANEWISE_CUDA_CACHE", "a\0b"), Optional.empty()))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith("LANEWISE_CUDA_CACHE: 'a?b' is not a path");
        assertThatThrownBy(() -> CodeCache.userFolder(Map.of(), Optional.of("a\0b")))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith("lanewise.cuda.cache: 'a?b' is not a path");
    }
}
