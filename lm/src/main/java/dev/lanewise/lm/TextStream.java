package dev.lanewise.lm;

import dev.lanewise.text.DecodeStream;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * A text as it is generated, piece by piece; a piece never contains part of a character, and is never empty. The text
 * ends where the model ends it, after the requested number of tokens, or before a stop text. Closing ends it and
 * releases its memory.
 */
public final class TextStream implements Iterator<String>, AutoCloseable {
    private final TokenStream tokens;
    private final DecodeStream decoder;
    private final List<String> stopTexts;
    private final StringBuilder held = new StringBuilder();
    private String next = "";
    private boolean ended;

    TextStream(TokenStream tokens, DecodeStream decoder, List<String> stopTexts) {
        this.tokens = tokens;
        this.decoder = decoder;
        this.stopTexts = stopTexts;
    }

    @Override
    public boolean hasNext() {
        while (next.isEmpty() && !ended) {
            if (tokens.hasNext()) {
                held.append(decoder.next(tokens.next()));
                take(false);
            } else {
                held.append(decoder.finish());
                take(true);
                ended = true;
            }
        }
        return !next.isEmpty();
    }

    /** Moves text that can't be the beginning of a stop text from what is held back to what is returned next. */
    private void take(boolean last) {
        int stop = -1;
        for (String text : stopTexts) {
            int at = held.indexOf(text);
            stop = at >= 0 && (stop < 0 || at < stop) ? at : stop;
        }
        if (stop >= 0) {
            next = held.substring(0, stop);
            held.setLength(0);
            close();
            return;
        }
        int keep = last ? 0 : heldBack();
        next = held.substring(0, held.length() - keep);
        held.delete(0, held.length() - keep);
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

    @Override
    public String next() {
        if (!hasNext()) {
            throw new NoSuchElementException("the text is at its end");
        }
        String piece = next;
        next = "";
        return piece;
    }

    /** {@return all pieces that remain, joined to one text, generating them} */
    public String rest() {
        StringBuilder all = new StringBuilder();
        forEachRemaining(all::append);
        return all.toString();
    }

    @Override
    public void close() {
        ended = true;
        tokens.close();
    }
}
