package dev.lanewise.testkit.golden;

import java.util.Map;

/**
 * Offers adapters from reference cases to an implementation. {@link GoldenRunner} finds providers with
 * {@link java.util.ServiceLoader}; where two offer the same operation, the one with the higher priority counts.
 */
public interface GoldenOps {
    /** {@return the adapters, by the operation's name in the cases} */
    Map<String, GoldenOp> ops();

    /** {@return the training runs, by file name without ending: {@code train_mlp_sgd}} */
    default Map<String, GoldenTrainer> trainers() {
        return Map.of();
    }

    /** {@return the adapters of a provider with a higher number come before those of a lower one} */
    default int priority() {
        return 0;
    }
}
