package dev.lanewise.text.pipeline;

import dev.lanewise.text.json.Json;

/** How a delimiter is treated when a text is split at it. */
enum Behavior {
    REMOVED("Removed"),
    ISOLATED("Isolated"),
    MERGED_WITH_PREVIOUS("MergedWithPrevious"),
    MERGED_WITH_NEXT("MergedWithNext"),
    CONTIGUOUS("Contiguous");

    private final String name;

    Behavior(String name) {
        this.name = name;
    }

    static Behavior of(Json json) {
        for (Behavior behavior : values()) {
            if (behavior.name.equals(json.string())) {
                return behavior;
            }
        }
        throw json.expected("Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
    }
}
