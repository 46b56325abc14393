package dev.lanewise.text.pipeline;

import dev.lanewise.text.TokenizerException;
import dev.lanewise.text.Truncation;
import java.util.List;

/** Divides the available length among the texts of a pair. */
final class Truncations {
    private Truncations() {}

    /** Truncates in place, so that {@code most} tokens are left. */
    static void apply(List<Encoded> encodings, Truncation truncation, int most) {
        int total = encodings.stream().mapToInt(Encoded::size).sum();
        if (most == 0) {
            for (int i = 0; i < encodings.size(); i++) {
                cut(encodings, i, 0, truncation);
            }
            return;
        }
        if (total <= most) {
            return;
        }
        switch (truncation.strategy()) {
            case LONGEST_FIRST -> longestFirst(encodings, truncation, most);
            case ONLY_FIRST -> only(encodings, 0, truncation, total - most);
            case ONLY_SECOND -> {
                if (encodings.size() < 2) {
                    throw new TokenizerException("Truncation error: Second sequence not provided");
                }
                only(encodings, 1, truncation, total - most);
            }
        }
    }

    private static void only(List<Encoded> encodings, int which, Truncation truncation, int remove) {
        int size = encodings.get(which).size();
        if (size <= remove) {
            throw new TokenizerException(
                    "Truncation error: Sequence to truncate too short to respect the provided max_length");
        }
        cut(encodings, which, size - remove, truncation);
    }

    private static void longestFirst(List<Encoded> encodings, Truncation truncation, int most) {
        if (encodings.size() == 1) {
            cut(encodings, 0, most, truncation);
            return;
        }
        int first = encodings.get(0).size();
        int second = encodings.get(1).size();
        boolean swapped = first > second;
        int shorter = Math.min(first, second);
        int longer = shorter > most ? shorter : Math.max(shorter, most - shorter);
        if (shorter + longer > most) {
            shorter = most / 2;
            longer = shorter + most % 2;
        }
        cut(encodings, 0, swapped ? longer : shorter, truncation);
        cut(encodings, 1, swapped ? shorter : longer, truncation);
    }

    private static void cut(List<Encoded> encodings, int which, int most, Truncation truncation) {
        encodings.set(which, encodings.get(which).truncated(most, truncation.stride(), truncation.direction()));
    }
}
