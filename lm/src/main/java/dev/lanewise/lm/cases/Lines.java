package dev.lanewise.lm.cases;

import dev.lanewise.text.json.Json;
import dev.lanewise.text.json.JsonFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.zip.GZIPInputStream;

/** Files with one JSON object per line, compressed or not. */
final class Lines {
    private static final int SHOWN = 300;

    private Lines() {}

    static List<Json> read(Path file) throws IOException {
        List<Json> out = new ArrayList<>();
        try (InputStream raw = Files.newInputStream(file);
                InputStream in = file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw;
                BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            String line;
            while ((line = reader.readLine()) != null) {
                out.add(JsonFile.read(line, "line " + (out.size() + 1)));
            }
        }
        return out;
    }

    /**
     * Checks every line of a file, if it exists, and reports how many lines differ and how the first one does.
     *
     * @param check returns what is different in a line
     */
    static void check(Path file, String id, Report report, Function<Json, List<String>> check) {
        if (!Files.exists(file)) {
            return;
        }
        report.guarded(id, () -> {
            int bad = 0;
            String first = "";
            List<Json> lines = read(file);
            for (Json line : lines) {
                List<String> different = differences(line, check);
                if (!different.isEmpty() && bad++ == 0) {
                    String all = line.path() + ": " + different;
                    first = all.length() <= SHOWN ? all : all.substring(0, SHOWN);
                }
            }
            if (lines.isEmpty()) {
                report.failed(id, "no line in " + file.getFileName());
            } else {
                report.that(
                        bad == 0,
                        id,
                        bad == 0
                                ? lines.size() + " lines equal"
                                : bad + " of " + lines.size() + " lines differ; " + first);
            }
        });
    }

    private static List<String> differences(Json line, Function<Json, List<String>> check) {
        try {
            return check.apply(line);
        } catch (RuntimeException e) {
            return List.of(e.toString());
        }
    }

    static List<Integer> ints(Json json) {
        return json.list().stream().map(Json::index).toList();
    }

    static int[] ids(Json json) {
        return ints(json).stream().mapToInt(i -> i).toArray();
    }
}
