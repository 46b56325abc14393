package dev.lanewise.lm;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * Changes the scores of next tokens before one is chosen; tokens that may not be chosen get minus infinity. The filters
 * here compute the same as those of transformers.
 */
@FunctionalInterface
public interface ScoreFilter {
    /**
     * Changes the scores of the next token in place.
     *
     * @param scores one per token of the vocabulary
     * @param previous the tokens so far
     */
    void apply(double[] scores, int[] previous);

    /**
     * Divides scores: below 1, likely tokens become more likely; above 1, all become more equally likely.
     *
     * @param temperature above 0
     * @return the filter
     * @throws IllegalArgumentException if the temperature is not above 0
     */
    static ScoreFilter temperature(double temperature) {
        Scores.above("temperature", temperature, 0);
        return (scores, previous) -> {
            double best = Scores.max(scores);
            // of quotients that are infinite nobody knows any more which is the best
            double origin = Double.isFinite(best) && Double.isInfinite(best / temperature) ? best : 0;
            Arrays.setAll(scores, i -> (scores[i] - origin) / temperature);
        };
    }

    /**
     * Keeps the best tokens, and those that score the same as the last of them.
     *
     * @param count how many tokens are kept
     * @return the filter
     * @throws IllegalArgumentException if the number is not above 0
     */
    static ScoreFilter topK(int count) {
        Scores.above("top-k", count, 0);
        return (scores, previous) -> {
            if (count < scores.length) {
                double least = Scores.greatest(scores, count);
                Scores.remove(scores, i -> scores[i] < least);
            }
        };
    }

    /**
     * Keeps the best tokens whose probabilities together reach a share (Holtzman et al. 2019, arXiv:1904.09751).
     *
     * @param share the share, from 0 to 1
     * @return the filter
     * @throws IllegalArgumentException if the share is not from 0 to 1
     */
    static ScoreFilter topP(double share) {
        Scores.share("top-p", share);
        return (scores, previous) -> {
            double[] probabilities = Scores.softmax(scores);
            // all below this together are not enough to reach the rest: they need no order
            double small = (1 - share) / scores.length;
            double[] sorted = Arrays.stream(probabilities)
                    .filter(p -> p >= small)
                    .sorted()
                    .toArray();
            double sum = Arrays.stream(probabilities).filter(p -> p < small).sum();
            int removed = 0;
            while (removed < sorted.length - 1 && (sum += sorted[removed]) <= 1 - share) {
                removed++;
            }
            double least = sorted.length == 0 ? 0 : sorted[removed];
            // of tokens that are as likely as the last one that stays, as many are removed as the sum requires
            int equals = probabilities.length
                    - sorted.length
                    + removed
                    - Scores.remove(scores, i -> probabilities[i] < least);
            for (int i = 0; i < scores.length && equals > 0; i++) {
                if (probabilities[i] == least) {
                    scores[i] = Double.NEGATIVE_INFINITY;
                    equals--;
                }
            }
        };
    }

    /**
     * Keeps tokens whose probability is at least a share of the best one's.
     *
     * @param share the share, from 0 to 1
     * @return the filter
     * @throws IllegalArgumentException if the share is not from 0 to 1
     */
    static ScoreFilter minP(double share) {
        Scores.share("min-p", share);
        return (scores, previous) -> {
            double[] probabilities = Scores.softmax(scores);
            double least = share * Arrays.stream(probabilities).max().orElse(0);
            Scores.remove(scores, i -> probabilities[i] < least);
        };
    }

    /**
     * Keeps the tokens whose information content is closest to the expected one (Meister et al. 2022,
     * arXiv:2202.00666), up to a share.
     *
     * @param share the share, from 0 to 1
     * @return the filter
     * @throws IllegalArgumentException if the share is not from 0 to 1
     */
    static ScoreFilter typicalP(double share) {
        Scores.share("typical-p", share);
        return (scores, previous) -> {
            double[] probabilities = Scores.softmax(scores);
            double entropy = Scores.entropy(probabilities);
            double[] strangeness = Arrays.stream(probabilities)
                    .map(p -> Math.abs(-Math.log(p) - entropy))
                    .toArray();
            Integer[] order = Scores.order(strangeness);
            double sum = 0;
            int last = 0;
            for (Integer token : order) {
                sum += probabilities[token];
                if (sum >= share) {
                    break;
                }
                last++;
            }
            double most = strangeness[order[Math.min(last, order.length - 1)]];
            int first = order[0];
            Scores.remove(scores, i -> strangeness[i] > most && i != first);
        };
    }

    /**
     * Keeps the best token and those that are not less likely than a probability (Hewitt et al. 2022,
     * arXiv:2210.15191).
     *
     * @param probability the probability
     * @return the filter
     * @throws IllegalArgumentException if the cutoff is not from 0 to 1
     */
    static ScoreFilter epsilonCutoff(double probability) {
        Scores.share("epsilon cutoff", probability);
        return (scores, previous) -> Scores.cut(scores, Scores.softmax(scores), probability);
    }

    /**
     * {@return an epsilon cutoff whose probability is lower where many tokens are likely}
     *
     * @param probability the probability
     * @throws IllegalArgumentException if the cutoff is not from 0 to 1
     */
    static ScoreFilter etaCutoff(double probability) {
        Scores.share("eta cutoff", probability);
        return (scores, previous) -> {
            double[] probabilities = Scores.softmax(scores);
            double eta = Math.min(probability, Math.sqrt(probability) * Math.exp(-Scores.entropy(probabilities)));
            Scores.cut(scores, probabilities, eta);
        };
    }

    /**
     * Makes tokens that have already occurred less likely, by a factor above 1 (Keskar et al. 2019, arXiv:1909.05858).
     *
     * @param factor above 1 against repetition, below 1 for it
     * @return the filter
     * @throws IllegalArgumentException if the penalty is not above 0
     */
    static ScoreFilter repetitionPenalty(double factor) {
        Scores.above("repetition penalty", factor, 0);
        return (scores, previous) -> {
            for (int token : new TreeSet<>(Arrays.stream(previous).boxed().toList())) {
                if (token >= 0 && token < scores.length) {
                    scores[token] = scores[token] < 0 ? scores[token] * factor : scores[token] / factor;
                }
            }
        };
    }

    /**
     * Forbids tokens that would complete a run of tokens that has already occurred.
     *
     * @param length the length of the run
     * @return the filter
     * @throws IllegalArgumentException if the length is not above 0
     */
    static ScoreFilter noRepeat(int length) {
        Scores.above("no-repeat length", length, 0);
        return (scores, previous) -> {
            int known = length - 1;
            for (int at = 0; at + known < previous.length; at++) {
                if (Arrays.equals(previous, at, at + known, previous, previous.length - known, previous.length)) {
                    Scores.forbid(scores, previous[at + known]);
                }
            }
        };
    }

    /**
     * Forbids tokens that end a text, up to a length.
     *
     * @param length how many tokens
     * @param stopTokens the tokens that end a text
     * @return the filter
     */
    static ScoreFilter minLength(int length, Set<Integer> stopTokens) {
        Objects.requireNonNull(stopTokens, "stopTokens");
        return (scores, previous) -> {
            if (previous.length < length) {
                stopTokens.forEach(token -> Scores.forbid(scores, token));
            }
        };
    }

    /**
     * Forbids tokens: their scores become minus infinity.
     *
     * @param tokens the tokens
     * @return the filter
     */
    static ScoreFilter suppress(Set<Integer> tokens) {
        Objects.requireNonNull(tokens, "tokens");
        return (scores, previous) -> tokens.forEach(token -> Scores.forbid(scores, token));
    }

    /**
     * Forbids runs of tokens, each by its last one.
     *
     * @param words the runs of tokens
     * @return the filter
     */
    static ScoreFilter badWords(List<List<Integer>> words) {
        Objects.requireNonNull(words, "words");
        return (scores, previous) -> {
            for (List<Integer> word : words) {
                int[] run = word.stream().mapToInt(i -> i).toArray();
                int known = run.length - 1;
                if (known >= 0
                        && known <= previous.length
                        && Arrays.equals(run, 0, known, previous, previous.length - known, previous.length)) {
                    Scores.forbid(scores, run[known]);
                }
            }
        };
    }
}
