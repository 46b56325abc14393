package dev.lanewise.cpu.conv.winograd;

import dev.lanewise.cpu.conv.ConvShape;
import dev.lanewise.cpu.conv.GemmConvolution;
import dev.lanewise.cpu.memory.NativeMemory;
import dev.lanewise.cpu.memory.Scratch;
import java.lang.foreign.MemorySegment;

/** Computes the weights' gradient of single channels by the definition. All places are addresses. */
final class WeightGradRepair {
    private WeightGradRepair() {}

    /** Computes the gradients of the kernels that write the output channels {@code chosen}. */
    static void outputs(ConvShape p, int[] chosen, long x, long gy, long gw) {
        ConvShape few = p.withChannels(p.c(), chosen.length);
        long kernel = 4L * p.reduction();
        try (Scratch gradients = gathered(gy, p.n(), p.k(), chosen, 4L * p.oh() * p.ow());
                Scratch kernels = Scratch.borrow(kernel * chosen.length)) {
            GemmConvolution.weightGrad(few, Float.BYTES, x, gradients.address(), kernels.address());
            for (int i = 0; i < chosen.length; i++) {
                copy(kernels.address() + i * kernel, gw + chosen[i] * kernel, kernel);
            }
        }
    }

    /** Computes the gradients of all kernels for the input channels {@code chosen}. */
    static void inputs(ConvShape p, int[] chosen, long x, long gy, long gw) {
        ConvShape few = p.withChannels(chosen.length, p.k());
        long taps = 4L * p.r() * p.s();
        try (Scratch pixels = gathered(x, p.n(), p.c(), chosen, 4L * p.h() * p.w());
                Scratch kernels = Scratch.borrow(taps * chosen.length * p.k())) {
            GemmConvolution.weightGrad(few, Float.BYTES, pixels.address(), gy, kernels.address());
            for (int k = 0; k < p.k(); k++) {
                for (int i = 0; i < chosen.length; i++) {
                    long from = kernels.address() + ((long) k * chosen.length + i) * taps;
                    copy(from, gw + ((long) k * p.c() + chosen[i]) * taps, taps);
                }
            }
        }
    }

    private static Scratch gathered(long from, int images, int channels, int[] chosen, long planeBytes) {
        Scratch planes = Scratch.borrow(planeBytes * images * chosen.length);
        for (int image = 0; image < images; image++) {
            for (int i = 0; i < chosen.length; i++) {
                copy(
                        from + ((long) image * channels + chosen[i]) * planeBytes,
                        planes.address() + ((long) image * chosen.length + i) * planeBytes,
                        planeBytes);
            }
        }
        return planes;
    }

    private static void copy(long from, long to, long bytes) {
        MemorySegment.copy(NativeMemory.ALL, from, NativeMemory.ALL, to, bytes);
    }
}
