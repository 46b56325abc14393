package dev.lanewise.cpu.conv;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The ways to compute a float32 convolution, and which one a shape takes. */
public enum ConvAlgorithm {
    /** Sums over a table of taps, reading the (padded, phase-split) input itself. */
    DIRECT,
    /** F(4x4, 3x3) of Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015. */
    WINOGRAD,
    /** Sums over taps, one plane of outputs at a time: for groups of few channels. */
    DEPTHWISE,
    /** Sums over gathered patches with the channels next to each other. */
    PIXELS,
    /** A matrix product with the matrix of patches (im2col). */
    GEMM;

    /** The system property that forces one algorithm, by its name, wherever it can compute the shape. */
    public static final String PROPERTY = "lanewise.cpu.conv";

    /** The share of the lanes of the direct kernels below which channels in the lanes are quicker. */
    private static final double WELL_FILLED = 0.75;

    /** From so many taps on, patches that don't overlap are quicker than sums over taps. */
    private static final int LARGE_PATCH = 64;

    /** Up to so many pixels a pair of channels has too few for a gradient of weights of its own. */
    private static final int SMALL_PLANE = 200;

    /** Up to so many outputs a channel's weights cost more to read tap by tap than patches to make. */
    private static final int FEW_PIXELS = 64;

    /** What is computed. */
    public enum Pass {
        /** The output. */
        FORWARD,
        /** The gradient with respect to the input. */
        INPUT_GRAD,
        /** The gradient with respect to the weights. */
        WEIGHT_GRAD
    }

    /** The algorithm that {@value #PROPERTY} names now, null if it is not set or the type is not float32. */
    static @Nullable ConvAlgorithm forced(DType type) {
        String name = type == DType.F32 ? System.getProperty(PROPERTY) : null;
        return name == null ? null : named(name);
    }

    /**
     * Checks what {@value #PROPERTY} names.
     *
     * @throws TensorException if it is not an algorithm
     */
    public static void checkSetting() {
        forced(DType.F32);
    }

    /** Returns the algorithm for a shape: the forced one if it can compute it, else the quickest by measurement. */
    static ConvAlgorithm choose(ConvShape shape, Pass pass, @Nullable ConvAlgorithm forced) {
        if (forced != null) {
            return forced.canCompute(shape, pass) ? forced : GEMM;
        }
        if (shape.groups() > 1
                && shape.groupInputs() == 1
                && shape.groupOutputs() <= DepthwiseConvolution.MOST_OUTPUTS) {
            return DEPTHWISE;
        }
        if (WholeImage.is(shape) || cutsPatches(shape)) {
            return GEMM;
        }
        boolean manyChannels = shape.c() >= 16 && shape.k() >= 16;
        boolean manyImages = shape.n() >= PixelConvolution.ENOUGH_IMAGES;
        boolean fewPixels = !manyImages && shape.oh() * shape.ow() <= FEW_PIXELS;
        if (pass == Pass.FORWARD && manyChannels && fewPixels) {
            return GEMM;
        }
        if (manyChannels && WINOGRAD.canCompute(shape, pass) && shape.oh() >= 3 && shape.ow() >= 3) {
            return WINOGRAD;
        }
        DirectPlan plan = pass == Pass.INPUT_GRAD ? DirectPlan.inputGrad(shape) : DirectPlan.forward(shape);
        if (manyChannels && manyImages && PIXELS.canCompute(shape, pass) && leavesPlanes(shape, pass, plan)) {
            return PIXELS;
        }
        if (fillsVectors(shape, pass, plan)) {
            return DIRECT;
        }
        return manyImages && PIXELS.canCompute(shape, pass) ? PIXELS : GEMM;
    }

    /** Tells whether the kernels are large and don't overlap, so that patches take no more memory than the image. */
    private static boolean cutsPatches(ConvShape shape) {
        return shape.strideH() == shape.r()
                && shape.strideW() == shape.s()
                && shape.dilationH() == 1
                && shape.dilationW() == 1
                && shape.r() * shape.s() >= LARGE_PATCH;
    }

    private static ConvAlgorithm named(String name) {
        try {
            return valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            String names = Arrays.toString(values()).toLowerCase(Locale.ROOT);
            throw new TensorException(
                    PROPERTY + ": '" + name + "' (expected one of " + names + "); correct or remove -D" + PROPERTY, e);
        }
    }

    /** Tells whether a shape of many channels and images is quicker with the channels next to each other. */
    private static boolean leavesPlanes(ConvShape shape, Pass pass, DirectPlan plan) {
        if (pass == Pass.WEIGHT_GRAD) {
            boolean strided = shape.strideH() > 1 || shape.strideW() > 1;
            return strided && shape.r() * shape.s() > 1 || shape.oh() * shape.ow() <= SMALL_PLANE;
        }
        return plan.filledLanes() < WELL_FILLED;
    }

    /** Tells whether the rows of pixels fill the direct kernels' vectors well enough. */
    private static boolean fillsVectors(ConvShape shape, Pass pass, DirectPlan plan) {
        int width = plan.flat() ? plan.gridH() * plan.gridW() : plan.gridW();
        boolean full = 2L * width >= Vectors.roundUp(width, Vectors.LANES);
        boolean smallGradient = (long) shape.k() * shape.reduction() <= 1 << 18;
        return full && (pass != Pass.WEIGHT_GRAD || smallGradient);
    }

    /** Tells whether this algorithm can compute the shape at all. */
    public boolean canCompute(ConvShape shape, Pass pass) {
        return switch (this) {
            case DIRECT, DEPTHWISE, GEMM -> true;
            case PIXELS -> shape.groups() == 1;
            case WINOGRAD ->
                shape.r() == 3
                        && shape.s() == 3
                        && shape.strideH() == 1
                        && shape.strideW() == 1
                        && shape.dilationH() == 1
                        && shape.dilationW() == 1
                        && shape.padH() <= 2
                        && shape.padW() <= 2
                        && shape.groups() == 1;
        };
    }
}
