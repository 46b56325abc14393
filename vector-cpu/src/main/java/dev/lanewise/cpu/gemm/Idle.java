package dev.lanewise.cpu.gemm;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;

/** A few reusable objects that no call is using, so that calls in steady state allocate nothing. */
final class Idle<T> {
    private static final int KEPT = 8;

    private final AtomicReferenceArray<T> objects = new AtomicReferenceArray<>(KEPT);
    private final Supplier<T> create;

    Idle(Supplier<T> create) {
        this.create = create;
    }

    T take() {
        for (int i = 0; i < KEPT; i++) {
            if (objects.getPlain(i) != null) {
                T object = objects.getAndSet(i, null);
                if (object != null) {
                    return object;
                }
            }
        }
        return create.get();
    }

    void give(T object) {
        for (int i = 0; i < KEPT; i++) {
            if (objects.compareAndSet(i, null, object)) {
                return;
            }
        }
    }
}
