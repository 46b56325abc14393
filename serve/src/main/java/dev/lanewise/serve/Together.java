package dev.lanewise.serve;

import org.jspecify.annotations.Nullable;

/**
 * Which requests may be put together, as a trial of their model has shown.
 *
 * @param rows whether requests whose inputs differ in nothing but their rows may be
 * @param padding how token sequences of different lengths are; null if they may not be
 */
record Together(boolean rows, @Nullable Padding padding) {
    static final Together NEVER = new Together(false, null);
    static final Together ROWS = new Together(true, null);
}
