package dev.lanewise.examples.recommend;

import dev.lanewise.autograd.*;
import dev.lanewise.examples.page.*;
import dev.lanewise.nn.*;
import dev.lanewise.nn.data.*;
import dev.lanewise.nn.metrics.*;
import dev.lanewise.nn.optim.*;
import dev.lanewise.nn.sequence.*;
import dev.lanewise.tensor.*;
import java.util.*;

/**
 * Two towers, one for users and one for items, whose scores are products of their vectors: the items' vectors are computed once,
 * and what suits a user is found by nearest neighbours among millions. A batch of choices is its own source of negatives: for
 * each user, the items of all other users in the batch (Yi et al. 2019, "Sampling-bias-corrected neural modeling for large
 * corpus item recommendations"). A step changes only the rows of the tables that it looked up.
 */
public final class TwoTowers implements Example {
    private static final int SIZE = 32;

    /** Scores of {@code [..., 2]} pairs, and of all users with all items of a batch. */
    static final class Towers extends Layer {
        private final Embedding userTable;
        private final Embedding itemTable;
        private final Layer user;
        private final Layer item;

        Towers(long users, long items, Rng rng) {
            userTable = child("user_table", Embedding.sparse(users, SIZE, rng));
            itemTable = child("item_table", Embedding.sparse(items, SIZE, rng));
            user = child("user", tower(rng));
            item = child("item", tower(rng));
        }

        private static Layer tower(Rng rng) {
            return new Sequential(new Linear(SIZE, SIZE, rng), new ReLU(), new Linear(SIZE, SIZE, rng));
        }

        Tensor users(Tensor numbers) {
            return user.forward(userTable.forward(numbers));
        }

        Tensor items(Tensor numbers) {
            return item.forward(itemTable.forward(numbers));
        }

        /** {@code [n]} users and {@code [m]} items to {@code [n, m]} scores. */
        Tensor all(Tensor users, Tensor items) {
            return called(() -> users(users).matmul(items(items).transpose()));
        }

        @Override
        protected Tensor compute(Tensor pairs) {
            return users(pairs.select(-1, 0)).mul(items(pairs.select(-1, 1))).sum(-1);
        }

        List<Parameter> tables() {
            return List.of(userTable.weight(), itemTable.weight());
        }
    }

    @Override
    public String id() {
        return "two-tower";
    }

    @Override
    public String shows() {
        return "a retrieval model (two towers) with tables updated by rows and negatives from the batch";
    }

    @Override
    public Map<String, Double> run(Settings settings) {
        Interactions choices = Interactions.synthetic(settings.seed(), settings.of(943, 200), settings.of(1682, 300));
        DataLoader train = new DataLoader(choices.pairs(), 256, true, settings.seed());
        DataLoader test = new DataLoader(choices.heldOut(99, settings.seed()), 256, false, 0);

        Towers towers = new Towers(choices.users().size(), choices.items().size(), new Rng(settings.seed()));
        List<Parameter> dense = new ArrayList<>(towers.parameters());
        dense.removeAll(towers.tables());
        var forTables = new SparseAdam(towers.tables(), 0.01);
        var forLayers = new Adam(dense, 0.003);
        Tensor logFrequency = logFrequency(choices.counts());

        for (int epoch = 1; epoch <= settings.of(15, 6); epoch++) {
            double sum = 0;
            for (Batch batch : train.epoch(epoch)) {
                try (var ignored = Scope.open("step")) {
                    // an item is drawn as a negative as often as it is popular, so it would be pushed away for that
                    Tensor scores = towers.all(batch.x(), batch.y()).sub(logFrequency.indexSelect(0, batch.y()));
                    Tensor loss = scores.crossEntropy(Tensor.arange(batch.size(), DType.I64, Device.CPU));
                    Gradients gradients = Autograd.gradients(loss);
                    forTables.step(gradients);
                    forLayers.step(gradients);
                    sum += loss.item();
                }
            }
            TopK ranking = measured(towers, test);
            settings.report(
                    "epoch %d: loss %.4f, HR@10 %.4f, NDCG@10 %.4f",
                    epoch, sum / train.batches(), ranking.hitRate(), ranking.ndcg());
        }
        Map<String, Double> figures = new LinkedHashMap<>(measured(towers, test).figures());
        figures.put(
                "hr@10 by popularity",
                NeuralFactorization.byPopularity(choices, test).hitRate());
        return figures;
    }

    private static Tensor logFrequency(long[] counts) {
        return Tensor.of(counts)
                .to(DType.F32)
                .clamp(1.0, 1e9)
                .div(Arrays.stream(counts).sum())
                .log();
    }

    private static TopK measured(Layer towers, DataLoader test) {
        TopK ranking = new TopK(10);
        Autograd.noGrad(() -> {
            for (Batch batch : test.epoch(1)) {
                try (var ignored = Scope.open("test")) {
                    ranking.add(towers.forward(batch.x()), batch.y());
                }
            }
        });
        return ranking;
    }
}
