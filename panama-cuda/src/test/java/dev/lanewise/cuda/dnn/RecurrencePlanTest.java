package dev.lanewise.cuda.dnn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.cuda.HostCuda;
import dev.lanewise.cuda.HostCudaProvider;
import dev.lanewise.cuda.api.Cudnn;
import dev.lanewise.cuda.api.Cudnn.MathType;
import dev.lanewise.cuda.api.CudnnRnn.RnnAlgorithm;
import dev.lanewise.cuda.api.CudnnRnn.RnnDataDescriptor;
import dev.lanewise.cuda.api.DataType;
import dev.lanewise.cuda.dnn.WeightSpace.Piece;
import dev.lanewise.cuda.host.HostCublas;
import dev.lanewise.cuda.host.HostCublasLt;
import dev.lanewise.cuda.host.HostCudnn;
import dev.lanewise.cuda.kernel.CodeCache;
import dev.lanewise.cuda.lib.LibraryStatus;
import dev.lanewise.cuda.lib.NativeLibraries;
import dev.lanewise.cuda.lib.NativeLibrary;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.CudaLibraries;
import dev.lanewise.cuda.runtime.Settings;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.sequence.Recurrence;
import dev.lanewise.tensor.op.sequence.Recurrence.Kind;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(HostCuda.class)
class RecurrencePlanTest {
    private static final Device CUDA = Device.cuda(0);

    @TempDir
    Path folder;

    private static RecurrencePlan.Key key(Kind kind, boolean bidirectional, DType dtype) {
        return RecurrencePlan.Key.of(new Recurrence(kind, bidirectional, true), dtype, 3, 4, 5, 6);
    }

    private CudaDevice device(HostCudnn cudnn) {
        CudaLibraries libraries = new CudaLibraries(
                HostCudaProvider.driver(),
                HostCudaProvider.kernels(),
                new HostCublasLt(true),
                new HostCublas(),
                cudnn.library());
        return new CudaDevice(CUDA, libraries, new CodeCache(folder), () -> {}, () -> "");
    }

    @Test
    void parametersThatLieTogetherAreCopiedTogether() {
        try (CudaDevice device = device(new HostCudnn());
                RecurrencePlan plan =
                        new RecurrencePlan(device, key(Kind.LSTM, true, DType.F32), RnnAlgorithm.STANDARD)) {
            // of each direction both weights, and four biases of each kind, which the stand-in keeps apart
            assertThat(plan.weights().pieces()).hasSize(2 * (1 + 4 + 1 + 4));
            assertThat(plan.weights().pieces().getFirst()).isEqualTo(new Piece(1, 0, 0, 4 * 6 * 5 * Float.BYTES));
            assertThat(plan.weights().pieces().stream().mapToLong(Piece::bytes).sum())
                    .isEqualTo(2L * Float.BYTES * (24 * 5 + 24 * 6 + 24 + 24))
                    .isLessThan(plan.weights().bytes());
        }
    }

    @Test
    void plansAreMadeOnceAShapeAndDestroyedAndMemoryIsUsedAgain() {
        HostCudnn cudnn = new HostCudnn();
        try (CudaDevice device = device(cudnn);
                var ignored = Scope.open("test")) {
            Recurrences recurrences = new Recurrences(device);
            Recurrence op = new Recurrence(Kind.RNN, false, true);
            for (long times = 2; times <= 3; times++) {
                Tensor[] inputs = tensors(new long[][] {{2, times, 3}, {4, 3}, {4, 4}, {4}, {4}, {2, 4}});
                long held = 0;
                for (int i = 0; i < 20; i++) {
                    assertThat(recurrences.takes(op, inputs)).isTrue();
                    try (var step = Scope.open("step")) {
                        recurrences.run(op, inputs, tensors(new long[][] {{2, times, 4}, {2, 4}}));
                    }
                    held = i == 0 ? device.memory().allocatedBytes() : held;
                }
                assertThat(device.memory().allocatedBytes()).isEqualTo(held);
            }
            assertThat(cudnn.alive()).isEqualTo(1 + 2 * 4);
            recurrences.close();
            assertThat(cudnn.alive()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void typeThatCudnnRefusesInItsDescriptionOrAtTheFirstCallIsNotTaken(boolean whenDescribed) {
        HostCudnn cudnn = new HostCudnn().refusing(DataType.BF16, whenDescribed);
        try (CudaDevice device = device(cudnn);
                var ignored = Scope.open("test")) {
            Recurrences recurrences = new Recurrences(device);
            Recurrence op = new Recurrence(Kind.LSTM, true, true);
            long[][] sizes = {
                {2, 3, 3}, {16, 3}, {16, 4}, {16}, {16}, {2, 4}, {2, 4}, {16, 3}, {16, 4}, {16}, {16}, {2, 4}, {2, 4}
            };
            assertThat(recurrences.takes(op, tensors(DType.BF16, sizes))).isFalse();
            assertThat(recurrences.takes(op, tensors(DType.F16, sizes))).isTrue();
            assertThat(recurrences.takes(op, tensors(DType.F32, sizes))).isTrue();
            recurrences.close();
            assertThat(cudnn.alive()).isEqualTo(1);
        }
    }

    /** Not every device has the persistent algorithms, and versions of the library say so in different ways. */
    @ParameterizedTest
    @CsvSource({
        "CUDNN_STATUS_BAD_PARAM, true",
        "CUDNN_STATUS_NOT_SUPPORTED_ARCH_MISMATCH, true",
        "CUDNN_STATUS_BAD_PARAM, false",
        "CUDNN_STATUS_EXECUTION_FAILED_CUDA_DRIVER, false"
    })
    void anAlgorithmThatFailsIsReplacedByTheStandardOne(String status, boolean whenDescribed) {
        HostCudnn cudnn = new HostCudnn().failingPersistent(status, whenDescribed);
        try (CudaDevice device = device(cudnn);
                var ignored = Scope.open("test")) {
            Recurrences recurrences = new Recurrences(device);
            Recurrence op = new Recurrence(Kind.RNN, false, true);
            Tensor[] inputs = tensors(new long[][] {{2, 3, 3}, {4, 3}, {4, 4}, {4}, {4}, {2, 4}});
            assertThat(recurrences.takes(op, inputs)).isTrue();
            recurrences.run(op, inputs, tensors(new long[][] {{2, 3, 4}, {2, 4}}));
            assertThat(cudnn.forwardPasses()).isEqualTo(1);
            recurrences.close();
            assertThat(cudnn.alive()).isEqualTo(1);
        }
    }

    @Test
    void persistentAlgorithmsAreTakenUnderPyTorchsConditions() {
        assertThat(algorithm(Kind.LSTM, DType.F32, 64, 100, 128)).isEqualTo(RnnAlgorithm.PERSISTENT_SMALL);
        assertThat(algorithm(Kind.LSTM, DType.F64, 64, 100, 128)).isEqualTo(RnnAlgorithm.STANDARD);
        assertThat(algorithm(Kind.RNN, DType.BF16, 64, 100, 256)).isEqualTo(RnnAlgorithm.PERSISTENT_SMALL);
        assertThat(algorithm(Kind.LSTM, DType.F16, 64, 256, 512)).isEqualTo(RnnAlgorithm.PERSISTENT);
        assertThat(algorithm(Kind.LSTM, DType.BF16, 64, 256, 512)).isEqualTo(RnnAlgorithm.STANDARD);
        assertThat(algorithm(Kind.GRU, DType.F16, 64, 256, 512)).isEqualTo(RnnAlgorithm.STANDARD);
        assertThat(algorithm(Kind.LSTM, DType.F16, 65, 256, 512)).isEqualTo(RnnAlgorithm.STANDARD);
        assertThat(algorithm(Kind.LSTM, DType.F16, 64, 255, 512)).isEqualTo(RnnAlgorithm.STANDARD);
        assertThat(algorithm(Kind.RNN, DType.F16, 96, 256, 896)).isEqualTo(RnnAlgorithm.STANDARD);
    }

    private static RnnAlgorithm algorithm(Kind kind, DType dtype, long batch, long in, long hidden) {
        return RecurrencePlan.Key.of(new Recurrence(kind, false, true), dtype, batch, 4, in, hidden)
                .algorithm(90, 132);
    }

    private static Tensor[] tensors(long[][] sizes) {
        return tensors(DType.F32, sizes);
    }

    private static Tensor[] tensors(DType dtype, long[][] sizes) {
        return Arrays.stream(sizes)
                .map(shape -> new Rng(1).randn(DType.F32, shape).to(dtype).to(CUDA))
                .toArray(Tensor[]::new);
    }

    @Test
    void singlePrecisionRoundsToTf32OnlyWhereAllowed() {
        assertThat(key(Kind.GRU, false, DType.F32).math()).isEqualTo(MathType.FMA);
        Settings.tf32(true);
        try {
            assertThat(key(Kind.GRU, false, DType.F32).math()).isEqualTo(MathType.TF32);
        } finally {
            Settings.tf32(false);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64", "F16", "BF16"})
    void cudnnTakesTheDescriptorsThatNeedNoDevice(DType dtype) {
        LibraryStatus status = NativeLibraries.status(NativeLibrary.CUDNN);
        assumeTrue(status instanceof LibraryStatus.Found, status::describe);
        Cudnn cudnn = Cudnn.open();
        RecurrencePlan.Key key = key(Kind.LSTM, true, dtype);
        RnnDataDescriptor sequences = cudnn.createRnnData(key.type(), key.batch(), key.times(), key.in());
        assertThat(sequences.address().address()).isNotZero();
        cudnn.destroy(sequences);
        // the dropout that an RNN has to have wants a handle, which there is on a device only
        assertThatThrownBy(() -> RecurrencePlan.Descriptors.of(
                        cudnn, new Cudnn.Handle(MemorySegment.NULL), key, RnnAlgorithm.STANDARD))
                .hasMessageStartingWith("cudnnSetDropoutDescriptor: CUDNN_STATUS_BAD_PARAM");
    }
}
