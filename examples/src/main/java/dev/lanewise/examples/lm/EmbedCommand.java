package dev.lanewise.examples.lm;

import dev.lanewise.examples.JsonLine;
import dev.lanewise.lm.TextEncoder;
import dev.lanewise.nn.data.text.TextFiles;
import dev.lanewise.nn.io.Npy;
import dev.lanewise.nn.io.TensorData;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lanewise lm embed}. */
@Command(name = "embed", description = "Turn each line of a file into a vector of length 1.")
final class EmbedCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "MODEL", description = MiniLm.OR_FOLDER)
    private Path model;

    @Option(names = "--file", required = true, paramLabel = "FILE", description = "One text per line, in UTF-8.")
    private Path file = Path.of("");

    @Option(
            names = "--output",
            paramLabel = "FILE.npy",
            description = "Where to write all vectors; otherwise they are printed as JSON, one per line.")
    private @Nullable Path output;

    @Option(names = "--json", description = "Print JSON; of --output too, which is a sentence otherwise.")
    private boolean json;

    @Mixin
    private AdapterOption adapter;

    EmbedCommand() {}

    @Override
    public Integer call() {
        List<String> texts = TextFiles.read(file).lines().toList();
        TextEncoder encoder = TextEncoder.load(MiniLm.folder(model));
        adapter.apply(encoder.model());
        float[][] vectors = encoder.embed(texts);
        PrintWriter out = spec.commandLine().getOut();
        Path target = output;
        if (target == null) {
            for (int i = 0; i < vectors.length; i++) {
                Map<String, Object> fields = new LinkedHashMap<>();
                fields.put("text", texts.get(i));
                fields.put("vector", vectors[i]);
                out.println(JsonLine.of(fields));
            }
        } else {
            int size = vectors.length == 0 ? 0 : vectors[0].length;
            float[] all = new float[vectors.length * size];
            for (int i = 0; i < vectors.length; i++) {
                System.arraycopy(vectors[i], 0, all, i * size, size);
            }
            Npy.write(target, TensorData.of(all, vectors.length, size));
            out.println(
                    json
                            ? JsonLine.of(Map.of("output", target.toString(), "vectors", vectors.length, "size", size))
                            : vectors.length + " vectors of " + size + " in " + target);
        }
        out.flush();
        return 0;
    }
}
