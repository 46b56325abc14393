package dev.lanewise.cuda;

import dev.lanewise.cuda.runtime.Settings;

/**
 * Choices between speed and accuracy on NVIDIA GPUs, for the whole process. Both are off at first; the system properties
 * {@code lanewise.cuda.tf32} and {@code lanewise.cuda.deterministic} turn them on from the start.
 */
public final class CudaPrecision {
    private CudaPrecision() {}

    /**
     * Lets products, convolutions and recurrent layers of F32 tensors round their operands to TF32 (10 bits of mantissa instead of 23), on
     * GPUs from compute capability 8.0 on several times faster. Sums stay in F32.
     *
     * @param allowed whether they may; false at first
     */
    public static void allowTf32(boolean allowed) {
        Settings.tf32(allowed);
    }

    /** {@return whether TF32 is allowed} */
    public static boolean isTf32Allowed() {
        return Settings.tf32();
    }

    /**
     * Makes convolutions use only algorithms that give the same bits in every run, some of them slower, and recurrent layers
     * run step by step, since cuDNN does not promise the same bits for them.
     *
     * @param required whether they have to; false at first
     */
    public static void requireDeterminism(boolean required) {
        Settings.deterministic(required);
    }

    /** {@return whether determinism is required} */
    public static boolean isDeterminismRequired() {
        return Settings.deterministic();
    }
}
