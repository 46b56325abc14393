package dev.lanewise.nn.shared;

/** A bar of characters, such as {@code [====== ]}. */
public final class TextBar {
    private static final int WIDTH = 24;

    private TextBar() {}

    /**
     * {@return how much of a total is done, as a bar; a full one if there is nothing to do}
     *
     * @param done how much is done; less than 0 counts as nothing, and more than the total as all
     * @param total how much there is
     */
    public static String of(long done, long total) {
        int full = total <= 0 ? WIDTH : (int) (WIDTH * (double) Math.clamp(done, 0, total) / total);
        return "[" + "=".repeat(full) + " ".repeat(WIDTH - full) + "]";
    }
}
