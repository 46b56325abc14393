package dev.lanewise.bench.gpu;

import dev.lanewise.bench.Json;
import java.util.Map;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;

/** The members of the last line of JSON that a process has printed; others may ask for them while it runs. */
final class LastLine implements Consumer<String> {
    private volatile Map<String, Object> members = Map.of();

    @Override
    public void accept(String printed) {
        // a process that is ended may leave half a line, and a library may print what only looks like one
        if (printed.startsWith("{") && printed.endsWith("}")) {
            try {
                members = Json.object(printed);
            } catch (JacksonException e) {
                return;
            }
        }
    }

    /** The members; none before the first line. */
    Map<String, Object> members() {
        return members;
    }
}
