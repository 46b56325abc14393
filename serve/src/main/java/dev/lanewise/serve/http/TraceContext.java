package dev.lanewise.serve.http;

import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The trace that a request belongs to, by W3C's Trace Context: its caller's header {@code traceparent} names the trace,
 * and the answer's {@code traceresponse} names it again with the part that happened here.
 *
 * @param trace 32 hexadecimal digits
 * @param span what happens here, 16 hexadecimal digits
 * @param flags two hexadecimal digits, as the caller gave them
 */
public record TraceContext(String trace, String span, String flags) {
    private static final int LONGEST = 512;
    private static final Pattern PARENT =
            Pattern.compile("(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?");

    /**
     * Reads the caller's header.
     *
     * @param parent the header, or null if there is none
     * @return the trace, with a span of its own; null if there is none or, as the standard asks, if it is malformed
     */
    public static @Nullable TraceContext read(@Nullable String parent) {
        if (parent == null || parent.length() > LONGEST) {
            return null;
        }
        Matcher matcher = PARENT.matcher(parent);
        // version 00 ends after the flags; later ones may go on
        if (!matcher.matches() || matcher.group(1).equals("00") && matcher.group(4) != null) {
            return null;
        }
        long span = 0;
        while (span == 0) {
            span = ThreadLocalRandom.current().nextLong();
        }
        return new TraceContext(matcher.group(2), String.format("%016x", span), matcher.group(3));
    }

    /** The header of the answer. */
    public String response() {
        return "00-" + trace + "-" + span + "-" + flags;
    }
}
