package dev.lanewise.text.pipeline;

import dev.lanewise.text.unicode.Chars;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Excludes the white space that tokens begin and end with from their offsets. */
final class TrimOffsets {
    private static final int SPACE = 0x120;
    private final IntFunction<@Nullable String> names;
    private final boolean prefixSpace;

    TrimOffsets(IntFunction<@Nullable String> names, boolean prefixSpace) {
        this.names = names;
        this.prefixSpace = prefixSpace;
    }

    void apply(Encoded encoded) {
        for (int i = 0; i < encoded.size(); i++) {
            String own = encoded.surfaces == null ? null : encoded.surfaces[i];
            String token = own == null ? names.apply(encoded.ids[i]) : own;
            if (token != null && !token.isEmpty()) {
                trim(encoded, i, token);
            }
        }
        encoded.overflowing.forEach(this::apply);
    }

    private void trim(Encoded encoded, int i, String token) {
        int leading = 0;
        while (leading < token.length() && isSpace(token.charAt(leading))) {
            leading++;
        }
        int trailing = 0;
        while (trailing < token.length() && isSpace(token.charAt(token.length() - 1 - trailing))) {
            trailing++;
        }
        if (leading > 0) {
            boolean first = i == 0 || encoded.starts[i] == 0;
            // one space at the start is the one that the pre-tokenizer added
            if (!(first && prefixSpace && leading == 1)) {
                encoded.starts[i] = Math.min(encoded.starts[i] + leading, encoded.ends[i]);
            }
        }
        if (trailing > 0 && encoded.ends[i] >= trailing) {
            encoded.ends[i] = Math.max(encoded.ends[i] - trailing, encoded.starts[i]);
        }
    }

    private static boolean isSpace(char c) {
        return c == SPACE || Chars.isSpace(c);
    }
}
