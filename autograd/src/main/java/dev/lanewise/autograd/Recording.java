package dev.lanewise.autograd;

import java.util.function.Supplier;

/** Whether the thread's operations are recorded. */
final class Recording {
    private static final ThreadLocal<Boolean> ON = ThreadLocal.withInitial(() -> true);

    private Recording() {}

    static boolean isOn() {
        return ON.get();
    }

    static <T> T with(boolean on, Supplier<T> body) {
        boolean before = ON.get();
        ON.set(on);
        try {
            return body.get();
        } finally {
            ON.set(before);
        }
    }
}
