package dev.lanewise.cuda.runtime;

import dev.lanewise.tensor.TensorException;
import java.util.List;

/** Choices between speed and accuracy, for the process. */
public final class Settings {
    private static final String TF32 = "lanewise.cuda.tf32";
    private static final String DETERMINISTIC = "lanewise.cuda.deterministic";
    private static final String CONVOLUTION_TRANSFORMS = "lanewise.cuda.convolutionTransforms";

    /** A way back, should plans of cuDNN's graphs fail on some machine. */
    private static final String FUSED_BIAS = "lanewise.cuda.fusedBias";

    private static volatile boolean tf32 = isTrue(TF32, "false");
    private static volatile boolean deterministic = isTrue(DETERMINISTIC, "false");
    private static volatile boolean convolutionTransforms = isTrue(CONVOLUTION_TRANSFORMS, "true");
    private static final boolean BIAS_IS_FUSED = isTrue(FUSED_BIAS, "true");

    private Settings() {}

    /**
     * Checks the system properties.
     *
     * @throws TensorException if one is neither true nor false
     */
    public static void check() {
        for (String property : List.of(TF32, DETERMINISTIC, CONVOLUTION_TRANSFORMS, FUSED_BIAS)) {
            String value = System.getProperty(property, "false");
            if (!value.equalsIgnoreCase("true") && !value.equalsIgnoreCase("false")) {
                throw new TensorException(
                        property + ": '" + value + "' (expected true or false); correct or remove -D" + property);
            }
        }
    }

    private static boolean isTrue(String property, String otherwise) {
        return Boolean.parseBoolean(System.getProperty(property, otherwise));
    }

    /** Whether cuDNN may add the bias of a convolution. */
    public static boolean fusedBias() {
        return BIAS_IS_FUSED;
    }

    /** Whether convolutions may use Winograd's and Fourier's transforms where those are fastest. */
    public static boolean convolutionTransforms() {
        return convolutionTransforms;
    }

    /** Allows or forbids transforms, from the next new shape on. */
    public static void convolutionTransforms(boolean allowed) {
        convolutionTransforms = allowed;
    }

    /** Whether products, convolutions and recurrent layers of F32 may round their operands to TF32. */
    public static boolean tf32() {
        return tf32;
    }

    /** Whether convolutions and recurrent layers use only algorithms that give the same bits every time. */
    public static boolean deterministic() {
        return deterministic;
    }

    /** Allows or forbids TF32 from the next operation on. */
    public static void tf32(boolean allowed) {
        tf32 = allowed;
    }

    /** Requires deterministic algorithms, or stops requiring them, from the next new shape on. */
    public static void deterministic(boolean demanded) {
        deterministic = demanded;
    }
}
