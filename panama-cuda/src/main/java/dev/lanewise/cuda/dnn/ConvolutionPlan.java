package dev.lanewise.cuda.dnn;

import dev.lanewise.cuda.api.Cudnn;
import dev.lanewise.cuda.api.Cudnn.ConvolutionAlgorithm;
import dev.lanewise.cuda.api.Cudnn.ConvolutionPass;
import dev.lanewise.cuda.api.Cudnn.FilterRef;
import dev.lanewise.cuda.api.Cudnn.MathType;
import dev.lanewise.cuda.api.Cudnn.TensorRef;
import dev.lanewise.cuda.api.Cudnn.Workspace;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.ScratchMemory;
import dev.lanewise.cuda.runtime.Settings;
import dev.lanewise.tensor.TensorException;
import java.util.List;

/** One direction of a convolution as cuDNN takes it, with the algorithm that was found for it. */
final class ConvolutionPlan implements AutoCloseable {
    /** What determines the plan. */
    record Key(ConvolutionPass pass, Geometry geometry, boolean transforms, boolean deterministic) {
        static Key of(ConvolutionPass pass, Geometry geometry) {
            return new Key(pass, geometry, Settings.convolutionTransforms(), Settings.deterministic());
        }

        boolean allows(ConvolutionAlgorithm algorithm) {
            return algorithm.workspaceBytes() <= WORKSPACE_BYTES
                    && (transforms || !algorithm.transforms())
                    && (algorithm.deterministic() || !deterministic);
        }
    }

    /** The operands in device memory, in the order of the geometry's format; the pass's result is one of them. */
    record Operands(long input, long filter, long output) {}

    /** The maximum device memory that an algorithm may use. */
    static final long WORKSPACE_BYTES = 256L << 20;

    private static final int CANDIDATES = 8;

    private final CudaDevice device;
    private final Cudnn cudnn;
    private final ConvolutionPass pass;
    private final ConvolutionDescriptors descriptors;
    private final ConvolutionAlgorithm algorithm;

    /**
     * Describes a pass and finds its fastest algorithm by trying the available ones.
     *
     * @param operands the operands for the trials; the result is overwritten
     */
    ConvolutionPlan(CudaDevice device, Key key, Operands operands) {
        this.device = device;
        cudnn = device.libraries().cudnn();
        pass = key.pass();
        descriptors = ConvolutionDescriptors.of(cudnn, key.geometry());
        try {
            algorithm = choose(key, candidates(operands));
        } catch (RuntimeException e) {
            descriptors.destroy(cudnn);
            throw e;
        }
        // forbidden tensor cores stay forbidden, whatever the algorithm would use
        if (key.geometry().math() != MathType.FMA) {
            cudnn.use(descriptors.convolution(), algorithm);
        }
    }

    private List<ConvolutionAlgorithm> candidates(Operands operands) {
        Cudnn.Handle handle = device.stream().cudnn();
        if (device.isRecording()) {
            // measuring waits for the device, which a recording cannot
            return cudnn.algorithms(
                    handle,
                    pass,
                    descriptors.input(),
                    descriptors.filter(),
                    descriptors.convolution(),
                    descriptors.output(),
                    CANDIDATES);
        }
        try (ScratchMemory workspace = device.scratch(WORKSPACE_BYTES)) {
            return cudnn.measureAlgorithms(
                    handle,
                    pass,
                    new TensorRef(descriptors.input(), operands.input),
                    new FilterRef(descriptors.filter(), operands.filter),
                    descriptors.convolution(),
                    new TensorRef(descriptors.output(), operands.output),
                    new Workspace(workspace.address(), WORKSPACE_BYTES),
                    CANDIDATES);
        }
    }

    /** The first one that may be used; the fastest come first. */
    static ConvolutionAlgorithm choose(Key key, List<ConvolutionAlgorithm> candidates) {
        return candidates.stream()
                .filter(key::allows)
                .findFirst()
                .orElseThrow(() -> new TensorException("conv2d: cuDNN has no "
                        + (key.deterministic ? "deterministic " : "") + "algorithm "
                        + (key.transforms ? "" : "without transforms ") + "within " + WORKSPACE_BYTES
                        + " bytes of workspace for " + key.pass + " of " + key.geometry + " (it offers " + candidates
                        + "); use other sizes, or compute it on the CPU"));
    }

    /** Queues the pass. */
    void run(Operands operands) {
        Cudnn.Handle handle = device.stream().cudnn();
        long bytes = algorithm.workspaceBytes();
        try (ScratchMemory workspace = device.scratch(bytes)) {
            cudnn.convolve(
                    handle,
                    pass,
                    1,
                    new TensorRef(descriptors.input(), operands.input),
                    new FilterRef(descriptors.filter(), operands.filter),
                    descriptors.convolution(),
                    algorithm.algorithm(),
                    new Workspace(bytes == 0 ? 0 : workspace.address(), bytes),
                    0,
                    new TensorRef(descriptors.output(), operands.output));
        }
    }

    @Override
    public void close() {
        descriptors.destroy(cudnn);
    }
}
