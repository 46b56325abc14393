package dev.lanewise.examples.train.recommend;

import dev.lanewise.examples.recommend.Interactions;
import dev.lanewise.examples.recommend.MovieLens;
import dev.lanewise.examples.train.Answer;
import dev.lanewise.examples.train.Card;
import dev.lanewise.examples.train.DataFiles;
import dev.lanewise.examples.train.OptimizerKind;
import dev.lanewise.examples.train.Parts;
import dev.lanewise.examples.train.Recipe;
import dev.lanewise.examples.train.ReferenceModel;
import dev.lanewise.examples.train.Setup;
import dev.lanewise.examples.train.Task;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.loss.Losses;
import dev.lanewise.nn.metrics.TopK;
import dev.lanewise.nn.models.NeuMF;
import dev.lanewise.nn.optim.Schedule;
import dev.lanewise.nn.train.EpochFigures;
import dev.lanewise.nn.train.Trainer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Recommends items to users by what all users chose (NeuMF), on MovieLens or on a stand-in of its shape. Each user's last choice
 * is held out, and ranked among 99 items that the user never chose.
 */
public final class Recommender implements ReferenceModel {
    private static final String NAME = "movielens";
    private static final String USERS = "users";
    private static final String ITEMS = "items";
    private static final String SEEN = "seen";
    private static final int FACTORS = 8;
    private static final long[] WIDTHS = {64, 32, 16, 8};
    private static final int NEGATIVES = 4;
    private static final int OTHERS = 99;
    private static final int FIRST = 10;

    @Override
    public String id() {
        return "recommender";
    }

    @Override
    public Recipe recipe(Setup setup) {
        return new Recipe(10, 256, OptimizerKind.ADAM, 1e-3);
    }

    @Override
    public Task prepare(Setup setup) {
        Interactions choices = interactions(setup);
        Card card = new Card(id())
                .with(USERS, choices.users())
                .with(ITEMS, choices.items())
                .with(SEEN, seen(choices));
        return new Task(card, choices.sampled(NEGATIVES, setup.seed()), choices.heldOut(OTHERS, setup.seed()));
    }

    private static Interactions interactions(Setup setup) {
        Path named = setup.home().explicit();
        if (!setup.synthetic() && named != null && Files.isRegularFile(named)) {
            return MovieLens.read(named);
        }
        Optional<Path> folder = setup.synthetic()
                ? Optional.empty()
                : setup.home()
                        .find(
                                NAME,
                                "one of " + MovieLens.FILES,
                                place -> MovieLens.in(place).isPresent());
        if (folder.isEmpty() && !setup.synthetic()) {
            // its licence does not allow others to distribute it, so nothing is downloaded
            DataFiles.missing(setup, NAME + " is in no folder of data sets; grouplens.org has it");
        }
        return folder.flatMap(MovieLens::in).map(MovieLens::read).orElseGet(() -> Interactions.synthetic(0, 943, 1682));
    }

    /** For each user its number and those of all items that it chose, the one held out among them. */
    private static List<String> seen(Interactions choices) {
        List<String> lines = new ArrayList<>();
        for (int user = 0; user < choices.chosen().length; user++) {
            StringBuilder line = new StringBuilder().append(user);
            Arrays.stream(choices.chosen()[user])
                    .forEach(item -> line.append(' ').append(item));
            lines.add(line.toString());
        }
        return lines;
    }

    @Override
    public Layer network(Card card) {
        return new NeuMF(card.list(USERS).size(), card.list(ITEMS).size(), FACTORS, WIDTHS, Rng.global());
    }

    @Override
    public Tensor example(Card card) {
        return Tensor.zeros(DType.I64, 2, 2);
    }

    @Override
    public Trainer trainer(Parts parts) {
        return new Trainer(parts.network(), Losses.binaryCrossEntropyWithLogits(Reduction.MEAN), parts.optimizer())
                .schedule(Schedule.constant(parts.optimizer().rate()))
                .validation(parts.test(), () -> new TopK(FIRST));
    }

    @Override
    public Map<String, Double> figures(EpochFigures epoch, Layer network) {
        Map<String, Double> figures = ReferenceModel.super.figures(epoch, network);
        figures.put("test_loss", epoch.figure("validation_loss"));
        return figures;
    }

    /** A user; the answers are the ten items that suit best of those that the user has not chosen yet. */
    @Override
    public List<Answer> predict(Card card, Layer network, String input) {
        int user = card.list(USERS).indexOf(input);
        if (user < 0) {
            List<String> users = card.list(USERS);
            throw new TensorException("predict: '" + input + "' (expected one of the " + users.size()
                    + " users of the training, such as " + users.getFirst() + "); name one of them");
        }
        List<String> items = card.list(ITEMS);
        boolean[] seen = seen(card, user, items.size());
        int[] open =
                IntStream.range(0, items.size()).filter(item -> !seen[item]).toArray();
        if (open.length == 0) {
            return List.of(new Answer(input, "has chosen all items", Double.NaN));
        }
        long[] pairs = Arrays.stream(open)
                .asLongStream()
                .flatMap(item -> Arrays.stream(new long[] {user, item}))
                .toArray();
        float[] probabilities =
                network.forward(Tensor.of(pairs, open.length, 2)).sigmoid().toFloatArray();
        return IntStream.range(0, open.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -probabilities[i]))
                .limit(FIRST)
                .map(i -> new Answer(input, items.get(open[i]), probabilities[i]))
                .toList();
    }

    private static boolean[] seen(Card card, int user, int items) {
        List<String> lines = card.list(SEEN);
        String[] fields = user < lines.size() ? lines.get(user).split(" ", -1) : new String[0];
        boolean[] seen = new boolean[items];
        for (int i = 0; i < fields.length; i++) {
            int number = fields[i].matches("\\d{1,9}") ? Integer.parseInt(fields[i]) : -1;
            if (number < 0 || (i == 0 ? number != user : number >= items)) {
                throw new BadFileException(
                        "the file of recommender",
                        "'" + fields[i] + "' in '" + SEEN + "'",
                        i == 0 ? "the user's number " + user : "a number of an item, below " + items,
                        "keep the two files together, or train again");
            }
            seen[i == 0 ? 0 : number] |= i > 0;
        }
        return seen;
    }
}
