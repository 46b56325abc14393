package dev.lanewise.examples.lm;

import dev.lanewise.examples.JsonLine;
import dev.lanewise.examples.Usage;
import dev.lanewise.examples.train.Progress;
import dev.lanewise.examples.train.text.TextSets;
import dev.lanewise.lm.TextEncoder;
import dev.lanewise.nn.data.DataHome;
import dev.lanewise.nn.data.table.Table;
import dev.lanewise.nn.data.text.TextFiles;
import dev.lanewise.nn.io.BadFileException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lanewise lm search}. */
@Command(
        name = "search",
        description = {
            "Find the texts whose meaning is nearest to that of a question.",
            "A text is a line of the file; of a .csv file without a header, all its columns but the first."
        })
final class SearchCommand implements Callable<Integer> {
    private static final String NEWS = "ag-news";

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "MODEL", description = MiniLm.OR_FOLDER)
    private Path model = Path.of("");

    @Option(
            names = "--file",
            defaultValue = NEWS,
            paramLabel = "FILE",
            description =
                    "The texts, in UTF-8; by default, or as ag-news, the test texts of AG News, from LANEWISE_DATA,"
                            + " the cache or the web.")
    private Path file = Path.of("");

    @Option(names = "--columns", defaultValue = "3", description = "How many columns a .csv file has.")
    private int columns;

    @Option(names = "--query", paramLabel = "TEXT", description = "A question; may be given several times.")
    private List<String> queries = new ArrayList<>();

    @Option(names = "--top", defaultValue = "5", description = "How many texts are shown.")
    private int top;

    @Option(
            names = "--cells",
            defaultValue = "0",
            description = "Cells of the index; 0 for the root of the texts' number.")
    private int cells;

    @Option(names = "--probes", defaultValue = "8", description = "How many cells are looked into.")
    private int probes;

    @Option(
            names = "--recall",
            defaultValue = "0",
            paramLabel = "N",
            description = "Compare the index with the ranking of all texts, for the first N texts as questions.")
    private int recall;

    @Option(names = "--json", description = "Print a JSON object for each text that was found.")
    private boolean json;

    SearchCommand() {}

    @Override
    public Integer call() {
        if (queries.isEmpty() && recall == 0) {
            throw new ParameterException(spec.commandLine(), "expected a question, --query TEXT, or --recall N");
        }
        Usage.check(spec, "--top", top, top >= 1, "1 or more");
        Usage.check(spec, "--probes", probes, probes >= 1, "1 or more");
        Usage.check(spec, "--cells", cells, cells >= 0, "1 or more, or 0 for the root of the texts' number");
        Usage.check(spec, "--recall", recall, recall >= 0, "1 or more, or 0 for no comparison");
        Usage.check(spec, "--columns", columns, columns >= 1, "1 or more");
        Progress remarks = Remarks.of(spec);
        List<String> texts = texts(remarks);
        if (texts.isEmpty()) {
            throw new BadFileException(file, "no text", "one in each line", "check the file");
        }
        int most = Math.min(top, texts.size());
        int count = cells > 0 ? cells : (int) Math.round(Math.sqrt(texts.size()));
        Usage.check(
                spec,
                "--cells",
                count,
                count >= 1 && count <= texts.size(),
                "1 to the number of texts, " + texts.size());
        TextEncoder encoder = TextEncoder.load(MiniLm.folder(model));
        PrintWriter out = spec.commandLine().getOut();
        long start = System.nanoTime();
        float[][] vectors = encoder.embed(texts);
        double seconds = (System.nanoTime() - start) / 1e9;
        VectorIndex index = VectorIndex.of(vectors, count);
        if (!json) {
            out.println(String.format(Locale.ROOT, "%d texts in %.1f s, %d cells", texts.size(), seconds, count));
        }
        if (!queries.isEmpty()) {
            float[][] asked = encoder.embed(queries);
            for (int i = 0; i < asked.length; i++) {
                print(queries.get(i), index.near(asked[i], most, probes), texts, out);
            }
        }
        if (recall > 0) {
            double share = recall(index, Arrays.copyOf(vectors, Math.min(recall, vectors.length)), most);
            out.println(
                    json
                            ? JsonLine.of(Map.of("recall", share, "top", top, "probes", probes))
                            : String.format(
                                    Locale.ROOT, "recall at %d with %d of %d cells: %.4f", top, probes, count, share));
        }
        out.flush();
        return 0;
    }

    /** The share of the best of all texts that the index finds too; each question is itself one of the texts, and left out. */
    private double recall(VectorIndex index, float[][] asked, int most) {
        long found = 0;
        long all = 0;
        for (int i = 0; i < asked.length; i++) {
            Set<Long> best = places(index.exact(asked[i], most + 1), i, most);
            Set<Long> near = places(index.near(asked[i], most + 1, probes), i, most);
            all += best.size();
            best.retainAll(near);
            found += best.size();
        }
        return all == 0 ? 1 : (double) found / all;
    }

    private static Set<Long> places(VectorIndex.Hit[] hits, long self, int most) {
        return Arrays.stream(hits)
                .map(VectorIndex.Hit::place)
                .filter(place -> place != self)
                .limit(most)
                .collect(Collectors.toSet());
    }

    private void print(String query, VectorIndex.Hit[] hits, List<String> texts, PrintWriter out) {
        if (!json) {
            out.println(query);
        }
        for (VectorIndex.Hit hit : hits) {
            String text = texts.get(Math.toIntExact(hit.place()));
            if (json) {
                Map<String, Object> fields = new LinkedHashMap<>();
                fields.put("query", query);
                fields.put("score", hit.score());
                fields.put("text", text);
                out.println(JsonLine.of(fields));
            } else {
                out.println(String.format(Locale.ROOT, "  %.3f  %s", hit.score(), text));
            }
        }
    }

    private List<String> texts(Progress remarks) {
        if (file.toString().equals(NEWS) && !Files.exists(file)) {
            return TextSets.news(DataHome.of(null), remarks::download).lines();
        }
        if (String.valueOf(file.getFileName()).endsWith(".csv")) {
            List<String> names =
                    IntStream.range(0, columns).mapToObj(Integer::toString).toList();
            Table table = Table.read(file, ',', names);
            List<String> all = new ArrayList<>();
            for (int row = 0; row < table.rows(); row++) {
                int at = row;
                all.add(names.stream()
                        .skip(1)
                        .map(name -> table.column(name).text(at))
                        .filter(Objects::nonNull)
                        .collect(Collectors.joining(" ")));
            }
            return all;
        }
        return TextFiles.lines(file);
    }
}
