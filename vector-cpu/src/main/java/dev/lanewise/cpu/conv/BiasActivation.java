package dev.lanewise.cpu.conv;

import dev.lanewise.cpu.parallel.Workers;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** Adds the bias to an output and activates it, for the path whose product cannot do so in its store. */
record BiasActivation(
        ConvShape p,
        int elementBytes,
        @Nullable MemorySegment bias,
        long biasAt,
        Activation activation,
        MemorySegment y,
        long yAt) {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED;

    void run() {
        if (bias != null || activation != Activation.NONE) {
            Workers.run(p.n() * p.k(), elementBytes == 4 ? this::floats : this::doubles);
        }
    }

    private void floats(int plane) {
        float shift = bias == null ? 0f : bias.get(FLOAT, biasAt + 4L * (plane % p.k()));
        float least = activation == Activation.RELU ? 0f : Float.NEGATIVE_INFINITY;
        int pixels = p.oh() * p.ow();
        for (int i = 0; i < pixels; i++) {
            long at = yAt + 4 * ((long) plane * pixels + i);
            y.set(FLOAT, at, Math.max(y.get(FLOAT, at) + shift, least));
        }
    }

    private void doubles(int plane) {
        double shift = bias == null ? 0d : bias.get(DOUBLE, biasAt + 8L * (plane % p.k()));
        double least = activation == Activation.RELU ? 0d : Double.NEGATIVE_INFINITY;
        int pixels = p.oh() * p.ow();
        for (int i = 0; i < pixels; i++) {
            long at = yAt + 8 * ((long) plane * pixels + i);
            y.set(DOUBLE, at, Math.max(y.get(DOUBLE, at) + shift, least));
        }
    }
}
