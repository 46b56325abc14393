package dev.lanewise.examples.train.text;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.examples.models.CharTransformer;
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
import dev.lanewise.nn.data.RemoteFile;
import dev.lanewise.nn.data.text.TextFiles;
import dev.lanewise.nn.data.text.TextSplitter;
import dev.lanewise.nn.data.text.Vocabulary;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.optim.Schedule;
import dev.lanewise.nn.train.EpochFigures;
import dev.lanewise.nn.train.Trainer;
import dev.lanewise.nn.train.TrainingResult;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;

/** A small transformer that continues a text, character by character; the last tenth of the text is held out. */
public final class Characters implements ReferenceModel {
    private static final int CONTEXT = 64;
    private static final int SAMPLE = 300;
    private static final double TEMPERATURE = 0.8;
    private static final int SYNTHETIC_CHARACTERS = 50_000;

    private static final DataFiles SHAKESPEARE = new DataFiles(
            "tinyshakespeare",
            List.of(new RemoteFile(
                    "input.txt", 1_115_394, "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed")),
            List.of(URI.create("https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/")));

    @Override
    public String id() {
        return "char-gpt";
    }

    @Override
    public Recipe recipe(Setup setup) {
        return new Recipe(4, 32, OptimizerKind.ADAMW, 3e-3);
    }

    @Override
    public Task prepare(Setup setup) {
        String text = text(setup);
        Vocabulary vocabulary = Vocabulary.ofCharacters(text);
        int[] characters = vocabulary.encode(TextSplitter.characters().tokenize(text));
        int split = characters.length - characters.length / 10;
        if (characters.length - split <= CONTEXT + 1) {
            throw new TensorException("char-gpt: a text of " + characters.length + " characters (expected "
                    + 10 * (CONTEXT + 2) + " or more); give a longer one");
        }
        CharacterWindows train = new CharacterWindows(Arrays.copyOf(characters, split), CONTEXT, setup.seed());
        CharacterWindows test =
                new CharacterWindows(Arrays.copyOfRange(characters, split, characters.length), CONTEXT, null);
        Card card = new Card(id()).with("vocabulary", vocabulary.tokens());
        return new Task(card, train, test);
    }

    private static String text(Setup setup) {
        Path named = setup.home().explicit();
        if (!setup.synthetic() && named != null && Files.isRegularFile(named)) {
            return TextFiles.read(named);
        }
        Optional<Path> folder = setup.synthetic() ? Optional.empty() : SHAKESPEARE.find(setup);
        return folder.isPresent() ? TextFiles.read(folder.get().resolve("input.txt")) : synthetic();
    }

    /** Sentences put together at random. */
    private static String synthetic() {
        List<List<String>> parts = List.of(
                List.of("the king", "a poor man", "my lady", "the night"),
                List.of(" sees", " loves", " fears", " forgets"),
                List.of(" the crown", " his brother", " the sea", " an old song"),
                List.of(".\n", ";\n", "!\n"));
        SplittableRandom random = new SplittableRandom(0);
        StringBuilder text = new StringBuilder();
        while (text.length() < SYNTHETIC_CHARACTERS) {
            parts.forEach(choices -> text.append(choices.get(random.nextInt(choices.size()))));
        }
        return text.toString();
    }

    @Override
    public Layer network(Card card) {
        int characters = card.list("vocabulary").size();
        return new CharTransformer(new CharTransformer.Config(characters, CONTEXT, 128, 4, 512, 4, 0), Rng.global());
    }

    @Override
    public Tensor example(Card card) {
        return Tensor.zeros(DType.I64, 2, CONTEXT);
    }

    @Override
    public Map<Integer, String> openAxes() {
        return Map.of(0, "batch", 1, "characters");
    }

    @Override
    public Trainer trainer(Parts parts) {
        return new Trainer(parts.network(), Characters::loss, parts.optimizer())
                .schedule(Schedule.oneCycle(parts.optimizer().rate(), parts.steps()))
                .clipByNorm(1)
                .validation(parts.test(), () -> new NextCharacter(parts.card().list("vocabulary")));
    }

    /** Cross-entropy of {@code [n, time, vocabulary]} and the characters at every position, {@code I64 [n, time]}. */
    private static Tensor loss(Tensor logits, Tensor characters) {
        return logits.flatten(0, 1).crossEntropy(characters.flatten());
    }

    @Override
    public Map<String, Double> figures(EpochFigures epoch, Layer network) {
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("test_accuracy", epoch.figure("validation_accuracy"));
        figures.put("validation_loss", epoch.figure("validation_loss"));
        return figures;
    }

    @Override
    public String report(TrainingResult result) {
        double loss = result.last().figure("validation_loss");
        return ReferenceModel.super.report(result)
                + String.format(Locale.ROOT, "validation loss %.4f (perplexity %.3f)%n", loss, Math.exp(loss));
    }

    @Override
    public String closing(Card card, Layer network) {
        return write(card, network, "\n") + "\n";
    }

    /** The beginning of a text; the answer continues it. */
    @Override
    public List<Answer> predict(Card card, Layer network, String input) {
        try {
            return List.of(new Answer(input, write(card, network, input), Double.NaN));
        } catch (IllegalArgumentException e) {
            throw new BadFileException(
                    "'" + input + "'",
                    Objects.toString(e.getMessage()),
                    "characters of the training text",
                    "write it with these",
                    e);
        }
    }

    private static String write(Card card, Layer network, String beginning) {
        Vocabulary vocabulary = card.vocabulary();
        int[] begun = vocabulary.encode(TextSplitter.characters().tokenize(beginning.isEmpty() ? "\n" : beginning));
        int[] text = Arrays.copyOf(begun, begun.length + SAMPLE);
        Rng rng = new Rng(0);
        network.eval();
        for (int i = begun.length; i < text.length; i++) {
            text[i] = next(network, Arrays.copyOfRange(text, Math.max(0, i - CONTEXT), i), rng);
        }
        return vocabulary.decode(text, "");
    }

    /** Draws the next character by its probability, with likely ones slightly favoured. */
    private static int next(Layer network, int[] before, Rng rng) {
        return Autograd.noGrad(() -> {
            try (var ignored = Scope.open("next character")) {
                long[] seen = Arrays.stream(before).asLongStream().toArray();
                Tensor logits = network.forward(Tensor.of(seen, 1, seen.length)
                        .to(network.parameters().getFirst().leaf().device()));
                Tensor last = logits.select(1, seen.length - 1);
                return Math.toIntExact(last.div(TEMPERATURE)
                        .softmax(1)
                        .multinomial(1, true, rng)
                        .itemLong());
            }
        });
    }
}
