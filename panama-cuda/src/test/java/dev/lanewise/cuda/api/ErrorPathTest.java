package dev.lanewise.cuda.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.cuda.CudaDoctor;
import dev.lanewise.cuda.lib.LibraryStatus;
import dev.lanewise.cuda.lib.NativeLibraries;
import dev.lanewise.cuda.lib.NativeLibrary;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a machine without a GPU is told by the real libraries. */
class ErrorPathTest {
    private static void assumeFound(NativeLibrary library) {
        LibraryStatus status = NativeLibraries.status(library);
        assumeTrue(status instanceof LibraryStatus.Found, status::describe);
    }

    private static void assumeNoDriver() {
        assumeTrue(
                NativeLibraries.status(NativeLibrary.DRIVER) instanceof LibraryStatus.Missing,
                "this machine has a driver");
    }

    @Test
    void missingDriverIsOneErrorThatSaysWhatToDo() {
        assumeNoDriver();
        for (int attempt = 0; attempt < 2; attempt++) {
            assertThatThrownBy(Driver::open)
                    .isInstanceOf(CudaException.class)
                    .hasMessageStartingWith("CUDA driver: not found (libcuda.so.1); install NVIDIA's driver")
                    .hasMessageContaining("the loader's own search");
        }
    }

    @Test
    void cudnnHandleWithoutDriverFailsWithStatusAndExplanation() {
        assumeNoDriver();
        assumeFound(NativeLibrary.CUDNN);
        assertThatThrownBy(Cudnn.open()::create)
                .isInstanceOfSatisfying(CudaException.class, e -> {
                    assertThat(e.call()).isEqualTo("cudnnCreate");
                    assertThat(e.statusName()).isEqualTo("CUDNN_STATUS_NOT_INITIALIZED");
                })
                .hasMessageStartingWith("cudnnCreate: CUDNN_STATUS_NOT_INITIALIZED (1001)");
    }

    @Test
    void cublasHandlesWithoutDriverFailWithTheirStatus() {
        assumeNoDriver();
        assumeFound(NativeLibrary.CUBLAS);
        assertThatThrownBy(Cublas.open()::create).hasMessage("cublasCreate_v2: CUBLAS_STATUS_NOT_INITIALIZED (1)");
        assertThatThrownBy(CublasLt.open()::create).hasMessage("cublasLtCreate: CUBLAS_STATUS_NOT_INITIALIZED (1)");
    }

    @Test
    void cudnnDescriptorsWorkWithoutDriver() {
        assumeFound(NativeLibrary.CUDNN);
        Cudnn cudnn = Cudnn.open();
        try (var tensor = Owned.of(
                        cudnn.createTensor(DataType.F32, new int[] {2, 3, 4, 5}, new int[] {60, 20, 5, 1}),
                        cudnn::destroy);
                var filter = Owned.of(
                        cudnn.createFilter(DataType.F16, Cudnn.Format.NHWC, new int[] {8, 3, 3, 3}), cudnn::destroy);
                var convolution = Owned.of(
                        cudnn.createConvolution(
                                new Cudnn.Convolution(
                                        new Cudnn.Extent(1, 1), new Cudnn.Extent(2, 2), new Cudnn.Extent(1, 1), 1),
                                DataType.F32,
                                Cudnn.MathType.TENSOR_CORES),
                        cudnn::destroy)) {
            assertThat(List.of(tensor.get(), filter.get(), convolution.get())).doesNotContainNull();
        }
        assertThatThrownBy(() -> cudnn.createTensor(DataType.F32, new int[] {2, -3, 4, 5}, new int[] {60, 20, 5, 1}))
                .isInstanceOf(CudaException.class)
                .hasMessageStartingWith("cudnnSetTensorNdDescriptor: CUDNN_STATUS_BAD_PARAM");
    }

    @Test
    void cublasLtDescriptorsWorkWithoutDriver() {
        assumeFound(NativeLibrary.CUBLAS_LT);
        CublasLt cublasLt = CublasLt.open();
        try (var matmul = Owned.of(cublasLt.createMatmul(ComputeType.TF32, DataType.F32), cublasLt::destroy);
                var layout = Owned.of(cublasLt.createLayout(DataType.BF16, 64, 32, 64), cublasLt::destroy);
                var preference = Owned.of(cublasLt.createPreference(32 << 20), cublasLt::destroy)) {
            cublasLt.setTransposed(matmul.get(), true, false);
            for (Epilogue epilogue : Epilogue.values()) {
                cublasLt.setEpilogue(matmul.get(), epilogue);
            }
            cublasLt.setBias(matmul.get(), 0x1000, DataType.BF16);
            cublasLt.setBatch(layout.get(), 8, 64 * 32);
            cublasLt.setAlignment(preference.get(), 16, 16, 16, 16);
            cublasLt.sumPartsInComputeType(preference.get());
        }
    }

    @Test
    void ncclMakesNamesForGroupsWithoutDriver() {
        assumeFound(NativeLibrary.NCCL);
        Nccl nccl = Nccl.open();
        assertThat(nccl.version().major()).isEqualTo(2);
        assertThat(nccl.uniqueId()).hasSize(128);
    }

    @Test
    void doctorNamesEveryLibrary() {
        String report = String.join("\n", CudaDoctor.report());
        for (NativeLibrary library : NativeLibrary.values()) {
            assertThat(report).contains(library.title());
        }
    }

    @Test
    void errorNamesTheOperationWhereItIsKnownAndARemedy() {
        CudaException error = CudaException.failed("cublasLtMatmul", 7, "CUBLAS_STATUS_INVALID_VALUE", "");
        assertThat(error.during("matmul [2, 3] x [3, 4]"))
                .hasMessage(
                        "matmul [2, 3] x [3, 4]: cublasLtMatmul: CUBLAS_STATUS_INVALID_VALUE (7); use other sizes or"
                                + " another type, or compute it on Device.CPU")
                .hasCause(error)
                .extracting(CudaException::status)
                .isEqualTo(7);
        assertThat(CudaException.failed("cuLaunchKernel", 700, "CUDA_ERROR_ILLEGAL_ADDRESS", "")
                        .during("exp F32[3]"))
                .hasMessageEndingWith("(700); the device can't be used by this process any more: start it again");
    }

    @Test
    void whatCudnnSaysInSeveralLinesBecomesOne() {
        assertThat(CudnnStatus.oneLine("Warning: CUDNN_STATUS_BAD_PARAM\n  Reason: stride > 1\n"))
                .isEqualTo("Warning: CUDNN_STATUS_BAD_PARAM; Reason: stride > 1");
    }
}
