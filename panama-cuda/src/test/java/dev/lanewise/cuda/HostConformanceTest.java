package dev.lanewise.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.cuda.host.HostKernels;
import dev.lanewise.cuda.kernel.KernelPrograms;
import dev.lanewise.tensor.Device;
import dev.lanewise.testkit.conformance.BackendConformance;
import org.junit.jupiter.api.BeforeAll;

/** The conformance suite on the CUDA backend whose kernels run on the host. */
final class HostConformanceTest extends BackendConformance {
    HostConformanceTest() {
        super(Device.cuda(0));
    }

    @BeforeAll
    static void compile() {
        assumeTrue(HostKernels.isAvailable(), "no C++ compiler: kernels cannot run on the host");
        HostCudaProvider.enable();
        HostCudaProvider.kernels().prepare(KernelPrograms.all());
    }
}
