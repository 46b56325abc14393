package dev.lanewise.cpu.conv;

import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;

/** A convolution's 3x3 kernels in the Winograd domain, {@code [positions][panels of outputs][inputs][panel]}. */
final class WinogradWeights implements AutoCloseable {
    private static final int TAPS = 9;

    private final int inputs;
    private final int outputs;
    private final boolean gradient;
    private final long w;
    private final Scratch memory;
    private final WinogradLayout layout;

    /**
     * Transforms the kernels at {@code w}; for the gradient with respect to the input they are turned by 180 degrees, and
     * inputs and outputs change places.
     */
    WinogradWeights(ConvShape shape, boolean gradient, long w) {
        this.inputs = gradient ? shape.k() : shape.c();
        this.outputs = gradient ? shape.c() : shape.k();
        this.gradient = gradient;
        this.w = w;
        WinogradLayout relative = WinogradLayout.panels(0, inputs, outputs);
        this.memory = Scratch.borrow(relative.bytes());
        this.layout = relative.at(memory.address());
        Workers.run(Vectors.blocks(outputs, Vectors.LANES), this::transform);
    }

    /** Returns where a panel of a position begins. */
    long panel(int position, int panel) {
        return layout.base() + position * layout.position() + panel * layout.panel();
    }

    @Override
    public void close() {
        memory.close();
    }

    /** Transforms the kernels of one vector of outputs. */
    private void transform(int vector) {
        long kernel = TAPS * Vectors.BYTES;
        try (Scratch turned = Scratch.borrow(inputs * kernel);
                Scratch work = Scratch.borrow(Math.max(Transposition.WORK_BYTES, WinogradTransform.WORK_BYTES))) {
            turn(vector * Vectors.LANES, turned.address(), work.address());
            for (int input = 0; input < inputs; input++) {
                WinogradTransform.weights(
                        turned.address() + input * kernel, 3 * Vectors.BYTES, Vectors.BYTES,
                        layout.address(input, vector), layout.position(), work.address());
            }
        }
    }

    /** Brings the outputs into the lanes: {@code to[input][tap][lane]}. */
    private void turn(int first, long to, long work) {
        int channels = Math.min(Vectors.LANES, outputs - first);
        if (!gradient) {
            long kernels = 4L * inputs * TAPS;
            Transposition.planesToPixels(
                    w + first * kernels, kernels, channels, inputs * TAPS, to, Vectors.BYTES, work);
            return;
        }
        for (int input = 0; input < inputs; input++) {
            long from = w + 4L * TAPS * ((long) input * outputs + first);
            long lastTap = to + ((long) input * TAPS + TAPS - 1) * Vectors.BYTES;
            Transposition.planesToPixels(from, 4 * TAPS, channels, TAPS, lastTap, -Vectors.BYTES, work);
        }
    }
}
