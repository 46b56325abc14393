package dev.lanewise.cuda;

import dev.lanewise.cuda.api.CudaException;
import dev.lanewise.cuda.api.Cudnn.Convolution;
import dev.lanewise.cuda.api.Cudnn.Extent;
import dev.lanewise.cuda.api.CudnnGraph;
import dev.lanewise.cuda.api.CudnnGraph.Descriptor;
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
    private static final long[][] CONVOLUTIONS = {
        {64, 8, 28, 32, 3, 1, 0},
        {64, 32, 26, 64, 3, 1, 0},
        {32, 64, 32, 64, 3, 1, 1},
        {32, 128, 16, 256, 3, 2, 1},
        {32, 512, 4, 512, 3, 1, 1},
        {32, 64, 32, 128, 1, 2, 0},
        {8, 8, 224, 64, 7, 2, 3}
    };

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
     * Makes plans of convolutions with bias and ReLU, with the channels last, for a GPU that need not be present.
     *
     * @param properties what {@link #deviceProperties} returned
     * @return for each convolution and type, a line with the workspace of its plan or the reason why there is none
     * @throws dev.lanewise.tensor.TensorException if cuDNN is missing or rejects the properties
     */
    public static List<String> check(String properties) {
        try (CudnnGraph graph = CudnnGraph.open()) {
            graph.device(properties);
        }
        List<String> lines = new ArrayList<>();
        for (DataType type : List.of(DataType.BF16, DataType.F16, DataType.F32)) {
            for (long[] sizes : CONVOLUTIONS) {
                lines.add(type + " " + describe(sizes) + ": " + plan(properties, type, sizes));
            }
        }
        return lines;
    }

    private static String describe(long[] s) {
        return "[" + s[0] + ", " + s[1] + ", " + s[2] + ", " + s[2] + "] x [" + s[3] + ", " + s[1] + ", " + s[4] + ", "
                + s[4] + "], stride " + s[5] + ", padding " + s[6];
    }

    private static String plan(String properties, DataType type, long[] s) {
        try (CudnnGraph graph = CudnnGraph.open()) {
            long out = (s[2] + 2 * s[6] - s[4]) / s[5] + 1;
            Descriptor x = graph.tensor(type, false, s[0], s[1], s[2], s[2]);
            Descriptor w = graph.tensor(type, false, s[3], s[1], s[4], s[4]);
            Descriptor bias = graph.tensor(type, false, 1, s[3], 1, 1);
            Descriptor product = graph.tensor(DataType.F32, true, s[0], s[3], out, out);
            Descriptor sum = graph.tensor(DataType.F32, true, s[0], s[3], out, out);
            Descriptor y = graph.tensor(type, false, s[0], s[3], out, out);
            int padding = (int) s[6];
            int stride = (int) s[5];
            Convolution convolution =
                    new Convolution(new Extent(padding, padding), new Extent(stride, stride), new Extent(1, 1), 1);
            long bytes = graph.plan(
                    graph.device(properties),
                    graph.convolution(convolution, DataType.F32, x, w, product),
                    graph.add(product, bias, sum),
                    graph.relu(sum, y));
            return "a plan with " + bytes + " bytes of workspace";
        } catch (CudaException e) {
            return "no plan: " + e.getMessage();
        }
    }
}
