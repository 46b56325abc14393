package dev.lanewise.cuda.runtime;

/** Choices between speed and accuracy, for the process. */
public final class Settings {
    private static volatile boolean tf32 = Boolean.getBoolean("lanewise.cuda.tf32");
    private static volatile boolean deterministic = Boolean.getBoolean("lanewise.cuda.deterministic");
    private static volatile boolean convolutionTransforms =
            Boolean.parseBoolean(System.getProperty("lanewise.cuda.convolutionTransforms", "true"));

    /** A way back, should plans of cuDNN's graphs fail on some machine. */
    private static final boolean FUSED_BIAS =
            Boolean.parseBoolean(System.getProperty("lanewise.cuda.fusedBias", "true"));

    private Settings() {}

    /** Whether cuDNN may add the bias of a convolution. */
    public static boolean fusedBias() {
        return FUSED_BIAS;
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
