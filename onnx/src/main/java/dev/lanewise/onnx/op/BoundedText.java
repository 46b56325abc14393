package dev.lanewise.onnx.op;

/**
 * A text that ends the match of a pattern which backtracks too long on it. The pattern comes from a file and the text perhaps from
 * a request, and Java's patterns may take a time that is exponential in the text's length.
 */
final class BoundedText implements CharSequence {
    /** The limit grows with the text, so that only runaway backtracking reaches it. */
    private static final long READS = 20_000_000;

    private static final long READS_OF_CHARACTER = 200;

    private final String text;
    private long left;

    BoundedText(String text) {
        this.text = text;
        this.left = READS + READS_OF_CHARACTER * text.length();
    }

    @Override
    public char charAt(int index) {
        if (--left < 0) {
            throw new IllegalArgumentException("the pattern takes too long on a text of " + text.length()
                    + " characters (expected one that decides quickly)");
        }
        return text.charAt(index);
    }

    @Override
    public int length() {
        return text.length();
    }

    @Override
    public CharSequence subSequence(int start, int end) {
        return text.subSequence(start, end);
    }

    @Override
    public String toString() {
        return text;
    }
}
