package dev.lanewise.examples.train.text;

import dev.lanewise.examples.train.DataFiles;
import dev.lanewise.examples.train.Setup;
import dev.lanewise.nn.data.DataHome;
import dev.lanewise.nn.data.DownloadListener;
import dev.lanewise.nn.data.RemoteFile;
import dev.lanewise.nn.data.table.Table;
import dev.lanewise.nn.data.text.TextFiles;
import dev.lanewise.nn.io.BadFileException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * The sets of texts: sentences from film reviews (Pang and Lee, ACL 2005) and, if its folder is named, the news of AG
 * News (Zhang, Zhao and LeCun, NIPS 2015), of which the test part is used.
 */
public final class TextSets {
    /** The share of a set's texts that a model is evaluated on. */
    public static final double TEST_SHARE = 0.15;

    private static final DataFiles REVIEWS = new DataFiles(
            "rt-polarity",
            List.of(
                    new RemoteFile(
                            "rt-polarity.neg",
                            612_506,
                            "2d11cfbc790f1cd96d78339f41ce53ced1efa83cd22d37d6788fa3fe3d17e2fd"),
                    new RemoteFile(
                            "rt-polarity.pos",
                            626_395,
                            "4134882974a28d0c7b5151256f0e33a6169984ee7372c279e673f1114f475d58")),
            List.of(URI.create("https://raw.githubusercontent.com/dennybritz/cnn-text-classification-tf/master/data/"
                    + "rt-polaritydata/")));

    private static final DataFiles NEWS = new DataFiles(
            "ag-news",
            List.of(new RemoteFile(
                    "test.csv", 1_857_427, "521465c2428ed7f02f8d6db6ffdd4b5447c1c701962353eb2c40d548c3c85699")),
            List.of(URI.create("https://raw.githubusercontent.com/mhjabreel/CharCnn_Keras/master/data/ag_news_csv/")));

    private static final List<String> SENTIMENTS = List.of("negative", "positive");
    private static final List<String> TOPICS = List.of("World", "Sports", "Business", "Sci/Tech");
    private static final int SYNTHETIC_LINES = 1000;

    private TextSets() {}

    /** The news if the user named a folder that has them and not the reviews; else the reviews, or their stand-in. */
    static LabeledTexts load(Setup setup) {
        Path named = setup.home().explicit();
        if (setup.synthetic()) {
            return synthetic();
        }
        if (named != null && isNews(named)) {
            return news(NEWS.folder(setup.home(), setup.progress()::download));
        }
        Optional<Path> reviews = REVIEWS.find(setup);
        return reviews.isPresent() ? reviews(reviews.get()) : synthetic();
    }

    private static boolean isNews(Path folder) {
        boolean reviews = REVIEWS.areIn(folder) || REVIEWS.areIn(folder.resolve(REVIEWS.name()));
        return !reviews && (NEWS.areIn(folder) || NEWS.areIn(folder.resolve(NEWS.name())));
    }

    /**
     * The reviews, negative ones first.
     *
     * @throws BadFileException if they are found nowhere
     */
    public static LabeledTexts reviews(DataHome home, DownloadListener listener) {
        return reviews(REVIEWS.folder(home, listener));
    }

    /**
     * The test part of the news.
     *
     * @throws BadFileException if it is found nowhere
     */
    public static LabeledTexts news(DataHome home, DownloadListener listener) {
        return news(NEWS.folder(home, listener));
    }

    private static LabeledTexts reviews(Path folder) {
        List<String> lines = new ArrayList<>(TextFiles.lines(folder.resolve("rt-polarity.neg")));
        int negative = lines.size();
        lines.addAll(TextFiles.lines(folder.resolve("rt-polarity.pos")));
        int[] labels =
                IntStream.range(0, lines.size()).map(i -> i < negative ? 0 : 1).toArray();
        return new LabeledTexts(lines, labels, SENTIMENTS);
    }

    private static LabeledTexts news(Path folder) {
        Path file = folder.resolve("test.csv");
        try {
            Table table = Table.read(file, ',', List.of("class", "title", "description"))
                    .withCategory("title")
                    .withCategory("description");
            List<String> lines = IntStream.range(0, table.rows())
                    .mapToObj(row -> text(table, "title", row) + " " + text(table, "description", row))
                    .toList();
            return new LabeledTexts(lines, table.column("class").indices(List.of("1", "2", "3", "4")), TOPICS);
        } catch (IllegalArgumentException e) {
            throw new BadFileException(
                    file, Objects.toString(e.getMessage()), "class 1 to 4, title, description", "check the file", e);
        }
    }

    private static String text(Table table, String column, int row) {
        return Objects.requireNonNullElse(table.column(column).text(row), "").replace('\\', ' ');
    }

    /** Reviews put together at random: the words in the middle decide. */
    static LabeledTexts synthetic() {
        List<List<String>> judgments = List.of(
                List.of("dull", "boring", "a mess", "too long", "without any wit", "a waste of time"),
                List.of("moving", "a delight", "full of wit", "superb", "gripping", "worth every minute"));
        List<String> subjects =
                List.of("the film", "this story", "its plot", "the cast", "the second half", "the music");
        List<String> adverbs = List.of("is", "is simply", "remains", "is, after all,", "turns out to be", "is truly");
        SplittableRandom random = new SplittableRandom(0);
        List<String> lines = new ArrayList<>();
        int[] labels = new int[SYNTHETIC_LINES];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = random.nextInt(2);
            lines.add(pick(subjects, random) + " " + pick(adverbs, random) + " "
                    + pick(judgments.get(labels[i]), random) + " .");
        }
        return new LabeledTexts(lines, labels, SENTIMENTS);
    }

    private static String pick(List<String> choices, SplittableRandom random) {
        return choices.get(random.nextInt(choices.size()));
    }
}
