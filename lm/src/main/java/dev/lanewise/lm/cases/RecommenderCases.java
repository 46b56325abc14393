package dev.lanewise.lm.cases;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.loss.Losses;
import dev.lanewise.nn.models.NeuMF;
import dev.lanewise.nn.optim.Adagrad;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.nn.optim.SparseAdam;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.text.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;

/** Recommenders: neural matrix factorization and tables trained by gradients of rows, and the measures of {@link MetricCases}. */
final class RecommenderCases implements CaseFolder.Part {
    private static final double TOLERANCE = 1e-4;
    private static final String INIT = "init/";

    /** The names in {@link NeuMF} of the stored model's parts. */
    private static final Map<String, String> PARTS = Map.of(
            "user_gmf", "user_product",
            "item_gmf", "item_product",
            "user_mlp", "user_hidden",
            "item_mlp", "item_hidden",
            "head", "out");

    RecommenderCases() {}

    /** Parameters by their stored names, and the logits of users and items. */
    private record Model(Map<String, Parameter> parameters, BinaryOperator<Tensor> logits) {
        List<Parameter> those(boolean tables) {
            return parameters.entrySet().stream()
                    .filter(entry -> isTable(entry.getKey()) == tables)
                    .map(Map.Entry::getValue)
                    .toList();
        }
    }

    @Override
    public void run(Path folder, Report report) throws IOException {
        for (Path file : CaseFolder.children(folder)) {
            String name = String.valueOf(file.getFileName());
            if (name.endsWith(".safetensors")) {
                Report own = report.at(name.substring(0, name.lastIndexOf('.')));
                own.guarded("load", () -> file(Stored.read(file), own));
            }
        }
    }

    private static void file(Stored stored, Report report) {
        if (stored.has("user")) {
            for (String optimizer : List.of("sgd", "adagrad", "sparse_adam", "dense_adam")) {
                report.guarded(optimizer, () -> factorization(stored, optimizer, report));
            }
            return;
        }
        for (Stored.Case c : stored.cases()) {
            report.guarded(c.id(), () -> {
                if (c.op().startsWith("sparse_")) {
                    table(c, report);
                } else {
                    MetricCases.check(c, report);
                }
            });
        }
    }

    // ---- factorization

    private static boolean isTable(String name) {
        return name.startsWith("user_") || name.startsWith("item_");
    }

    private static void factorization(Stored stored, String optimizer, Report report) {
        Model model = optimizer.equals("dense_adam") ? dense(stored) : byRows(stored);
        List<Optimizer> optimizers = optimizers(model, optimizer);
        int steps = stored.json("case").need("steps").index();
        double[] losses = new double[steps];
        for (int step = 0; step < steps; step++) {
            try (Scope ignored = Scope.open("step")) {
                Tensor logits = model.logits.apply(
                        stored.get("user").select(0, step), stored.get("item").select(0, step));
                Tensor loss = Losses.binaryCrossEntropyWithLogits(Reduction.MEAN)
                        .of(logits, stored.get("label").select(0, step));
                losses[step] = loss.item();
                Gradients gradients = Autograd.gradients(loss);
                optimizers.forEach(each -> each.step(gradients));
            }
        }
        report.close(optimizer + "/loss", losses, stored.doubles(optimizer + "/loss"), TOLERANCE);
        model.parameters.forEach((name, parameter) -> {
            String id = optimizer + "/final/" + name;
            report.close(id, Autograd.detach(parameter.leaf()), stored.get(id), TOLERANCE);
        });
    }

    private static List<Optimizer> optimizers(Model model, String name) {
        List<Parameter> all = List.copyOf(model.parameters.values());
        return switch (name) {
            case "sgd" -> List.of(new Sgd(all, 0.5));
            case "adagrad" -> List.of(new Adagrad(all, 0.05));
            case "sparse_adam" -> List.of(new SparseAdam(model.those(true), 0.01), new Adam(model.those(false), 0.01));
            default -> List.of(new Adam(all, 0.01));
        };
    }

    /** The library's model, whose tables have dense gradients. */
    private static Model dense(Stored stored) {
        long factors = sizes(stored, "user_gmf")[1];
        long width = sizes(stored, "user_mlp")[1];
        NeuMF model = new NeuMF(
                sizes(stored, "user_gmf")[0],
                sizes(stored, "item_gmf")[0],
                factors,
                new long[] {2 * width, sizes(stored, "hidden.0")[0], sizes(stored, "hidden.2")[0]},
                new Rng(0));
        Map<String, Tensor> state = new LinkedHashMap<>();
        Map<String, String> names = new LinkedHashMap<>();
        for (String name : stored.names()) {
            if (name.startsWith(INIT)) {
                String own = name.substring(INIT.length());
                String part = own.substring(0, own.lastIndexOf('.'));
                String inModel = PARTS.getOrDefault(part, part) + own.substring(part.length());
                state.put(inModel, stored.get(name));
                names.put(own, inModel);
            }
        }
        model.loadStateDict(state);
        Map<String, Parameter> inModel = model.namedParameters();
        Map<String, Parameter> parameters = new LinkedHashMap<>();
        names.forEach((own, name) -> parameters.put(own, Objects.requireNonNull(inModel.get(name), name)));
        return new Model(
                parameters, (users, items) -> model.forward(Tensor.cat(1, users.unsqueeze(1), items.unsqueeze(1))));
    }

    private static long[] sizes(Stored stored, String part) {
        return stored.get(INIT + part + ".weight").shape().toArray();
    }

    /** The same with tables whose gradients are the rows that were looked up. */
    private static Model byRows(Stored stored) {
        Map<String, Parameter> parameters = new LinkedHashMap<>();
        for (String name : stored.names()) {
            if (name.startsWith(INIT)) {
                String own = name.substring(INIT.length());
                Tensor values = stored.get(name).copy();
                parameters.put(own, isTable(own) ? Parameter.byRows(values) : new Parameter(values));
            }
        }
        UnaryOperator<Tensor> first = x -> linear(parameters, "hidden.0", x).relu();
        UnaryOperator<Tensor> second = x -> linear(parameters, "hidden.2", x).relu();
        return new Model(parameters, (users, items) -> {
            Tensor product = rows(parameters, "user_gmf", users).mul(rows(parameters, "item_gmf", items));
            Tensor both = Tensor.cat(1, rows(parameters, "user_mlp", users), rows(parameters, "item_mlp", items));
            Tensor hidden = second.apply(first.apply(both));
            return linear(parameters, "head", Tensor.cat(1, product, hidden)).squeeze(1);
        });
    }

    private static Tensor rows(Map<String, Parameter> parameters, String part, Tensor numbers) {
        return named(parameters, part + ".weight").embedding(numbers);
    }

    private static Tensor linear(Map<String, Parameter> parameters, String part, Tensor x) {
        return x.linear(named(parameters, part + ".weight"), named(parameters, part + ".bias"));
    }

    private static Tensor named(Map<String, Parameter> parameters, String name) {
        return Objects.requireNonNull(parameters.get(name), name).tensor();
    }

    // ---- single tables

    private static void table(Stored.Case c, Report report) {
        Parameter table = Parameter.byRows(c.in("table").copy());
        Optimizer optimizer = optimizer(c, table);
        Tensor index = c.in("index");
        Tensor upstream = c.in("gout");
        List<Tensor> path = new ArrayList<>();
        for (long step = 0; step < index.shape().size(0); step++) {
            Tensor looked = table.tensor().embedding(index.select(0, step));
            optimizer.step(
                    Autograd.gradients(looked.mul(upstream.select(0, step)).sum()));
            path.add(Autograd.detach(table.leaf()).copy().unsqueeze(0));
        }
        c.check(report, "out", Tensor.cat(0, path.toArray(Tensor[]::new)));
    }

    private static Optimizer optimizer(Stored.Case c, Parameter table) {
        List<Parameter> parameters = List.of(table);
        Json attrs = c.attrs();
        double rate = attrs.need("lr").number();
        return switch (c.op()) {
            case "sparse_sgd" -> new Sgd(parameters, rate);
            case "sparse_sgd_momentum" ->
                new Sgd(
                        parameters,
                        rate,
                        Sgd.Options.momentum(attrs.need("momentum").number()));
            case "sparse_adagrad" -> {
                Adagrad adagrad = new Adagrad(
                        parameters,
                        rate,
                        new Adagrad.Options(0, attrs.need("eps").number(), 0));
                Tensor sums = table.leaf()
                        .zerosLike()
                        .add(attrs.need("initial_accumulator_value").number());
                adagrad.loadStateDict(Map.of("sum.0", sums), 0);
                yield adagrad;
            }
            case "sparse_sparse_adam" -> {
                List<Json> betas = attrs.need("betas").list();
                yield new SparseAdam(
                        parameters,
                        rate,
                        new SparseAdam.Options(
                                betas.get(0).number(),
                                betas.get(1).number(),
                                attrs.need("eps").number()));
            }
            default -> throw new IllegalStateException("no optimizer for " + c.op());
        };
    }
}
