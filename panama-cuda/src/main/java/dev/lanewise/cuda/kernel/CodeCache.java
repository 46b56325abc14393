package dev.lanewise.cuda.kernel;

import dev.lanewise.tensor.TensorException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Compiled kernels on disk. An entry is written next to its final place and moved there in one step, so a reader in
 * another process sees all of it or nothing; a checksum detects an entry that has been damaged since. A problem with
 * the cache costs a compilation, and never fails the caller.
 */
public final class CodeCache {
    private static final Logger LOGGER = System.getLogger(CodeCache.class.getName());
    private static final String PROPERTY = "lanewise.cuda.cache";
    private static final String VARIABLE = "LANEWISE_CUDA_CACHE";
    private static final byte[] MAGIC = "lanewise code 1\n".getBytes(StandardCharsets.US_ASCII);
    private static final int CHECKSUM_BYTES = 32;

    private final Path folder;

    /** A cache in {@code folder}, which is made when the first entry is written. */
    public CodeCache(Path folder) {
        this.folder = folder;
    }

    /**
     * The user's cache: {@code -Dlanewise.cuda.cache}, else {@code LANEWISE_CUDA_CACHE}, else {@code lanewise/cuda} in
     * {@code XDG_CACHE_HOME} or {@code ~/.cache}.
     *
     * @throws TensorException if what is named is not a path
     */
    public static CodeCache ofUser() {
        return new CodeCache(userFolder(System.getenv(), Optional.ofNullable(System.getProperty(PROPERTY))));
    }

    static Path userFolder(Map<String, String> environment, Optional<String> property) {
        String named = property.orElse(environment.getOrDefault(VARIABLE, ""));
        if (!named.isBlank()) {
            return path(property.isPresent() ? PROPERTY : VARIABLE, named);
        }
        String caches = environment.getOrDefault("XDG_CACHE_HOME", "");
        Path base = caches.isBlank()
                ? path("user.home", System.getProperty("user.home")).resolve(".cache")
                : path("XDG_CACHE_HOME", caches);
        return base.resolve("lanewise").resolve("cuda");
    }

    private static Path path(String setting, String value) {
        try {
            return Path.of(value);
        } catch (InvalidPathException e) {
            throw new TensorException(
                    setting + ": '" + value + "' is not a path (" + e.getReason()
                            + "; expected a folder for compiled kernels); correct it, or set LC_ALL to a UTF-8 locale such"
                            + " as C.UTF-8",
                    e);
        }
    }

    /** Where the entries are. */
    public Path folder() {
        return folder;
    }

    /** The code stored under {@code key}; empty where there is none or it is damaged, which is logged. */
    public Optional<byte[]> get(String key) {
        Path file = file(key);
        byte[] entry;
        try {
            entry = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            LOGGER.log(Level.WARNING, "kernel cache: {0} cannot be read ({1}); compiling again", file, e.toString());
            return Optional.empty();
        }
        int header = MAGIC.length + CHECKSUM_BYTES;
        if (entry.length < header
                || !Arrays.equals(entry, 0, MAGIC.length, MAGIC, 0, MAGIC.length)
                || !matchesChecksum(entry, header)) {
            LOGGER.log(Level.WARNING, "kernel cache: {0} is damaged; compiling again", file);
            return Optional.empty();
        }
        return Optional.of(Arrays.copyOfRange(entry, header, entry.length));
    }

    private static boolean matchesChecksum(byte[] entry, int header) {
        MessageDigest digest = sha256();
        digest.update(entry, header, entry.length - header);
        return Arrays.equals(digest.digest(), 0, CHECKSUM_BYTES, entry, MAGIC.length, header);
    }

    /** Stores {@code code} under {@code key}, replacing any existing entry; a failure is logged. */
    public void put(String key, byte[] code) {
        byte[] entry = ByteBuffer.allocate(MAGIC.length + CHECKSUM_BYTES + code.length)
                .put(MAGIC)
                .put(sha256().digest(code))
                .put(code)
                .array();
        try {
            Files.createDirectories(folder);
            // not a temporary file of the JDK's, which only its owner may read
            Path unfinished = folder.resolve(key.substring(0, 8) + UUID.randomUUID() + ".tmp");
            try {
                Files.write(unfinished, entry);
                Files.move(unfinished, file(key), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(unfinished);
            }
        } catch (IOException e) {
            LOGGER.log(
                    Level.WARNING,
                    "kernel cache: {0} cannot be written ({1}); kernels are compiled in every process",
                    folder,
                    e.toString());
        }
    }

    private Path file(String key) {
        return folder.resolve(key + ".bin");
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
