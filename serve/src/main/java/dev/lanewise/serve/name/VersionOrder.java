package dev.lanewise.serve.name;

import java.util.Comparator;
import java.util.regex.Pattern;

/** Versions from old to new: 9 before 10, 1.9 before 1.10, and texts by their letters. */
public final class VersionOrder {
    private static final Pattern DIGITS = Pattern.compile("\\d+");
    private static final int WIDTH = ModelName.LONGEST;

    /** From the oldest to the newest. */
    public static final Comparator<String> COMPARATOR =
            Comparator.comparing(VersionOrder::padded).thenComparing(Comparator.naturalOrder());

    private VersionOrder() {}

    private static String padded(String version) {
        return DIGITS.matcher(version)
                .replaceAll(digits -> "0".repeat(WIDTH - digits.group().length()) + digits.group());
    }
}
