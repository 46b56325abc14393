package dev.lanewise.examples.sequence;

import dev.lanewise.autograd.*;
import dev.lanewise.examples.page.*;
import dev.lanewise.nn.data.*;
import dev.lanewise.nn.data.text.*;
import dev.lanewise.nn.loss.*;
import dev.lanewise.nn.models.*;
import dev.lanewise.nn.optim.*;
import dev.lanewise.tensor.*;
import java.time.*;
import java.time.format.*;
import java.util.*;
import java.util.stream.*;

/**
 * Two LSTMs with attention turn dates as people write them, such as {@code 3 March 1987} and {@code Mar 3, 87}, into
 * {@code 1987-03-03}, character by character. In training the second one is given the right characters before the one that it
 * has to say (teacher forcing), in use those that it said itself.
 */
public final class Dates implements Example {
    private static final List<DateTimeFormatter> FORMATS = Stream.of(
                    "dd/MM/yyyy", "d MMMM yyyy", "MMM d, yyyy", "EEEE d MMM yyyy", "yyyy MMM dd")
            .map(pattern -> DateTimeFormatter.ofPattern(pattern, Locale.ROOT))
            .toList();
    private static final LocalDate FIRST = LocalDate.of(1950, 1, 1);
    private static final String CHARACTERS = " ,/-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /** Number 0 is padding; the last two begin and end a target. */
    private static final int BEGIN = CHARACTERS.length() + 1;

    private static final int END = CHARACTERS.length() + 2;
    private static final int LONGEST = 32;
    private static final int LENGTH = 10;

    @Override
    public String id() {
        return "seq2seq";
    }

    @Override
    public String shows() {
        return "an LSTM encoder and decoder with attention that normalizes dates, measured on dates it never saw";
    }

    @Override
    public Map<String, Double> run(Settings settings) {
        List<DateTimeFormatter> formats = FORMATS.subList(0, settings.of(FORMATS.size(), 1));
        DataLoader train = dates(false, settings.of(8000, 1000), formats, settings.seed());
        DataLoader test = dates(true, settings.of(1000, 100), formats, 0);
        Seq2Seq model = new Seq2Seq(END + 1, END + 1, settings.of(128, 64), new Rng(settings.seed()));
        var optimizer = new Adam(model.parameters(), settings.quick() ? 1e-2 : 2e-3);
        var loss = new CrossEntropyLoss();
        for (int epoch = 1; epoch <= settings.of(8, 5); epoch++) {
            double sum = 0;
            for (Batch batch : train.epoch(epoch)) {
                try (var ignored = Scope.open("step")) {
                    Tensor before = batch.y().narrow(1, 0, LENGTH + 1);
                    Tensor after = batch.y().narrow(1, 1, LENGTH + 1);
                    Tensor error = loss.of(model.forward(batch.x(), before).flatten(0, 1), after.flatten());
                    optimizer.step(Autograd.gradients(error));
                    sum += error.item();
                }
            }
            settings.report("epoch %d: loss %.4f, %s", epoch, sum / train.batches(), measured(model, test));
        }
        String asked = "3 March 1987";
        settings.report("%s -> %s", asked, normalized(model, asked));
        return measured(model, test);
    }

    /** Sources, and targets {@code [n, 12]} that begin and end with the tokens for that. */
    private static DataLoader dates(boolean test, int count, List<DateTimeFormatter> formats, long order) {
        SplittableRandom random = new SplittableRandom(test ? 2 : 1);
        List<int[]> sources = new ArrayList<>();
        long[] targets = new long[count * (LENGTH + 2)];
        for (int i = 0; i < count; i++) {
            // every tenth day is left to the test
            int day = 10 * random.nextInt(3650) + (test ? 9 : random.nextInt(9));
            LocalDate date = FIRST.plusDays(day);
            sources.add(numbers(formats.get(random.nextInt(formats.size())).format(date)));
            int start = i * (LENGTH + 2);
            targets[start] = BEGIN;
            int[] right = numbers(date.toString());
            for (int place = 0; place < LENGTH; place++) {
                targets[start + 1 + place] = right[place];
            }
            targets[start + LENGTH + 1] = END;
        }
        int longest = sources.stream().mapToInt(source -> source.length).max().orElseThrow();
        try (var ignored = Scope.open("dates")) {
            Tensor x = Tensor.of(Sequences.pad(sources, longest, 0), count, longest);
            return new DataLoader(new TensorDataset(x, Tensor.of(targets, count, LENGTH + 2)), 50, true, order);
        }
    }

    private static int[] numbers(String text) {
        return text.chars().map(c -> CHARACTERS.indexOf(c) + 1).toArray();
    }

    /** What the model makes of a date. */
    private static String normalized(Seq2Seq model, String date) {
        try (var ignored = Scope.open("date")) {
            int[] source = numbers(date);
            Tensor written = model.greedy(Tensor.of(source, 1, source.length).to(DType.I64), BEGIN, END, LONGEST);
            return Arrays.stream(written.toIntArray())
                    .filter(token -> token > 0 && token < BEGIN)
                    .mapToObj(token -> CHARACTERS.substring(token - 1, token))
                    .collect(Collectors.joining());
        }
    }

    /** The fraction of whole dates, and of characters, that are right. */
    private static Map<String, Double> measured(Seq2Seq model, DataLoader test) {
        double dates = 0;
        double characters = 0;
        for (Batch batch : test.epoch(1)) {
            try (var ignored = Scope.open("test")) {
                Tensor written = model.greedy(batch.x(), BEGIN, END, LENGTH);
                Tensor target = batch.y().narrow(1, 1, written.shape().size(1));
                Tensor right = written.eq(target);
                // one that ends all its dates too early has none of them right
                dates += written.shape().size(1) < LENGTH
                        ? 0
                        : right.all(1).sum().item() / batch.size();
                characters += right.sum().item() / LENGTH / batch.size();
            }
        }
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("dates right", dates / test.batches());
        figures.put("characters right", characters / test.batches());
        return figures;
    }
}
