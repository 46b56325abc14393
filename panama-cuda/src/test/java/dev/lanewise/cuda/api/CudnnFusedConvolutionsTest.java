package dev.lanewise.cuda.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.cuda.CudnnPlans;
import dev.lanewise.cuda.api.Cudnn.Convolution;
import dev.lanewise.cuda.api.Cudnn.Extent;
import dev.lanewise.cuda.api.CudnnFusion.BiasedConvolution;
import dev.lanewise.cuda.api.CudnnFusion.PlanLimits;
import dev.lanewise.cuda.lib.LibraryStatus;
import dev.lanewise.cuda.lib.NativeLibraries;
import dev.lanewise.cuda.lib.NativeLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Graphs and plans that cuDNN makes for an H200 that is only described: its attributes as NVIDIA documents them, in the
 * members that the library asks for, not read from a device.
 */
class CudnnFusedConvolutionsTest {
    private static final PlanLimits ANY = new PlanLimits(256L << 20, true, false);
    private static final Extent ONE = new Extent(1, 1);

    @BeforeAll
    static void find() {
        LibraryStatus status = NativeLibraries.status(NativeLibrary.CUDNN);
        assumeTrue(status instanceof LibraryStatus.Found, status::describe);
    }

    private static String h200() throws IOException {
        try (InputStream json = CudnnFusedConvolutionsTest.class.getResourceAsStream("h200.json")) {
            return new String(json.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static BiasedConvolution convolution(DataType type, Extent stride, Extent dilation, int groups) {
        int out = (30 + 2 - 2 * dilation.height() - 1) / stride.height() + 1;
        return new BiasedConvolution(
                new Convolution(ONE, stride, dilation, groups),
                type,
                new int[] {4, 64, 30, 30},
                new int[] {32, 64 / groups, 3, 3},
                new int[] {4, 32, out, out});
    }

    @Test
    void convolutionsOfTheModelsHavePlansWithBiasAndWithReLU() throws IOException {
        assertThat(CudnnPlans.check(h200()))
                .hasSize(3 * 7)
                .filteredOn(line -> !line.startsWith("F32"))
                .hasSize(2 * 7)
                .allSatisfy(line -> assertThat(line)
                        .contains(": a plan with ", "; with ReLU a plan with ")
                        .doesNotContain("no plan"));
    }

    @Test
    void stridesDilationsAndGroupsHavePlansToo() throws IOException {
        String properties = h200();
        for (DataType type : new DataType[] {DataType.BF16, DataType.F16}) {
            for (BiasedConvolution convolution : new BiasedConvolution[] {
                convolution(type, ONE, ONE, 1),
                convolution(type, new Extent(2, 2), ONE, 1),
                convolution(type, ONE, new Extent(2, 2), 1),
                convolution(type, ONE, ONE, 2),
                convolution(type, new Extent(2, 2), ONE, 4)
            }) {
                for (boolean relu : new boolean[] {false, true}) {
                    assertThat(CudnnFusedConvolutions.workspaceBytes(properties, convolution, relu, ANY))
                            .as("%s %s, ReLU %s", type, convolution.convolution(), relu)
                            .isPresent();
                }
            }
        }
    }

    @Test
    void planThatNeedsMoreMemoryThanThereIsIsNotTaken() throws IOException {
        String properties = h200();
        BiasedConvolution convolution = convolution(DataType.F32, ONE, ONE, 1);
        Optional<Long> needed = CudnnFusedConvolutions.workspaceBytes(properties, convolution, false, ANY);
        PlanLimits none = new PlanLimits(-1, true, false);
        assertThat(needed).isPresent();
        assertThat(CudnnFusedConvolutions.workspaceBytes(properties, convolution, false, none))
                .isEmpty();
    }

    /** An output of other sizes is no graph: an error of ours, not a refusal. */
    @Test
    void wrongSizesAreAnError() throws IOException {
        String properties = h200();
        BiasedConvolution right = convolution(DataType.BF16, ONE, ONE, 1);
        BiasedConvolution wrong = new BiasedConvolution(
                right.convolution(), right.type(), right.input(), right.filter(), new int[] {4, 32, 7, 7});
        assertThatThrownBy(() -> CudnnFusedConvolutions.workspaceBytes(properties, wrong, false, ANY))
                .isInstanceOf(CudaException.class)
                .hasMessageContaining("CUDNN_STATUS_BAD_PARAM");
    }

    @Test
    void deviceThatIsNotDescribedIsAnError() {
        assertThatThrownBy(() -> CudnnPlans.check("{\"deviceVer\": 900}"))
                .isInstanceOf(CudaException.class)
                .hasMessageStartingWith("cudnnBackendFinalize: CUDNN_STATUS_");
    }

    @Test
    void addressesOfACallAreTaken() {
        long[] addresses = {0x1000, 0x2000, 0x3000, 0x4000};
        CudnnGraph.Descriptor pack = CudnnGraph.addresses(new long[] {1, 2, 3, 4}, addresses, 0x5000);
        assertThat(pack.address().address()).isNotZero();
        CudnnGraph.destroy(pack);
        assertThatThrownBy(() -> CudnnGraph.addresses(new long[] {1, 2}, new long[] {0x1000}, 0))
                .isInstanceOf(CudaException.class);
    }
}
