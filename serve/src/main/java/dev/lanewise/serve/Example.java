package dev.lanewise.serve;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.InputLimits;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.serve.http.MemoryBudget;
import dev.lanewise.serve.http.Refusal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a model is known to answer, in the folder of its version: {@value #REQUEST}, a request as a client sends it, and
 * {@value #ANSWER}, the answer as a client gets it, which may be missing or hold some of the outputs.
 */
record Example(InferRequest request, Map<String, TensorData> answer) {
    static final String REQUEST = "example.json";
    static final String ANSWER = "example-answer.json";

    private static final long MOST_BYTES = 1 << 28;

    /**
     * Reads the files.
     *
     * @return the example, or null if there is none
     * @throws BadFileException if a file can't be read or does not fit the signature
     */
    static @Nullable Example read(Path folder, Signature signature) {
        Path request = folder.resolve(REQUEST);
        if (!Files.exists(request)) {
            return null;
        }
        Path answer = folder.resolve(ANSWER);
        Signature reversed = new Signature(/* inputs= */ signature.outputs(), /* outputs= */ signature.inputs());
        return new Example(
                read(request, signature, RequestReader::read),
                Files.exists(answer) ? read(answer, reversed, RequestReader::readAnswer) : Map.of());
    }

    private static <T> T read(Path file, Signature signature, Function<RequestReader, T> reading) {
        String kind = "JSON of the Open Inference Protocol";
        try (MemoryBudget.Lease memory = new MemoryBudget(Long.MAX_VALUE).lease()) {
            long length = InputLimits.length(file, kind);
            if (length > MOST_BYTES) {
                throw new BadFileException(file, length + " bytes", "at most " + MOST_BYTES, "give a smaller example");
            }
            byte[] body = Files.readAllBytes(file);
            return reading.apply(new RequestReader(body, body.length, signature, memory));
        } catch (Refusal refusal) {
            throw new BadFileException(
                    file, "a wrong example (" + refusal.text() + ")", kind, "correct it, or remove it", refusal);
        } catch (IOException e) {
            throw BadFileException.unreadable(file, kind, e);
        }
    }
}
