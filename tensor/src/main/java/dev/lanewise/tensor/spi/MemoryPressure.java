package dev.lanewise.tensor.spi;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.internal.Ownership;
import dev.lanewise.tensor.internal.Reclaimer;
import java.util.Map;
import java.util.stream.Collectors;

/** What a backend calls when its device has run out of memory. */
public final class MemoryPressure {
    private MemoryPressure() {}

    /** Collects garbage and waits, briefly, until buffers that nothing refers to have been given back. */
    public static void releaseUnreachable() {
        Reclaimer.collectNow();
    }

    /**
     * Which of the calling thread's open scopes hold how many bytes of a device, the innermost first, for a message.
     *
     * @param device the device that has no memory left
     * @return one line for display
     */
    public static String holders(Device device) {
        Map<String, Long> held = Ownership.held(device);
        return held.isEmpty()
                ? "no open scope of this thread holds any of it"
                : held.entrySet().stream()
                        .map(scope -> "scope '" + scope.getKey() + "' holds " + scope.getValue() + " bytes")
                        .collect(Collectors.joining(", "));
    }
}
