package dev.lanewise.bench;

import java.util.Locale;

/** How a training step is run, under the names of the peer's script. */
enum Mode {
    /** Operation by operation. */
    EAGER,
    /** Captured once as a CUDA graph and replayed. */
    GRAPHS;

    /** The name in the lines. */
    String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
