package dev.lanewise.cuda;

import dev.lanewise.cuda.api.Cudnn.Convolution;
import dev.lanewise.cuda.api.Cudnn.Extent;
import dev.lanewise.cuda.api.CudnnFusedConvolutions;
import dev.lanewise.cuda.api.CudnnFusion.BiasedConvolution;
import dev.lanewise.cuda.api.CudnnFusion.PlanLimits;
import dev.lanewise.cuda.api.CudnnGraph;
import dev.lanewise.cuda.api.DataType;
import java.util.ArrayList;
import java.util.List;

/**
 * Plans of cuDNN's graphs for a GPU in another machine: {@link #deviceProperties} returns what cuDNN 9.8 or newer knows
 * about a GPU, on a machine that has one; with that, {@link #check} finds out, on any machine that has cuDNN, which
 * graphs have a plan on that GPU.
 */
public final class CudnnPlans {
    /** Sizes of convolutions in the reference models: batch, channels, size, filters, window, stride, padding. */
    private static final int[][] CONVOLUTIONS = {
        {64, 8, 28, 32, 3, 1, 0},
        {64, 32, 26, 64, 3, 1, 0},
        {32, 64, 32, 64, 3, 1, 1},
        {32, 128, 16, 256, 3, 2, 1},
        {32, 512, 4, 512, 3, 1, 1},
        {32, 64, 32, 128, 1, 2, 0},
        {8, 8, 224, 64, 7, 2, 3}
    };

    private static final long MOST_BYTES = 256L << 20;

    private CudnnPlans() {}

    /**
     * What cuDNN knows about a GPU of this machine, as JSON. The GPU's context must be current on the thread, as it is
     * once the thread has computed on it.
     *
     * @param device its number
     * @return the properties, as cuDNN writes them
     * @throws dev.lanewise.tensor.TensorException if cuDNN is missing or older than 9.8
     */
    public static String deviceProperties(int device) {
        try (CudnnGraph graph = CudnnGraph.open()) {
            return graph.deviceProperties(device);
        }
    }

    /**
     * Makes plans of convolutions with bias, and with bias and ReLU, with the channels last, for a GPU that need not be
     * present. In 16 bits they are those that {@code conv2d} with a bias uses, without transforms.
     *
     * @param properties what {@link #deviceProperties} returned
     * @return for each convolution and type, a line with the workspaces of its plans, or that there is none
     * @throws dev.lanewise.tensor.TensorException if cuDNN is missing or rejects the properties
     */
    public static List<String> check(String properties) {
        try (CudnnGraph graph = CudnnGraph.open()) {
            graph.device(properties);
        }
        List<String> lines = new ArrayList<>();
        for (DataType type : List.of(DataType.BF16, DataType.F16, DataType.F32)) {
            for (int[] sizes : CONVOLUTIONS) {
                lines.add(type + " " + describe(sizes) + ": " + plan(properties, type, sizes, false) + "; with ReLU "
                        + plan(properties, type, sizes, true));
            }
        }
        return lines;
    }

    private static String describe(int[] s) {
        return "[" + s[0] + ", " + s[1] + ", " + s[2] + ", " + s[2] + "] x [" + s[3] + ", " + s[1] + ", " + s[4] + ", "
                + s[4] + "], stride " + s[5] + ", padding " + s[6];
    }

    private static String plan(String properties, DataType type, int[] s, boolean relu) {
        Extent padding = new Extent(s[6], s[6]);
        Extent stride = new Extent(s[5], s[5]);
        int out = (s[2] + 2 * s[6] - s[4]) / s[5] + 1;
        BiasedConvolution convolution = new BiasedConvolution(
                new Convolution(padding, stride, new Extent(1, 1), 1),
                type,
                new int[] {s[0], s[1], s[2], s[2]},
                new int[] {s[3], s[1], s[4], s[4]},
                new int[] {s[0], s[3], out, out});
        PlanLimits limits = new PlanLimits(MOST_BYTES, false, true);
        return CudnnFusedConvolutions.workspaceBytes(properties, convolution, relu, limits)
                .map(bytes -> "a plan with " + bytes + " bytes of workspace")
                .orElse("no plan");
    }
}
