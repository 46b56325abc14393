package dev.lanewise.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.cuda.host.HostKernels;
import dev.lanewise.cuda.kernel.KernelPrograms;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.testkit.conformance.BackendConformance;
import org.junit.jupiter.api.BeforeAll;

/**
 * The conformance suite on the CUDA backend whose kernels run on the host: every operation on F32 and on a sample of the
 * other types; {@code -Dlanewise.cuda.conformance=all} tries all types, and the gradients with them.
 */
final class HostConformanceTest extends BackendConformance {
    private static final boolean ALL =
            System.getProperty("lanewise.cuda.conformance", "").equals("all");

    /** Of so many combinations of an operation and a type one is tried. */
    private static final int SAMPLED = 4;

    HostConformanceTest() {
        super(Device.cuda(0));
    }

    @BeforeAll
    static void compile() {
        assumeTrue(HostKernels.isAvailable(), "no C++ compiler: kernels cannot run on the host");
        HostCudaProvider.enable();
        HostCudaProvider.kernels().prepare(KernelPrograms.all());
    }

    @Override
    protected boolean includes(Op op, DType dtype) {
        return ALL || dtype == DType.F32 || dtype != DType.F64 && isSampled(op, dtype);
    }

    private static boolean isSampled(Op op, DType dtype) {
        return (op.opName() + dtype).hashCode() % SAMPLED == 0;
    }
}
