package dev.lanewise.cuda.host;

import dev.lanewise.cuda.api.CudaException;
import dev.lanewise.cuda.api.Cudnn;
import dev.lanewise.cuda.api.CudnnFusion;
import dev.lanewise.cuda.api.CudnnFusion.BiasedConvolution;
import dev.lanewise.cuda.api.CudnnFusion.FusedOperands;
import dev.lanewise.cuda.api.CudnnFusion.FusedPlan;
import dev.lanewise.cuda.api.CudnnFusion.PlanLimits;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * cuDNN's plans of convolutions with a bias, and maybe a ReLU: what it recommends first goes through a transform, then comes one that sums
 * products. A plan runs with the context that it was made for, in workspace of its size, on aligned addresses only.
 */
final class HostFusion {
    private static final long WORKSPACE_BYTES = 131;
    private static final double TRANSFORMED = 1 + 1e-4;

    private record Plan(Object handle, HostCudnn.Pass pass, boolean relu, long workspaceBytes) implements FusedPlan {}

    private final HostCudnn cudnn;
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger runs = new AtomicInteger();
    private @Nullable Boolean refusedWhenPlanned;
    private @Nullable String planningStatus;
    private boolean reluLosesNaN;

    HostFusion(HostCudnn cudnn) {
        this.cudnn = cudnn;
    }

    int asked() {
        return asked.get();
    }

    int runs() {
        return runs.get();
    }

    void refuse(boolean whenPlanned) {
        refusedWhenPlanned = whenPlanned;
    }

    void failPlanning(String status) {
        planningStatus = status;
    }

    void loseNaN() {
        reluLosesNaN = true;
    }

    @Nullable
    Object invoke(String name, Object[] arguments) {
        cudnn.state(arguments[0]);
        if (name.equals("fusedPlan")) {
            return plan(
                    arguments[0], (BiasedConvolution) arguments[1], (boolean) arguments[2], (PlanLimits) arguments[3]);
        }
        run(arguments[0], (Plan) arguments[1], (FusedOperands) arguments[2], (Cudnn.Workspace) arguments[3]);
        return null;
    }

    private Optional<FusedPlan> plan(Object handle, BiasedConvolution c, boolean relu, PlanLimits limits) {
        asked.incrementAndGet();
        cudnn.notWhileRecording(handle);
        if (planningStatus != null) {
            throw CudaException.failed("cudnnBackendFinalize", 4000, planningStatus, "no compiler");
        }
        if (Boolean.TRUE.equals(refusedWhenPlanned) || limits.workspaceBytes() < WORKSPACE_BYTES) {
            return Optional.empty();
        }
        HostCudnn.Pass pass = new HostCudnn.Pass(
                HostCudnn.filter(c.type(), Cudnn.Format.NHWC, c.input()),
                HostCudnn.filter(c.type(), Cudnn.Format.NHWC, c.filter()),
                HostCudnn.filter(c.type(), Cudnn.Format.NHWC, c.output()),
                c.convolution(),
                limits.transforms() ? TRANSFORMED : 1);
        Plan plan = new Plan(handle, pass, relu, WORKSPACE_BYTES);
        cudnn.add(plan, plan);
        return Optional.of(plan);
    }

    private void run(Object handle, Plan plan, FusedOperands operands, Cudnn.Workspace workspace) {
        cudnn.state(plan);
        if (Boolean.FALSE.equals(refusedWhenPlanned)) {
            throw CudaException.failed("cudnnBackendExecute", 3000, "CUDNN_STATUS_NOT_SUPPORTED", "the graph");
        }
        long addresses = operands.input() | operands.filter() | operands.bias() | operands.output();
        if (!handle.equals(plan.handle)
                || workspace.bytes() < WORKSPACE_BYTES
                || workspace.address() == 0
                || operands.bias() == 0
                || addresses % CudnnFusion.ALIGNMENT != 0) {
            throw CudaException.failed("cudnnBackendExecute", 2000, "CUDNN_STATUS_BAD_PARAM", "handle or operands");
        }
        runs.incrementAndGet();
        cudnn.queue(
                handle,
                () -> plan.pass.forward(
                        operands.input(),
                        operands.filter(),
                        operands.bias(),
                        sum -> plan.relu ? relu(sum) : sum,
                        operands.output()));
    }

    private double relu(double sum) {
        return reluLosesNaN && Double.isNaN(sum) ? 0 : Math.max(sum, 0);
    }
}
