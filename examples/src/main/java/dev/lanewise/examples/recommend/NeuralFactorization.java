package dev.lanewise.examples.recommend;

import dev.lanewise.examples.page.*;
import dev.lanewise.nn.data.*;
import dev.lanewise.nn.loss.*;
import dev.lanewise.nn.metrics.*;
import dev.lanewise.nn.models.*;
import dev.lanewise.nn.optim.*;
import dev.lanewise.nn.train.*;
import dev.lanewise.tensor.*;
import java.util.*;

/**
 * NeuMF learns from implicit feedback: what a user chose is an example of what is liked, and a few items that the user did not
 * choose, drawn at random, are examples of what is not. It is measured by leaving one out: among the item that a user chose
 * last and 99 others, how often is it one of the best ten?
 */
public final class NeuralFactorization implements Example {
    @Override
    public String id() {
        return "neumf";
    }

    @Override
    public String shows() {
        return "a recommender (NeuMF) of implicit feedback, measured by leaving one out";
    }

    @Override
    public Map<String, Double> run(Settings settings) {
        Interactions choices = Interactions.synthetic(settings.seed(), settings.of(943, 200), settings.of(1682, 300));
        DataLoader train = new DataLoader(choices.sampled(4, settings.seed()), 256, true, settings.seed());
        DataLoader test = new DataLoader(choices.heldOut(99, settings.seed()), 256, false, 0);

        NeuMF model = new NeuMF(
                choices.users().size(),
                choices.items().size(),
                8,
                new long[] {64, 32, 16, 8},
                new Rng(settings.seed()));
        var optimizer = new Adam(model.parameters(), settings.quick() ? 5e-3 : 1e-3);
        TrainingResult result = new Trainer(model, Losses.binaryCrossEntropyWithLogits(Reduction.MEAN), optimizer)
                .validation(test, () -> new TopK(10))
                .callbacks(new ProgressLog(settings.progress()))
                .fit(train, settings.of(10, 3));

        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("hr@10", result.last().figure("validation_hr@10"));
        figures.put("ndcg@10", result.last().figure("validation_ndcg@10"));
        figures.put("hr@10 by popularity", byPopularity(choices, test).hitRate());
        return figures;
    }

    /** What is reached without knowing the user: the items that most users chose come first. */
    static TopK byPopularity(Interactions choices, DataLoader test) {
        TopK ranking = new TopK(10);
        try (var ignored = Scope.open("popularity")) {
            Tensor counts = Tensor.of(choices.counts()).to(DType.F32).unsqueeze(1);
            for (Batch batch : test.epoch(1)) {
                ranking.add(counts.embedding(batch.x().select(2, 1)).squeeze(2), batch.y());
            }
        }
        return ranking;
    }
}
