package dev.lanewise.cuda.api;

import dev.lanewise.cuda.api.Cudnn.Convolution;
import dev.lanewise.cuda.api.Cudnn.Handle;
import dev.lanewise.cuda.api.Cudnn.Workspace;
import java.util.Optional;

/**
 * cuDNN's convolutions whose bias is added before the result reaches memory, with the channels last: plans of its graph
 * interface. Every method throws {@link CudaException} where the library reports an error.
 */
public interface CudnnFusion {
    /** What addresses of a plan's tensors are multiples of, in bytes. */
    int ALIGNMENT = 16;

    /**
     * A convolution with a bias, summed in F32 and rounded once.
     *
     * @param convolution padding, strides, dilation; the groups follow from the sizes
     * @param type the type of all elements
     * @param input {@code [n, c, h, w]}
     * @param filter {@code [k, c / groups, r, s]}
     * @param output {@code [n, k, oh, ow]}
     */
    record BiasedConvolution(Convolution convolution, DataType type, int[] input, int[] filter, int[] output) {}

    /**
     * Which plans may be used.
     *
     * @param workspaceBytes the most device memory that one may need
     * @param transforms whether it may convolve by Winograd's or Fourier's transform
     * @param deterministic whether it must give the same bits every time
     */
    record PlanLimits(long workspaceBytes, boolean transforms, boolean deterministic) {}

    /** A plan, for the context that it was made for. */
    interface FusedPlan {
        /** {@return the device memory that it needs, in bytes} */
        long workspaceBytes();
    }

    /** Device addresses of a plan's tensors, multiples of {@link #ALIGNMENT}. */
    record FusedOperands(long input, long filter, long bias, long output) {}

    /**
     * The first plan within the limits, in the order in which the library recommends them; none if it refuses all.
     *
     * @param relu whether negative results become 0
     */
    Optional<FusedPlan> fusedPlan(Handle handle, BiasedConvolution convolution, boolean relu, PlanLimits limits);

    /** Queues a plan. */
    void run(Handle handle, FusedPlan plan, FusedOperands operands, Workspace workspace);

    /** Destroys a plan. */
    void destroy(FusedPlan plan);
}
