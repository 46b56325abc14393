package dev.lanewise.text;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** stub */
public final class ChatTemplate {
    static @Nullable ChatTemplate find(Path folder) { return null; }
}
