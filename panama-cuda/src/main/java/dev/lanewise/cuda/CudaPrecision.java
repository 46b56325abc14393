package dev.lanewise.cuda;

import dev.lanewise.cuda.runtime.Settings;

/**
 * Choices between speed and accuracy on NVIDIA GPUs, for the whole process. At first TF32 and determinism are off and
 * convolutions may use transforms; the system properties {@code lanewise.cuda.tf32}, {@code lanewise.cuda.deterministic} and
 * {@code lanewise.cuda.convolutionTransforms} ({@code true} or {@code false}) say otherwise from the start.
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
     * Lets convolutions go through Winograd's and Fourier's transforms where cuDNN finds those fastest, as it does for many
     * windows of 3 x 3 and larger. Their results differ from sums of products by 1e-5 to 1e-4 of the largest element in F32,
     * and infinities or NaN in one place of the input may reach others. Where that is too much, forbid them: then implicit
     * matrix products are used, whose errors are those of sums in F32.
     *
     * @param allowed whether convolutions may go through transforms
     */
    public static void allowConvolutionTransforms(boolean allowed) {
        Settings.convolutionTransforms(allowed);
    }

    /** {@return whether convolutions may go through transforms} */
    public static boolean areConvolutionTransformsAllowed() {
        return Settings.convolutionTransforms();
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
