package dev.lanewise.cuda.runtime;

import dev.lanewise.cuda.api.Cudnn;
import dev.lanewise.cuda.api.Cudnn.ConvolutionAlgorithm;
import dev.lanewise.cuda.api.Cudnn.ConvolutionPass;
import dev.lanewise.cuda.api.DataType;
import dev.lanewise.tensor.TensorException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Which algorithm each convolution runs: found once a shape and remembered. Safe for use by many threads.
 */
public final class ConvolutionAlgorithms {
    /**
     * What decides which algorithm is best.
     *
     * @param pass the direction
     * @param type the element type
     * @param input sizes and strides of the input
     * @param filter sizes of the filter
     * @param convolution padding, strides, dilation and groups
     * @param mathType the multiply-adds allowed
     */
    public record Key(
            ConvolutionPass pass,
            DataType type,
            List<Integer> input,
            List<Integer> filter,
            Cudnn.Convolution convolution,
            Cudnn.MathType mathType) {
        /** Copies the lists. */
        public Key {
            input = List.copyOf(input);
            filter = List.copyOf(filter);
        }
    }

    private final Map<Key, ConvolutionAlgorithm> known = new ConcurrentHashMap<>();
    private final long workspaceLimit;
    private final boolean deterministic;

    /**
     * No algorithms yet.
     *
     * @param workspaceLimit the most device memory an algorithm may work in, in bytes
     * @param deterministic whether an algorithm has to give the same bits every time
     */
    public ConvolutionAlgorithms(long workspaceLimit, boolean deterministic) {
        this.workspaceLimit = workspaceLimit;
        this.deterministic = deterministic;
    }

    /**
     * The algorithm for {@code key}.
     *
     * @param candidates the algorithms that can do it, the fastest first; asked once a key
     * @throws TensorException if none may be used
     */
    public ConvolutionAlgorithm get(Key key, Supplier<List<ConvolutionAlgorithm>> candidates) {
        ConvolutionAlgorithm algorithm = known.get(key);
        return algorithm != null ? algorithm : known.computeIfAbsent(key, k -> choose(k, candidates.get()));
    }

    private ConvolutionAlgorithm choose(Key key, List<ConvolutionAlgorithm> candidates) {
        return candidates.stream()
                .filter(candidate -> candidate.workspaceBytes() <= workspaceLimit)
                .filter(candidate -> candidate.deterministic() || !deterministic)
                .findFirst()
                .orElseThrow(() -> new TensorException("conv2d: cuDNN has no "
                        + (deterministic ? "deterministic " : "") + "algorithm within " + workspaceLimit
                        + " bytes of workspace for " + key + " (it offers " + candidates
                        + "); allow more workspace"));
    }
}
