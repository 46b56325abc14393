package dev.lanewise.bench.scaling;

import dev.lanewise.bench.Spread;
import dev.lanewise.bench.scaling.Team.Connection;
import dev.lanewise.examples.JsonLine;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code lanewise bench scaling}. */
@Command(
        name = "scaling",
        description = {
            "Train in one process of one thread, in several that exchange nothing, and in several together: what several",
            "reach without exchanging anything is the most that this machine lets them reach together."
        },
        sortOptions = false)
public final class ScalingCommand implements Callable<Integer> {
    private static final int ROUNDS = 7;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--only",
            paramLabel = "NAME",
            split = ",",
            description = "The models, of ${COMPLETION-CANDIDATES}. Default: all.")
    private List<ScaledModel> models = List.of(ScaledModel.values());

    @Option(names = "--ranks", paramLabel = "N", description = "How many processes. Default: 2.")
    private int ranks = 2;

    @Option(
            names = "--engine",
            paramLabel = "NAME",
            split = ",",
            description = "What connects them, of RING, MPI. Default: RING.")
    private List<Connection> engines = List.of(Connection.RING);

    @Option(
            names = "--batch",
            paramLabel = "N",
            split = ",",
            description = "Samples per step of each process. Default: that of one process, and its part.")
    private List<Integer> batches = List.of();

    @Option(names = "--warm-up", paramLabel = "S", description = "Seconds before it is measured. Default: 20.")
    private double warmUp = 20;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            description = "How long to measure each, in seven rounds that take turns. Default: 10.")
    private double seconds = 10;

    @Option(names = "--json", description = "Print one JSON object per line.")
    private boolean json;

    /** Called by the command line. */
    public ScalingCommand() {}

    @Override
    public Integer call() {
        if (ranks < 2
                || !(warmUp >= 0)
                || !(seconds > 0)
                || batches.stream().anyMatch(batch -> batch < 1)
                || engines.contains(Connection.ALONE)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--ranks " + ranks + ", --warm-up " + warmUp + ", --seconds " + seconds + ", --batch " + batches
                            + ", --engine " + engines
                            + " (expected 2 or more ranks, times and batches above 0, and RING or MPI)");
        }
        for (ScaledModel model : models) {
            measure(model);
        }
        return 0;
    }

    private void measure(ScaledModel model) {
        try (Team one = new Team(model, Connection.ALONE, 1, model.batch)) {
            one.warm(warmUp);
            List<Integer> parts = batches.isEmpty() ? List.of(model.batch, Math.max(1, model.batch / ranks)) : batches;
            boolean first = true;
            for (int batch : parts) {
                measure(model, batch, one, first);
                first = false;
            }
        }
    }

    /** The rounds of all teams take turns, so that a slow minute of the machine meets all. */
    private void measure(ScaledModel model, int batch, Team one, boolean printsOne) {
        List<Team> teams = new ArrayList<>(List.of(one));
        try {
            if (batch != model.batch) {
                teams.add(new Team(model, Connection.ALONE, 1, batch));
            }
            teams.add(new Team(model, Connection.ALONE, ranks, batch));
            engines.forEach(engine -> teams.add(new Team(model, engine, ranks, batch)));
            teams.stream().skip(1).forEach(team -> team.warm(warmUp));
            double[][] rates = new double[teams.size()][ROUNDS];
            for (int round = 0; round < ROUNDS; round++) {
                for (int i = 0; i < rates.length; i++) {
                    rates[i][round] = teams.get(i).rate(seconds / ROUNDS);
                }
            }
            for (int i = printsOne ? 0 : 1; i < rates.length; i++) {
                print(model, teams.get(i), rates[i], rates[0]);
            }
        } finally {
            teams.stream().skip(1).forEach(Team::close);
        }
    }

    // ---- the report

    private void print(ScaledModel model, Team team, double[] rates, double[] one) {
        double[] ratios = new double[rates.length];
        Arrays.setAll(ratios, round -> rates[round] / one[round]);
        double rate = new Spread(rates).median();
        double ratio = new Spread(ratios).median();
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("model", model.id);
            line.put("processes", team.title());
            line.put("batch_of_each", team.samples());
            line.put("ratio", ratio);
            if (team.exchanges()) {
                line.put("communication_share", team.communicationShare());
                line.put("waited_share", team.waitedShare());
            }
            line.put("samples_per_s", rate);
            out.println(JsonLine.of(line));
        } else {
            out.println(String.format(
                    Locale.ROOT,
                    "%-15s %-24s batch of each %4d: %8.1f samples per second, %.2f of one process%s",
                    model.id,
                    team.title(),
                    team.samples(),
                    rate,
                    ratio,
                    shares(team)));
        }
        out.flush();
    }

    private static String shares(Team team) {
        return team.exchanges()
                ? String.format(Locale.ROOT, ", %.0f%% of the time waiting for others", 100 * team.waitedShare())
                : "";
    }
}
