package dev.lanewise.cuda.api;

import dev.lanewise.cuda.api.Cudnn.Handle;
import dev.lanewise.cuda.api.Cudnn.Workspace;
import dev.lanewise.cuda.api.CudnnFusion.BiasedConvolution;
import dev.lanewise.cuda.api.CudnnFusion.FusedOperands;
import dev.lanewise.cuda.api.CudnnFusion.FusedPlan;
import dev.lanewise.cuda.api.CudnnFusion.PlanLimits;
import dev.lanewise.cuda.api.CudnnGraph.Descriptor;
import dev.lanewise.cuda.api.CudnnGraph.Target;
import dev.lanewise.cuda.generated.cudnn.CudnnBindings;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;

/** Plans of convolutions with a bias, and maybe a ReLU. */
public final class CudnnFusedConvolutions {
    private static final long INPUT = 1;
    private static final long FILTER = 2;
    private static final long BIAS = 3;
    private static final long OUTPUT = 4;
    private static final long PRODUCT = 5;
    private static final long SUM = 6;

    /** Of what a call is given, in the order of {@link FusedOperands}. */
    private static final long[] IDS = {INPUT, FILTER, BIAS, OUTPUT};

    private static final Set<Integer> TRANSFORMS = Set.of(
            CudnnBindings.CUDNN_NUMERICAL_NOTE_FFT(),
            CudnnBindings.CUDNN_NUMERICAL_NOTE_WINOGRAD(),
            CudnnBindings.CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_4x4(),
            CudnnBindings.CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6(),
            CudnnBindings.CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13());

    /** Operands or partial sums of fewer bits than the convolution's. */
    private static final Set<Integer> LESS_ACCURATE = Set.of(
            CudnnBindings.CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS(),
            CudnnBindings.CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION());

    private static final Logger LOGGER = System.getLogger(CudnnFusedConvolutions.class.getName());
    private static final String NOT_SUPPORTED = "CUDNN_STATUS_NOT_SUPPORTED";

    private CudnnFusedConvolutions() {}

    /** A plan with the descriptors that it refers to. */
    private record Plan(CudnnGraph graph, Descriptor descriptor, long workspaceBytes) implements FusedPlan {}

    static Optional<FusedPlan> plan(Handle handle, BiasedConvolution convolution, boolean relu, PlanLimits limits) {
        CudnnGraph graph = CudnnGraph.open();
        Optional<Plan> found = Optional.empty();
        try {
            found = plan(graph, Target.of(handle), convolution, relu, limits);
        } finally {
            if (found.isEmpty()) {
                graph.close();
            }
        }
        return found.map(plan -> plan);
    }

    /**
     * The device memory, in bytes, that the first plan within the limits needs on a device that need not be present; none
     * if there is no such plan.
     *
     * @param properties the device's description
     * @param relu whether negative results become 0
     */
    public static Optional<Long> workspaceBytes(
            String properties, BiasedConvolution convolution, boolean relu, PlanLimits limits) {
        try (CudnnGraph graph = CudnnGraph.open()) {
            return plan(graph, Target.of(graph.device(properties)), convolution, relu, limits)
                    .map(Plan::workspaceBytes);
        }
    }

    private static Optional<Plan> plan(
            CudnnGraph graph, Target target, BiasedConvolution convolution, boolean relu, PlanLimits limits) {
        try {
            for (Descriptor configuration : graph.configurations(target, operations(graph, convolution, relu))) {
                if (allows(limits, graph.notes(configuration))) {
                    Optional<Plan> plan = plan(graph, target, configuration);
                    if (plan.isPresent() && plan.get().workspaceBytes <= limits.workspaceBytes()) {
                        return plan;
                    }
                }
            }
            return Optional.empty();
        } catch (CudaException e) {
            if (isRefusal(e)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** A plan of a configuration, none if it can't be built for whatever reason: the next one may be built. */
    private static Optional<Plan> plan(CudnnGraph graph, Target target, Descriptor configuration) {
        try {
            Descriptor plan = graph.plan(target, configuration);
            return Optional.of(new Plan(graph, plan, graph.workspaceBytes(plan)));
        } catch (CudaException e) {
            if (!isRefusal(e)) {
                LOGGER.log(Level.WARNING, "a plan that cuDNN recommends cannot be built: {0}", e.getMessage());
            }
            return Optional.empty();
        }
    }

    private static boolean isRefusal(CudaException e) {
        return e.statusName().startsWith(NOT_SUPPORTED);
    }

    private static boolean allows(PlanLimits limits, Set<Integer> notes) {
        return Collections.disjoint(notes, LESS_ACCURATE)
                && (limits.transforms() || Collections.disjoint(notes, TRANSFORMS))
                && !(limits.deterministic() && notes.contains(CudnnBindings.CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC()));
    }

    private static Descriptor[] operations(CudnnGraph graph, BiasedConvolution c, boolean relu) {
        int[] output = c.output();
        Descriptor x = graph.tensor(INPUT, c.type(), false, c.input());
        Descriptor w = graph.tensor(FILTER, c.type(), false, c.filter());
        Descriptor bias = graph.tensor(BIAS, c.type(), false, 1, output[1], 1, 1);
        Descriptor product = graph.tensor(PRODUCT, DataType.F32, true, output);
        Descriptor y = graph.tensor(OUTPUT, c.type(), false, output);
        Descriptor convolution = graph.convolution(c.convolution(), DataType.F32, x, w, product);
        if (!relu) {
            return new Descriptor[] {convolution, graph.add(product, bias, y)};
        }
        Descriptor sum = graph.tensor(SUM, DataType.F32, true, output);
        return new Descriptor[] {convolution, graph.add(product, bias, sum), graph.relu(sum, y)};
    }

    static void run(Handle handle, FusedPlan plan, FusedOperands operands, Workspace workspace) {
        long[] addresses = {operands.input(), operands.filter(), operands.bias(), operands.output()};
        Descriptor pack = CudnnGraph.addresses(IDS, addresses, workspace.address());
        try {
            CudnnGraph.execute(handle, ((Plan) plan).descriptor, pack);
        } finally {
            CudnnGraph.destroy(pack);
        }
    }

    static void destroy(FusedPlan plan) {
        ((Plan) plan).graph.close();
    }
}
