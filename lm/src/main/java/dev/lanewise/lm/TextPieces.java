package dev.lanewise.lm;

import dev.lanewise.text.DecodeStream;
import java.util.List;

/**
 * Turns tokens into text as they come: pieces of whole characters, up to the first text that ends the generated one.
 * What may be the beginning of such a text is held back until the next tokens show whether it is. For use by one thread.
 */
public final class TextPieces {
    private final DecodeStream decoder;
    private final List<String> stopTexts;
    private final StringBuilder held = new StringBuilder();
    private boolean stopped;

    TextPieces(DecodeStream decoder, List<String> stopTexts) {
        this.decoder = decoder;
        this.stopTexts = List.copyOf(stopTexts);
    }

    /**
     * Takes the next token.
     *
     * @param token the token
     * @return the text that has become certain; empty if none has, or the text has ended before
     */
    public String next(int token) {
        return stopped ? "" : taken(decoder.next(token), false);
    }

    /**
     * Ends the text.
     *
     * @return what was held back; empty if a text that ends it has appeared
     */
    public String finish() {
        return stopped ? "" : taken(decoder.finish(), true);
    }

    /** {@return whether a text that ends the generated one has appeared} */
    public boolean hasStopped() {
        return stopped;
    }

    private String taken(String more, boolean last) {
        held.append(more);
        int stop = -1;
        for (String text : stopTexts) {
            int at = held.indexOf(text);
            stop = at >= 0 && (stop < 0 || at < stop) ? at : stop;
        }
        stopped = stop >= 0;
        int end = stopped ? stop : held.length() - (last ? 0 : heldBack());
        String piece = held.substring(0, end);
        held.delete(0, stopped ? held.length() : end);
        return piece;
    }

    /** The length of the longest suffix that a stop text begins with. */
    private int heldBack() {
        int longest = 0;
        for (String text : stopTexts) {
            for (int length = Math.min(text.length() - 1, held.length()); length > longest; length--) {
                if (text.startsWith(held.substring(held.length() - length))) {
                    longest = length;
                }
            }
        }
        return longest;
    }
}
