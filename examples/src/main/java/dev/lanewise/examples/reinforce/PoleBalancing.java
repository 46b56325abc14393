package dev.lanewise.examples.reinforce;

import dev.lanewise.autograd.*;
import dev.lanewise.examples.page.*;
import dev.lanewise.nn.*;
import dev.lanewise.nn.optim.*;
import dev.lanewise.tensor.*;
import java.util.*;

/**
 * REINFORCE (Williams 1992): a policy plays episodes, and what it did becomes more likely where what followed was better than
 * usual, less likely where it was worse. Each step that the pole stands is worth 1. "Usual" is what all episodes of a round had
 * at the same step, which makes the noise of the gradient smaller and changes nothing else.
 */
public final class PoleBalancing implements Example {
    /** What follows soon counts more: {@code discount^k} after k steps. */
    private static final double DISCOUNT = 0.98;

    private static final int MOST_STEPS = 200;

    /** The episodes of a round, step by step; rows are episodes. */
    private static final class Round {
        final List<float[]> states = new ArrayList<>();
        final List<long[]> actions = new ArrayList<>();

        /** Until when the poles stood. */
        final int[] lengths;

        Round(int episodes) {
            lengths = new int[episodes];
        }

        double meanLength() {
            return Arrays.stream(lengths).average().orElseThrow();
        }

        /** How much better than usual what followed a step was; 0 for steps after an episode's end. */
        float[] advantages() {
            int steps = states.size();
            float[] advantages = new float[steps * lengths.length];
            for (int step = 0; step < steps; step++) {
                double sum = 0;
                int there = 0;
                for (int length : lengths) {
                    sum += step < length ? worth(length - step) : 0;
                    there += step < length ? 1 : 0;
                }
                for (int i = 0; i < lengths.length; i++) {
                    if (step < lengths[i]) {
                        advantages[step * lengths.length + i] = (float) (worth(lengths[i] - step) - sum / there);
                    }
                }
            }
            return advantages;
        }

        /** The discounted sum of so many ones. */
        private static double worth(int steps) {
            return (1 - Math.pow(DISCOUNT, steps)) / (1 - DISCOUNT);
        }
    }

    @Override
    public String id() {
        return "reinforce";
    }

    @Override
    public String shows() {
        return "a policy that learns by trial to balance a pole (REINFORCE), measured in steps of at most 200";
    }

    @Override
    public Map<String, Double> run(Settings settings) {
        Rng rng = new Rng(settings.seed());
        SplittableRandom random = new SplittableRandom(settings.seed());
        Layer policy = new Sequential(new Linear(CartPole.SIZE, 32, rng), new ReLU(), new Linear(32, 2, rng));
        var optimizer = new Adam(policy.parameters(), settings.quick() ? 0.02 : 0.01);
        double before = played(policy, 64, rng, random).meanLength();
        for (int round = 1; round <= settings.of(60, 20); round++) {
            Round seen = played(policy, settings.of(32, 16), rng, random);
            try (var ignored = Scope.open("step")) {
                optimizer.step(Autograd.gradients(loss(policy, seen)));
            }
            if (round % 5 == 0) {
                settings.report("round %d: %.1f steps", round, seen.meanLength());
            }
        }
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("steps", played(policy, 64, rng, random).meanLength());
        figures.put("steps before", before);
        return figures;
    }

    /** Plays all episodes of a round at once, so that the policy is asked once for a step of all. */
    private static Round played(Layer policy, int episodes, Rng rng, SplittableRandom random) {
        Round round = new Round(episodes);
        CartPole[] carts = new CartPole[episodes];
        Arrays.setAll(carts, i -> new CartPole(random));
        boolean going = true;
        for (int step = 0; step < MOST_STEPS && going; step++) {
            float[] states = new float[episodes * CartPole.SIZE];
            for (int i = 0; i < episodes; i++) {
                carts[i].copyTo(states, i * CartPole.SIZE);
            }
            long[] actions = drawn(policy, states, rng);
            round.states.add(states);
            round.actions.add(actions);
            going = false;
            for (int i = 0; i < episodes; i++) {
                if (!carts[i].ended()) {
                    carts[i].push(actions[i] == 1);
                    round.lengths[i] = step + 1;
                    going |= !carts[i].ended();
                }
            }
        }
        return round;
    }

    private static long[] drawn(Layer policy, float[] states, Rng rng) {
        return Autograd.noGrad(() -> {
            try (var ignored = Scope.open("actions")) {
                Tensor logits = policy.forward(Tensor.of(states, states.length / CartPole.SIZE, CartPole.SIZE));
                return logits.softmax(1).multinomial(1, true, rng).toLongArray();
            }
        });
    }

    /** Minus the mean of {@code log(probability of what was done) * advantage}. */
    private static Tensor loss(Layer policy, Round round) {
        int rows = round.states.size() * round.lengths.length;
        Tensor states = Tensor.cat(
                0,
                round.states.stream()
                        .map(step -> Tensor.of(step, round.lengths.length, CartPole.SIZE))
                        .toArray(Tensor[]::new));
        Tensor actions = Tensor.cat(0, round.actions.stream().map(Tensor::of).toArray(Tensor[]::new));
        Tensor likelihood = policy.forward(states)
                .logSoftmax(1)
                .gather(1, actions.unsqueeze(1))
                .squeeze(1);
        Tensor advantages = Tensor.of(round.advantages(), rows);
        Tensor scaled = advantages.div(advantages.square().mean().sqrt().add(1e-6));
        return likelihood.mul(scaled).mean().neg();
    }
}
