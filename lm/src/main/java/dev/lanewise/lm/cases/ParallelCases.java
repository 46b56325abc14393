package dev.lanewise.lm.cases;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.Activation;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.text.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Data-parallel training: the mean of the ranks' gradients, computed one rank after the other. */
final class ParallelCases implements CaseFolder.Part {
    private static final double TOLERANCE = 1e-4;

    ParallelCases() {}

    @Override
    public void run(Path folder, Report report) throws IOException {
        for (Path file : CaseFolder.children(folder)) {
            if (file.toString().endsWith(".safetensors")) {
                Stored stored = Stored.read(file);
                for (Json ranks : stored.json("case").need("ranks").list()) {
                    report.guarded("ranks-" + ranks.index(), () -> train(stored, ranks.index(), report));
                }
            }
        }
    }

    private static Sequential model(Stored stored) {
        Map<String, Tensor> state = new TreeMap<>();
        for (String name : stored.names()) {
            if (name.startsWith("init/")) {
                state.put(name.substring("init/".length()), stored.get(name));
            }
        }
        Sequential model =
                new Sequential(linear(stored, 0), new ReLU(), linear(stored, 2), Activation.tanh(), linear(stored, 4));
        model.loadStateDict(state);
        return model;
    }

    private static Linear linear(Stored stored, int place) {
        Tensor weight = stored.get("init/" + place + ".weight");
        return new Linear(weight.shape().size(1), weight.shape().size(0));
    }

    private static void train(Stored stored, int ranks, Report report) {
        String id = "ranks-" + ranks;
        Json settings = stored.json("case").need("optimizer");
        Sequential model = model(stored);
        Sgd optimizer = new Sgd(
                model.parameters(),
                settings.need("lr").number(),
                Sgd.Options.momentum(settings.need("momentum").number()));
        int steps = stored.json("case").need("steps").index();
        double[] losses = new double[steps];
        for (int step = 0; step < steps; step++) {
            Tensor x = stored.get("x").select(0, step);
            Tensor y = stored.get("y").select(0, step);
            long part = x.shape().size(0) / ranks;
            List<Gradients> all = new ArrayList<>();
            for (int rank = 0; rank < ranks; rank++) {
                Tensor loss = new CrossEntropyLoss()
                        .of(model.forward(x.narrow(0, rank * part, part)), y.narrow(0, rank * part, part));
                losses[step] += loss.item() / ranks;
                Gradients gradients = Autograd.gradients(loss);
                all.add(gradients);
                if (step == 0) {
                    first(stored, model, ranks, rank, loss, gradients, report);
                }
            }
            optimizer.step(mean(model, all));
        }
        report.close(id + "/loss", losses, stored.doubles("loss/" + ranks), TOLERANCE);
        model.namedParameters()
                .forEach((name, parameter) ->
                        report.close(id + "/final/" + name, parameter.leaf(), stored.get("final/" + name), TOLERANCE));
    }

    private static void first(
            Stored stored, Sequential model, int ranks, int rank, Tensor loss, Gradients gradients, Report report) {
        String id = "ranks-" + ranks + "/step0/rank" + rank;
        String wanted = "step0/" + ranks + "/rank" + rank + "/loss";
        if (stored.has(wanted)) {
            report.close(id + "/loss", loss, stored.get(wanted), TOLERANCE);
        }
        model.namedParameters().forEach((name, parameter) -> {
            Tensor want = stored.optional("step0/rank" + rank + "/grad/" + name);
            // gradients are stored for two ranks
            if (ranks == 2 && want != null) {
                report.close(id + "/grad/" + name, gradients.of(parameter.leaf()), want, TOLERANCE);
            }
        });
    }

    private static Gradients mean(Sequential model, List<Gradients> all) {
        Map<Tensor, Tensor> means = new LinkedHashMap<>();
        for (Parameter parameter : model.parameters()) {
            Tensor total = all.getFirst().of(parameter.leaf());
            for (Gradients other : all.subList(1, all.size())) {
                total = total.add(other.of(parameter.leaf()));
            }
            means.put(parameter.leaf(), total.div(all.size()));
        }
        return Gradients.from(means, Map.of());
    }
}
