package dev.lanewise.cpu.conv.winograd;

import dev.lanewise.cpu.conv.ConvProblem;
import dev.lanewise.cpu.conv.ConvShape;
import dev.lanewise.cpu.conv.Rows;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;

/** Computes the weights' gradient of single channels by the definition. All places are addresses. */
final class WeightGradRepair {
    private WeightGradRepair() {}

    /** Computes the gradients of the kernels that write the output channels {@code chosen}. */
    static void outputs(ConvShape p, int[] chosen, long x, long gy, long gw) {
        ConvShape few = p.withChannels(p.c(), chosen.length);
        int kernel = Math.toIntExact(p.reduction());
        try (Scratch gradients = gathered(gy, p.n(), p.k(), chosen, p.oh() * p.ow());
                Scratch kernels = Scratch.borrow(4L * kernel * chosen.length)) {
            ConvProblem.weightGradByDefinition(few, x, gradients.address(), kernels.address());
            for (int i = 0; i < chosen.length; i++) {
                Rows.copy(kernels.address() + 4L * i * kernel, gw + 4L * chosen[i] * kernel, kernel);
            }
        }
    }

    /** Computes the gradients of all kernels for the input channels {@code chosen}. */
    static void inputs(ConvShape p, int[] chosen, long x, long gy, long gw) {
        ConvShape few = p.withChannels(chosen.length, p.k());
        int taps = p.r() * p.s();
        try (Scratch pixels = gathered(x, p.n(), p.c(), chosen, p.h() * p.w());
                Scratch kernels = Scratch.borrow(4L * taps * chosen.length * p.k())) {
            ConvProblem.weightGradByDefinition(few, pixels.address(), gy, kernels.address());
            for (int k = 0; k < p.k(); k++) {
                for (int i = 0; i < chosen.length; i++) {
                    long from = kernels.address() + 4L * taps * ((long) k * chosen.length + i);
                    Rows.copy(from, gw + 4L * taps * ((long) k * p.c() + chosen[i]), taps);
                }
            }
        }
    }

    private static Scratch gathered(long from, int images, int channels, int[] chosen, int plane) {
        Scratch planes = Scratch.borrow(4L * plane * images * chosen.length);
        Workers.run(images, image -> {
            for (int i = 0; i < chosen.length; i++) {
                Rows.copy(
                        from + 4L * plane * ((long) image * channels + chosen[i]),
                        planes.address() + 4L * plane * ((long) image * chosen.length + i),
                        plane);
            }
        });
        return planes;
    }
}
