package dev.lanewise.examples.train.text;

import dev.lanewise.examples.models.SentenceClassifier;
import dev.lanewise.examples.train.Answer;
import dev.lanewise.examples.train.Card;
import dev.lanewise.examples.train.OptimizerKind;
import dev.lanewise.examples.train.Parts;
import dev.lanewise.examples.train.Recipe;
import dev.lanewise.examples.train.ReferenceModel;
import dev.lanewise.examples.train.Setup;
import dev.lanewise.examples.train.Task;
import dev.lanewise.examples.train.TrainCommand;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.data.Split;
import dev.lanewise.nn.data.text.TextSplitter;
import dev.lanewise.nn.data.text.Vocabulary;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.metrics.Classification;
import dev.lanewise.nn.optim.Schedule;
import dev.lanewise.nn.train.Trainer;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Classifies lines of text by their words; 15% of them are held out. */
public final class Texts implements ReferenceModel {
    private static final TextSplitter WORDS = TextSplitter.words();
    private static final int MOST_WORDS = 64;

    @Override
    public String id() {
        return "text-classifier";
    }

    @Override
    public Recipe recipe(Setup setup) {
        return setup.encoder() == TrainCommand.Encoder.LSTM
                ? new Recipe(8, 64, OptimizerKind.ADAM, 2e-3)
                : new Recipe(8, 64, OptimizerKind.ADAM, 3e-3);
    }

    @Override
    public Task prepare(Setup setup) {
        LabeledTexts texts = TextSets.load(setup);
        List<List<String>> words = texts.lines().stream().map(WORDS::tokenize).toList();
        Split split = Split.stratified(texts.labels(), TextSets.TEST_SHARE, 0);
        Vocabulary vocabulary = Vocabulary.ofWords(
                Arrays.stream(split.train()).mapToObj(words::get).toList(), 2, 20_000);
        Card card = new Card(id())
                .with("encoder", setup.encoder())
                .with("classes", texts.classes())
                .with("vocabulary", vocabulary.tokens());
        return new Task(
                card,
                sentences(words, texts.labels(), split.train(), vocabulary),
                sentences(words, texts.labels(), split.test(), vocabulary));
    }

    private static SentenceDataset sentences(
            List<List<String>> words, int[] labels, int[] chosen, Vocabulary vocabulary) {
        return new SentenceDataset(
                Arrays.stream(chosen)
                        .mapToObj(i -> encode(words.get(i), vocabulary))
                        .toList(),
                IntStream.of(chosen).map(i -> labels[i]).toArray(),
                MOST_WORDS);
    }

    /** The words' numbers; a line without words is an unknown one. */
    private static int[] encode(List<String> words, Vocabulary vocabulary) {
        return vocabulary.encode(words.isEmpty() ? List.of(Vocabulary.UNKNOWN) : words);
    }

    @Override
    public Layer network(Card card) {
        long words = card.list("vocabulary").size();
        long classes = card.list("classes").size();
        return isLstm(card)
                ? SentenceClassifier.lstm(words, 64, 0.5, classes, Rng.global())
                : SentenceClassifier.mean(words, 64, 0.5, classes, Rng.global());
    }

    @Override
    public Tensor example(Card card) {
        return Tensor.ones(DType.I64, 2, MOST_WORDS);
    }

    @Override
    public Map<Integer, String> openAxes() {
        return Map.of(0, "batch", 1, "words");
    }

    @Override
    public Trainer trainer(Parts parts) {
        Trainer trainer = new Trainer(parts.network(), new CrossEntropyLoss(), parts.optimizer())
                .schedule(Schedule.constant(parts.optimizer().rate()))
                .validation(parts.test(), () -> new Classification(parts.card().list("classes")));
        return isLstm(parts.card()) ? trainer.clipByNorm(1) : trainer;
    }

    private static boolean isLstm(Card card) {
        return card.text("encoder").equals(TrainCommand.Encoder.LSTM.name());
    }

    @Override
    public List<Answer> predict(Card card, Layer network, String input) {
        int[] encoded = encode(WORDS.tokenize(input), card.vocabulary());
        SentenceDataset one = new SentenceDataset(List.of(encoded), new int[1], MOST_WORDS);
        return Answer.classes(
                List.of(input), network.forward(one.batch(new long[] {0}).x()), card.list("classes"));
    }
}
