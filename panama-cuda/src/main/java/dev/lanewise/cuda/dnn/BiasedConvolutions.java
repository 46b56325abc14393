package dev.lanewise.cuda.dnn;

import dev.lanewise.cuda.api.CudaException;
import dev.lanewise.cuda.api.Cudnn;
import dev.lanewise.cuda.api.Cudnn.Format;
import dev.lanewise.cuda.api.Cudnn.Workspace;
import dev.lanewise.cuda.api.CudnnFusion;
import dev.lanewise.cuda.api.CudnnFusion.BiasedConvolution;
import dev.lanewise.cuda.api.CudnnFusion.FusedOperands;
import dev.lanewise.cuda.api.CudnnFusion.FusedPlan;
import dev.lanewise.cuda.api.CudnnFusion.PlanLimits;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.ScratchMemory;
import dev.lanewise.cuda.runtime.Settings;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Convolutions whose bias cuDNN adds, maybe with a ReLU behind it, before the result reaches memory, where it has a plan
 * for that: in 16 bits with channels last, with a ReLU that keeps NaN. F32 is left to the other way, which sums without tensor cores.
 */
final class BiasedConvolutions implements AutoCloseable {
    private static final Logger LOGGER = System.getLogger(BiasedConvolutions.class.getName());

    /** What the library says where it lacks something: of what it does not know, some versions say that it is wrong. */
    private static final List<String> REFUSALS = List.of("CUDNN_STATUS_NOT_SUPPORTED", "CUDNN_STATUS_BAD_PARAM");

    private final CudaDevice device;
    private final Cudnn cudnn;

    /** Empty where the library refuses. */
    private final Map<Key, Optional<FusedPlan>> plans = new ConcurrentHashMap<>();

    /** What determines a plan; it belongs to one context, since threads must not share it. */
    private record Key(
            Cudnn.Handle handle, Geometry geometry, boolean relu, boolean transforms, boolean deterministic) {
        PlanLimits limits() {
            return new PlanLimits(ConvolutionPlan.WORKSPACE_BYTES, transforms, deterministic);
        }

        BiasedConvolution convolution() {
            return new BiasedConvolution(
                    geometry.convolution(),
                    geometry.type(),
                    geometry.input().toArray(),
                    geometry.filter().toArray(),
                    geometry.output().toArray());
        }
    }

    BiasedConvolutions(CudaDevice device) {
        this.device = device;
        cudnn = device.libraries().cudnn();
    }

    /**
     * Queues a convolution with its bias, if there is a plan for it.
     *
     * @param relu whether negative results become 0
     * @param operands a bias of 0 stands for none
     * @return whether it was queued
     */
    boolean run(Geometry geometry, boolean relu, FusedOperands operands) {
        if (geometry.format() != Format.NHWC || !areAligned(operands) || !Settings.fusedBias()) {
            return false;
        }
        Key key = new Key(
                device.stream().cudnn(), geometry, relu, Settings.convolutionTransforms(), Settings.deterministic());
        Optional<FusedPlan> plan = plans.get(key);
        if (plan != null) {
            plan.ifPresent(usable -> run(key.handle, usable, operands));
            return plan.isPresent();
        }
        // plans load code, which a recording cannot
        return !device.isRecording() && runFirst(key, operands);
    }

    private static boolean areAligned(FusedOperands operands) {
        long addresses = operands.input() | operands.filter() | operands.bias() | operands.output();
        return operands.bias() != 0 && addresses % CudnnFusion.ALIGNMENT == 0;
    }

    /** The library may refuse what it has planned only when it computes. */
    private boolean runFirst(Key key, FusedOperands operands) {
        Optional<FusedPlan> plan = plan(key);
        if (plan.isPresent()) {
            plan = tryOut(key, plan.get(), operands);
        }
        plans.put(key, plan);
        return plan.isPresent();
    }

    /** Nothing has run yet, so whatever prevents a plan leaves the other way. */
    private Optional<FusedPlan> plan(Key key) {
        try {
            return cudnn.fusedPlan(key.handle, key.convolution(), key.relu, key.limits());
        } catch (CudaException e) {
            if (!isRefusal(e)) {
                LOGGER.log(Level.WARNING, "conv2d: its bias is added by a kernel: {0}", e.getMessage());
            }
            return Optional.empty();
        }
    }

    private static boolean isRefusal(CudaException e) {
        return REFUSALS.stream().anyMatch(e.statusName()::startsWith);
    }

    private Optional<FusedPlan> tryOut(Key key, FusedPlan plan, FusedOperands operands) {
        boolean usable = false;
        try {
            Optional<FusedPlan> tried = unlessRefused(() -> {
                if (key.relu && !keepsNaN(key, plan, operands)) {
                    return Optional.empty();
                }
                run(key.handle, plan, operands);
                return Optional.of(plan);
            });
            usable = tried.isPresent();
            return tried;
        } finally {
            if (!usable) {
                cudnn.destroy(plan);
            }
        }
    }

    /**
     * Whether NaN stays NaN in its ReLU, which the library does not document: determined by a bias of NaN, whose results
     * are overwritten; waits for the device.
     */
    private boolean keepsNaN(Key key, FusedPlan plan, FusedOperands operands) {
        int bytes = key.geometry.type().bytes();
        long channels = key.geometry.output().c();
        try (ScratchMemory bias = device.scratch(channels * bytes);
                Arena arena = Arena.ofConfined()) {
            // all bits set are a NaN in every type
            device.driver()
                    .fill8(
                            bias.address(),
                            (byte) -1,
                            channels * bytes,
                            device.stream().handle());
            run(
                    key.handle,
                    plan,
                    new FusedOperands(operands.input(), operands.filter(), bias.address(), operands.output()));
            MemorySegment first = arena.allocate(bytes, bytes);
            device.peek(operands.output(), first);
            return key.geometry.type().isNaN(first);
        }
    }

    private static Optional<FusedPlan> unlessRefused(Supplier<Optional<FusedPlan>> attempt) {
        try {
            return attempt.get();
        } catch (CudaException e) {
            if (isRefusal(e)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private void run(Cudnn.Handle handle, FusedPlan plan, FusedOperands operands) {
        long bytes = plan.workspaceBytes();
        try (ScratchMemory workspace = device.scratch(bytes)) {
            cudnn.run(handle, plan, operands, new Workspace(bytes == 0 ? 0 : workspace.address(), bytes));
        }
    }

    /** Destroys the plans. */
    @Override
    public void close() {
        plans.values().forEach(plan -> plan.ifPresent(cudnn::destroy));
        plans.clear();
    }
}
