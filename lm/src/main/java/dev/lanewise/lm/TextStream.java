package dev.lanewise.lm;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.Flow;

/**
 * A text as it is generated, piece by piece; a piece never contains part of a character, and is never empty. The text
 * ends where the model ends it or has no position left, after the requested number of tokens, or before a stop text. Closing
 * ends it and releases its memory.
 */
public final class TextStream implements Iterator<String>, AutoCloseable {
    private final TokenStream tokens;
    private final TextPieces pieces;
    private String next = "";
    private volatile boolean ended;

    TextStream(TokenStream tokens, TextPieces pieces) {
        this.tokens = tokens;
        this.pieces = pieces;
    }

    @Override
    public boolean hasNext() {
        while (next.isEmpty() && !ended) {
            if (tokens.hasNext()) {
                next = pieces.next(tokens.next());
            } else {
                next = pieces.finish();
                ended = true;
            }
            if (pieces.hasStopped()) {
                close();
            }
        }
        return !next.isEmpty();
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

    /** {@return how many tokens have been generated so far} */
    public int count() {
        return tokens.count();
    }

    /**
     * {@return the pieces that remain, for one subscriber} They are computed in a thread of their own, one ahead of what the
     * subscriber has asked for; cancelling closes this stream. The stream is not to be read in another way then.
     */
    public Flow.Publisher<String> publisher() {
        return new Published<>(this, this::close);
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
