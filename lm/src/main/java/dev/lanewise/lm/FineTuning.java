package dev.lanewise.lm;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.lm.adapter.Lora;
import dev.lanewise.lm.adapter.RankAllocator;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.text.HfTokenizer;
import dev.lanewise.text.Tokenizer;
import dev.lanewise.text.Truncation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Trains an adapter on texts: for a decoder, to generate them; for an encoder with a head, to predict their classes.
 *
 * <pre>{@code
 * Lora lora = Lora.apply(model, LoraConfig.lora(8, 16, "q_proj", "v_proj"));
 * FineTuning.run(model, tokenizer, lora, samples, FineTuning.Options.defaults(), step -> System.out.println(step.loss()));
 * }</pre>
 */
public final class FineTuning {
    /** Of so many batches the texts are sorted by length: few enough that epochs differ. */
    private static final int SORTED_BATCHES = 32;

    private FineTuning() {}

    /**
     * A text and its class, to be trained on.
     *
     * @param text the text
     * @param label its class, for encoders; ignored for decoders
     */
    public record Sample(String text, int label) {
        /** Holds the given values, none of which may be null. */
        public Sample {
            Objects.requireNonNull(text, "text");
        }
    }

    /**
     * The numbers of a fine-tuning: how long, how fast and on how much at once.
     *
     * @param epochs how often each text is seen
     * @param batch how many texts a step takes
     * @param rate the learning rate
     * @param longest how many tokens of a text are read at most; no more than the model has positions for
     * @param seed the seed of the order
     */
    public record Options(int epochs, int batch, double rate, int longest, long seed) {
        /**
         * Checks the numbers.
         *
         * @throws IllegalArgumentException if a number is out of its range
         */
        public Options {
            if (epochs < 1 || batch < 1 || longest < 2 || !(rate > 0)) {
                throw new IllegalArgumentException("fine-tuning: " + epochs + " epochs of batches of " + batch + ", "
                        + longest + " tokens, rate " + rate + "; expected at least 1, 1 and 2, and a rate above 0");
            }
        }

        /** {@return three epochs, batches of 8, a rate of 5e-4, 256 tokens} */
        public static Options defaults() {
            return new Options(3, 8, 5e-4, 256, 0);
        }
    }

    /**
     * A step that was taken.
     *
     * @param epoch its epoch, from 0
     * @param step its number, from 0
     * @param steps the total number of steps
     * @param loss the loss before it
     */
    public record Step(int epoch, int step, int steps, double loss) {}

    /**
     * Trains. Batches are made of texts of similar length, so that little of them is padding, in random order. Of an AdaLoRA
     * adapter, ranks are removed as its allocation says.
     *
     * @param model a {@link CausalLM}, or an {@link Encoder} with a head for whole texts
     * @param tokenizer the model's tokenizer
     * @param lora the adapter on it; nothing else changes
     * @param samples the training samples
     * @param options the training options
     * @param each called after every step
     * @throws TensorException if the model can't be trained in this way
     * @throws BadFileException if there is no text that is long enough
     */
    public static void run(
            PretrainedModel model,
            Tokenizer tokenizer,
            Lora lora,
            List<Sample> samples,
            Options options,
            Consumer<Step> each) {
        if (samples.isEmpty()) {
            throw new BadFileException("fine-tuning", "no text", "at least one", "check the file of texts");
        }
        Task task = task(model, options);
        List<int[]> tokens = new ArrayList<>();
        List<Sample> used = new ArrayList<>();
        keepLong(samples, tokens(tokenizer, samples, task.longest), task.shortest, used, tokens);
        lora.train();
        try {
            train(task, lora, used, tokens, options, each);
        } finally {
            lora.eval();
        }
    }

    private static void train(
            Task task, Lora lora, List<Sample> used, List<int[]> tokens, Options options, Consumer<Step> each) {
        Adam optimizer = new Adam(lora.parameters(), options.rate, Adam.Options.adamW());
        RankAllocator allocator = lora.config().allocation() == null ? null : new RankAllocator(lora);
        int steps = (int) Math.min(Integer.MAX_VALUE, (long) options.epochs * Math.ceilDiv(used.size(), options.batch));
        int step = 0;
        for (int epoch = 0; epoch < options.epochs; epoch++) {
            for (int[] rows : batches(tokens, options.batch, new SplittableRandom(options.seed + epoch))) {
                try (Scope ignored = Scope.open("step")) {
                    Tensor loss = lora.withOrthogonality(task.loss(used, tokens, rows));
                    double value = loss.item();
                    if (!Double.isFinite(value)) {
                        throw new TensorException("fine-tuning: a loss of " + value + " in step " + step
                                + " (expected a number); lower the rate");
                    }
                    Gradients gradients = Autograd.gradients(loss);
                    optimizer.step(gradients);
                    if (allocator != null) {
                        allocator.update(step, gradients);
                    }
                    each.accept(new Step(epoch, step++, steps, value));
                }
            }
        }
    }

    /**
     * The texts' tokens, cut so that the special ones at the end stay. Padding that a tokenizer's file asks for is left to the
     * batches, which mask it.
     */
    private static List<int[]> tokens(Tokenizer tokenizer, List<Sample> samples, int longest) {
        Tokenizer cutting = tokenizer instanceof HfTokenizer own
                ? own.withPadding(null).withTruncation(Truncation.to(longest))
                : tokenizer;
        List<int[]> tokens = new ArrayList<>();
        for (Sample sample : samples) {
            int[] ids = cutting.encode(sample.text, true).ids();
            tokens.add(ids.length <= longest ? ids : Arrays.copyOf(ids, longest));
        }
        return tokens;
    }

    /** Leaves out texts that have nothing to learn from, such as a decoder's texts of one token. */
    private static void keepLong(
            List<Sample> samples, List<int[]> ids, int shortest, List<Sample> kept, List<int[]> keptIds) {
        for (int i = 0; i < samples.size(); i++) {
            if (ids.get(i).length >= shortest) {
                kept.add(samples.get(i));
                keptIds.add(ids.get(i));
            }
        }
        if (kept.isEmpty()) {
            throw new BadFileException(
                    "fine-tuning",
                    "no text of at least " + shortest + " tokens",
                    "texts to learn from",
                    "check the file of texts");
        }
    }

    /** All texts in random order, batches of texts of similar length: of each few batches' texts, neighbours by length go together. */
    static List<int[]> batches(List<int[]> tokens, int size, RandomGenerator chance) {
        List<Integer> order =
                new ArrayList<>(IntStream.range(0, tokens.size()).boxed().toList());
        Collections.shuffle(order, Random.from(chance));
        int window = Math.toIntExact(Math.min(order.size(), (long) size * SORTED_BATCHES));
        List<int[]> batches = new ArrayList<>();
        for (int from = 0; from < order.size(); from += window) {
            List<Integer> near = order.subList(from, Math.min(order.size(), from + window));
            near.sort(Comparator.comparingInt(text -> tokens.get(text).length));
            for (int first = 0; first < near.size(); first += size) {
                List<Integer> batch = near.subList(first, Math.min(near.size(), first + size));
                batches.add(batch.stream().mapToInt(Integer::intValue).toArray());
            }
        }
        Collections.shuffle(batches, Random.from(chance));
        return batches;
    }

    private static Task task(PretrainedModel model, Options options) {
        return switch (model) {
            case CausalLM causal ->
                new Task(2, Math.toIntExact(Math.min(options.longest, causal.lengthLimit()))) {
                    @Override
                    Tensor loss(List<Sample> samples, List<int[]> tokens, int[] rows) {
                        Padded batch = Padded.of(tokens, rows, 0);
                        Tensor labels = batch.ids.maskedFill(batch.mask.eq(0), -100L);
                        return CausalLM.loss(causal.logits(batch.ids, batch.mask, null), labels);
                    }
                };
            case Encoder encoder ->
                new Task(1, Math.min(options.longest, encoder.positions())) {
                    @Override
                    Tensor loss(List<Sample> samples, List<int[]> tokens, int[] rows) {
                        Padded batch = Padded.of(tokens, rows, encoder.padding());
                        Tensor logits = encoder.run(batch.ids, batch.mask, null).logits();
                        if (logits == null || logits.shape().rank() != 2) {
                            throw new TensorException(
                                    "fine-tuning: " + encoder.family() + " without a head for whole texts"
                                            + " (expected one); choose a model for sequence classification");
                        }
                        long[] labels = Arrays.stream(rows)
                                .mapToLong(row -> samples.get(row).label)
                                .toArray();
                        return encoder.loss(logits, Tensor.of(labels));
                    }
                };
            case Seq2SeqLM other -> throw unfit(other);
            case ImageEncoder other -> throw unfit(other);
        };
    }

    private static TensorException unfit(PretrainedModel model) {
        return new TensorException("fine-tuning: a model of family " + model.family()
                + " (expected a decoder or an encoder of texts); train it with a loop of your own");
    }

    /** What a model learns. */
    private abstract static class Task {
        private final int shortest;
        private final int longest;

        Task(int shortest, int longest) {
            this.shortest = shortest;
            this.longest = longest;
        }

        abstract Tensor loss(List<Sample> samples, List<int[]> tokens, int[] rows);
    }

    /** Tokens padded at their ends. */
    private record Padded(Tensor ids, Tensor mask) {
        static Padded of(List<int[]> tokens, int[] rows, int padding) {
            int width =
                    Arrays.stream(rows).map(row -> tokens.get(row).length).max().orElse(1);
            long[] ids = new long[rows.length * width];
            long[] mask = new long[ids.length];
            Arrays.fill(ids, padding);
            for (int i = 0; i < rows.length; i++) {
                int[] own = tokens.get(rows[i]);
                for (int j = 0; j < own.length; j++) {
                    ids[i * width + j] = own[j];
                    mask[i * width + j] = 1;
                }
            }
            return new Padded(Tensor.of(ids, rows.length, width), Tensor.of(mask, rows.length, width));
        }
    }
}
