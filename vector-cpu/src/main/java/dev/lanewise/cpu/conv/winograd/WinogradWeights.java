package dev.lanewise.cpu.conv.winograd;

import dev.lanewise.cpu.conv.ConvShape;
import dev.lanewise.cpu.conv.LaneKernels;
import dev.lanewise.cpu.conv.PanelTile;
import dev.lanewise.cpu.conv.Rows;
import dev.lanewise.cpu.conv.Transposition;
import dev.lanewise.cpu.conv.Vectors;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Apart;
import dev.lanewise.cpu.parallel.Workers;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.atomic.LongAccumulator;

/** A convolution's 3x3 kernels and their way into the Winograd domain, {@code [positions][inputs][panel]} for each panel. */
final class WinogradWeights implements AutoCloseable {
    private static final int TAPS = 9;

    /** How many weights that are not small an output must meet, at least. */
    private static final int NOT_SMALL = 2;

    @SuppressWarnings("NonFinalStaticField") // so that C2 does not know it
    private static MethodHandle measure = Apart.of(
            MethodHandles.lookup(),
            WinogradWeights.class,
            "measure",
            MethodType.methodType(void.class, long.class, int.class, long.class, long.class));

    private final ConvShape shape;
    private final int inputs;
    private final int outputs;
    private final boolean gradient;
    private final long w;
    private final WinogradLayout relative;
    private final LongAccumulator mostSmall = new LongAccumulator(Math::max, 0);
    private volatile boolean uneven;

    /** For each output the magnitude, over a tile's largest number, that proves it ({@link TapEnergies}). */
    private final Scratch proofs;

    /**
     * Takes the kernels at {@code w}; for the gradient with respect to the input they are turned by 180 degrees, and inputs
     * and outputs change places.
     */
    WinogradWeights(ConvShape shape, boolean gradient, long w) {
        this.shape = shape;
        this.inputs = gradient ? shape.k() : shape.c();
        this.outputs = gradient ? shape.c() : shape.k();
        this.gradient = gradient;
        this.w = w;
        this.relative = WinogradLayout.panels(0, inputs, PanelTile.COLUMNS);
        this.proofs = Scratch.borrow(4L * panels() * PanelTile.COLUMNS);
        Rows.clear(proofs.address(), (long) panels() * PanelTile.COLUMNS);
    }

    @Override
    public void close() {
        proofs.close();
    }

    /** Returns the number of panels that the output channels are cut into. */
    int panels() {
        return Vectors.blocks(outputs, PanelTile.COLUMNS);
    }

    /** Returns the bytes of one panel's kernels. */
    long panelBytes() {
        return relative.bytes();
    }

    /** Returns the bytes between the kernels of two positions. */
    long position() {
        return relative.position();
    }

    /**
     * Whether a transformed kernel's taps are of so different sizes, or so large or small, that products of the transforms
     * are not exact enough: an output near an edge need not see the largest tap.
     */
    boolean uneven() {
        return uneven;
    }

    /**
     * How many numbers as large as its tile's largest an output must see, or as many smaller ones as sum up to them, once all
     * kernels are transformed: more than any kernel has small weights ({@link TapEnergies}), which they might all meet.
     */
    int needed() {
        return (int) Math.min(OutputMarks.MOST, mostSmall.get() + NOT_SMALL + inputs / TapEnergies.INPUTS_OF_ONE);
    }

    /** Where for each output the magnitude is that proves it, over a tile's largest number; all vectors are whole. */
    long proofs() {
        return proofs.address();
    }

    /** Transforms the kernels of all panels, one after the other from {@code to} on. */
    void transformAll(long to) {
        Workers.run(panels(), panel -> transform(panel, to + panel * panelBytes()));
    }

    /** Transforms the kernels of one panel. */
    void transform(int panel, long to) {
        WinogradLayout layout = relative.at(to);
        int first = panel * PanelTile.COLUMNS;
        transform(first, 0, layout);
        if (first + Vectors.LANES < outputs) {
            transform(first + Vectors.LANES, 1, layout);
        }
    }

    /** Transforms the kernels of one vector of outputs. */
    private void transform(int first, int vector, WinogradLayout layout) {
        long kernel = TAPS * Vectors.BYTES;
        try (Scratch turned = Scratch.borrow(inputs * kernel);
                Scratch work = Scratch.borrow(Math.max(Transposition.WORK_BYTES, WinogradTransform.WORK_BYTES))) {
            LaneKernels.turn(shape, gradient, w, first, turned.address(), work.address());
            int lanes = Math.min(Vectors.LANES, outputs - first);
            measureApart(turned.address(), lanes, work.address(), proofs.address() + 4L * first);
            for (int input = 0; input < inputs; input++) {
                WinogradTransform.weights(
                        turned.address() + input * kernel,
                        3 * Vectors.BYTES,
                        Vectors.BYTES,
                        layout.address(input, vector),
                        layout.position(),
                        work.address());
            }
        }
    }

    private void measureApart(long kernels, int lanes, long work, long to) {
        try {
            measure.invokeExact(this, kernels, lanes, work, to);
        } catch (Throwable e) {
            throw Apart.unchecked(e);
        }
    }

    /** Called {@linkplain Apart apart}. Notes whether the kernels of one vector of outputs are uneven, and the small weights. */
    void measure(long kernels, int lanes, long work, long to) {
        int small = TapEnergies.mostSmall(kernels, inputs, lanes, work, to);
        if (small < 0) {
            uneven = true;
        }
        mostSmall.accumulate(small);
    }
}
