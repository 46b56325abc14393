package dev.lanewise.cuda;

import dev.lanewise.cuda.runtime.Settings;

/**
 * Choices between speed and accuracy on NVIDIA GPUs, for the whole process. By default TF32 and determinism are off,
 * and convolutions may use transforms; the system properties {@code lanewise.cuda.tf32},
 * {@code lanewise.cuda.deterministic} and {@code lanewise.cuda.convolutionTransforms} ({@code true} or {@code false})
 * change these defaults.
 */
public final class CudaPrecision {
    private CudaPrecision() {}

    /**
     * Lets products, convolutions and recurrent layers of F32 tensors round their operands to TF32 (10 bits of mantissa
     * instead of 23), which is several times faster on GPUs of compute capability 8.0 or higher. Sums stay in F32.
     *
     * @param allowed whether they may; false by default
     */
    public static void allowTf32(boolean allowed) {
        Settings.tf32(allowed);
    }

    /** {@return whether products of F32 may be computed with TF32's ten bits of mantissa} */
    public static boolean isTf32Allowed() {
        return Settings.tf32();
    }

    /**
     * Lets convolutions use Winograd's and Fourier's transforms where cuDNN finds those fastest, as it does for many
     * windows of 3 x 3 and larger. Their results differ from sums of products by 1e-5 to 1e-4 of the largest element in
     * F32, and infinities or NaN in one place of the input may affect other outputs. If that is not acceptable, forbid
     * them: then implicit matrix products are used, whose errors are those of sums in F32.
     *
     * @param allowed whether convolutions may use transforms
     */
    public static void allowConvolutionTransforms(boolean allowed) {
        Settings.convolutionTransforms(allowed);
    }

    /** {@return whether convolutions may use transforms such as Winograd's, which round differently} */
    public static boolean areConvolutionTransformsAllowed() {
        return Settings.convolutionTransforms();
    }

    /**
     * Makes convolutions use only algorithms that give the same bits in every run, some of which are slower, and makes
     * recurrent layers run step by step, since cuDNN does not guarantee the same bits for them.
     *
     * @param required whether determinism is required; false by default
     */
    public static void requireDeterminism(boolean required) {
        Settings.deterministic(required);
    }

    /** {@return whether only kernels are used whose results don't change from run to run} */
    public static boolean isDeterminismRequired() {
        return Settings.deterministic();
    }
}
