package dev.lanewise.cpu.conv;

import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;

/** The weights as {@link PixelConvolution} reads them, packed once per call: {@code [panels][taps][inputs][panel]} for each phase. */
final class PixelWeights implements AutoCloseable {
    private final ConvShape p;
    private final boolean gradient;
    private final PixelPhase[] phases;
    private final int inputs;
    private final int outputs;
    private final Scratch[] packed;

    PixelWeights(ConvShape p, boolean gradient, PixelPhase[] phases, long w) {
        this.p = p;
        this.gradient = gradient;
        this.phases = phases;
        this.inputs = gradient ? p.k() : p.c();
        this.outputs = gradient ? p.c() : p.k();
        this.packed = new Scratch[phases.length];
        for (int phase = 0; phase < phases.length; phase++) {
            packed[phase] = Scratch.borrow(panels() * panelBytes(phase));
        }
        Workers.run(panels(), panel -> pack(panel, w));
    }

    @Override
    public void close() {
        for (Scratch block : packed) {
            block.close();
        }
    }

    int panels() {
        return Vectors.blocks(outputs, PanelTile.COLUMNS);
    }

    /** Returns the products summed for a pixel of a phase. */
    int steps(int phase) {
        return phases[phase].taps() * inputs;
    }

    private long panelBytes(int phase) {
        return steps(phase) * 2L * Vectors.BYTES;
    }

    /** Returns the address of a panel's weights from a step on. */
    long address(int phase, int panel, int step) {
        return packed[phase].address() + panel * panelBytes(phase) + step * 2L * Vectors.BYTES;
    }

    private void pack(int panel, long w) {
        int taps = p.r() * p.s();
        try (Scratch turned = Scratch.borrow((long) inputs * taps * Vectors.BYTES);
                Scratch work = Scratch.borrow(Transposition.WORK_BYTES)) {
            for (int half = 0; half < 2; half++) {
                int first = panel * PanelTile.COLUMNS + half * Vectors.LANES;
                if (first >= outputs) {
                    return;
                }
                LaneKernels.turn(p, gradient, w, first, turned.address(), work.address());
                for (int phase = 0; phase < phases.length; phase++) {
                    copy(phase, turned.address(), address(phase, panel, 0) + half * Vectors.BYTES);
                }
            }
        }
    }

    /** Copies a vector of outputs to a phase, whose taps it orders before the inputs. */
    private void copy(int phase, long turned, long to) {
        int taps = p.r() * p.s();
        for (int tap = 0; tap < phases[phase].taps(); tap++) {
            int index = phases[phase].kernelIndex(tap);
            long from = turned + (gradient ? taps - 1 - index : index) * Vectors.BYTES;
            long target = to + (long) tap * inputs * 2 * Vectors.BYTES;
            for (int input = 0; input < inputs; input++) {
                Rows.copy(
                        from + (long) input * taps * Vectors.BYTES, target + input * 2L * Vectors.BYTES, Vectors.LANES);
            }
        }
    }
}
