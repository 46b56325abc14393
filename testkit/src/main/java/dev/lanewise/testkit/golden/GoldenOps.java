package dev.lanewise.testkit.golden;

import java.util.Map;

/**
 * Offers adapters from reference cases to an implementation. {@link GoldenRunner} finds providers with
 * {@link java.util.ServiceLoader}; if two offer the same operation, the one with the higher priority is used.
 */
public interface GoldenOps {
    /** {@return the adapters, by the operation's name in the cases} */
    Map<String, GoldenOp> ops();

    /** {@return the training runs, by file name without ending: {@code train_mlp_sgd}} */
    default Map<String, GoldenTrainer> trainers() {
        return Map.of();
    }

    /**
     * {@return the priority: adapters of a provider with a higher number take precedence over those with a lower one}
     */
    default int priority() {
        return 0;
    }
}
