package dev.lanewise.examples.lm;

import dev.lanewise.examples.train.text.LabeledTexts;
import dev.lanewise.examples.train.text.TextSets;
import dev.lanewise.lm.FineTuning;
import dev.lanewise.nn.data.DataHome;
import dev.lanewise.nn.data.DownloadListener;
import dev.lanewise.nn.data.Split;
import dev.lanewise.nn.data.text.TextFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Texts that a model is trained on.
 *
 * @param training the texts
 * @param test those that it is evaluated on; may be empty
 * @param classes how many classes they are known to have, or 0
 */
record TrainingTexts(List<FineTuning.Sample> training, List<FineTuning.Sample> test, int classes) {
    /** What users write instead of a file. */
    static final String REVIEWS = "rt-polarity";

    /**
     * Reads the texts.
     *
     * @param data a file, which stays what it is if there is one; or {@link #REVIEWS}, split as the trainer {@code
     *     text-classifier} splits them unless there is a file for the test
     * @param test a file, or null
     * @param listener told about a download
     * @throws dev.lanewise.nn.io.BadFileException if a file is missing or damaged
     */
    static TrainingTexts of(Path data, @Nullable Path test, DownloadListener listener) {
        List<FineTuning.Sample> asked = test == null ? List.of() : samples(test);
        if (!data.toString().equals(REVIEWS) || Files.exists(data)) {
            return new TrainingTexts(samples(data), asked, 0);
        }
        LabeledTexts reviews = TextSets.reviews(DataHome.of(null), listener);
        int classes = reviews.classes().size();
        Split split = Split.stratified(reviews.labels(), TextSets.TEST_SHARE, 0);
        return test == null
                ? new TrainingTexts(samples(reviews, split.train()), samples(reviews, split.test()), classes)
                : new TrainingTexts(samples(reviews, range(reviews.lines().size())), asked, classes);
    }

    private static int[] range(int count) {
        int[] all = new int[count];
        Arrays.setAll(all, i -> i);
        return all;
    }

    private static List<FineTuning.Sample> samples(LabeledTexts texts, int[] chosen) {
        return Arrays.stream(chosen)
                .mapToObj(i -> new FineTuning.Sample(texts.lines().get(i), texts.labels()[i]))
                .toList();
    }

    private static List<FineTuning.Sample> samples(Path file) {
        return TextFiles.read(file)
                .lines()
                .filter(line -> !line.isBlank())
                .map(TrainingTexts::sample)
                .toList();
    }

    /** A line is a text, or a class, a tab and a text. */
    private static FineTuning.Sample sample(String line) {
        int tab = line.indexOf('\t');
        String first = tab < 0 ? "" : line.substring(0, tab);
        return first.matches("\\d{1,6}")
                ? new FineTuning.Sample(line.substring(tab + 1), Integer.parseInt(first))
                : new FineTuning.Sample(line, 0);
    }
}
