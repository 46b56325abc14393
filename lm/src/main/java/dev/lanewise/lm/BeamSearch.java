package dev.lanewise.lm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Beam search as in transformers: of all continuations of the current sequences, the best are continued; those that end
 * are kept, ranked by their score, which is the sum of log-probabilities divided by a power of the length.
 */
final class BeamSearch {
    private final Decoding decoding;
    private final Generation.BeamOptions options;
    private final List<Integer> stop;
    private final List<Generation.Beam> finished = new ArrayList<>();

    BeamSearch(Decoding decoding, Generation.BeamOptions options, List<Integer> stop) {
        this.decoding = decoding;
        this.options = options;
        this.stop = stop;
    }

    /** A sequence that is being continued. */
    private record Running(int[] tokens, double sum) {}

    /** One more token for a sequence. */
    private record Candidate(int beam, int token, double sum) {}

    List<Generation.Beam> run() {
        int beams = options.beams();
        int start = decoding.starts().getFirst().length;
        List<Running> running = List.of(new Running(decoding.starts().getFirst(), 0));
        double[][] scores = decoding.first();
        for (int step = 1; ; step++) {
            boolean last = step == options.newTokens() || decoding.isFull();
            List<Candidate> candidates = best(running, scores, Math.max(2L, 1 + stop.size()) * beams);
            List<Candidate> going = new ArrayList<>();
            for (int rank = 0; rank < candidates.size(); rank++) {
                Candidate c = candidates.get(rank);
                if (!last && !stop.contains(c.token)) {
                    going.add(c);
                } else if (rank < beams) {
                    finish(added(running, c), c.sum / Math.pow(step, options.lengthPenalty()));
                }
            }
            going = going.subList(0, Math.min(beams, going.size()));
            if (last || going.isEmpty() || !canImprove(going.getFirst().sum, step)) {
                return List.copyOf(finished);
            }
            List<Running> before = running;
            running = going.stream()
                    .map(c -> new Running(added(before, c), c.sum))
                    .toList();
            decoding.select(going.stream().mapToLong(Candidate::beam).toArray());
            scores = decoding.next(running.stream()
                    .mapToLong(r -> r.tokens[r.tokens.length - 1])
                    .toArray());
            assert running.getFirst().tokens.length == start + step;
        }
    }

    private static int[] added(List<Running> running, Candidate c) {
        int[] tokens = running.get(c.beam).tokens;
        int[] longer = Arrays.copyOf(tokens, tokens.length + 1);
        longer[tokens.length] = c.token;
        return longer;
    }

    private void finish(int[] tokens, double score) {
        int at = 0;
        while (at < finished.size() && finished.get(at).score() >= score) {
            at++;
        }
        finished.add(at, new Generation.Beam(tokens, score));
        if (finished.size() > options.beams()) {
            finished.removeLast();
        }
    }

    /** Whether the best unfinished sequence could still beat the worst one that is kept. */
    private boolean canImprove(double best, int length) {
        return finished.size() < options.beams()
                || best / Math.pow(length, options.lengthPenalty())
                        > finished.getLast().score();
    }

    private static List<Candidate> best(List<Running> running, double[][] scores, long count) {
        PriorityQueue<Candidate> queue = new PriorityQueue<>(Comparator.comparingDouble(Candidate::sum));
        for (int beam = 0; beam < running.size(); beam++) {
            Scores.requireNumbers(scores[beam]);
            double[] logs = Scores.logSoftmax(scores[beam]);
            for (int token = 0; token < logs.length; token++) {
                double sum = running.get(beam).sum + logs[token];
                if (queue.size() < count) {
                    queue.add(new Candidate(beam, token, sum));
                } else if (sum > queue.element().sum) {
                    queue.remove();
                    queue.add(new Candidate(beam, token, sum));
                }
            }
        }
        return queue.stream()
                .sorted(Comparator.comparingDouble(Candidate::sum).reversed())
                .toList();
    }
}
