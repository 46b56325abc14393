package dev.lanewise.cuda.dnn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.cuda.HostCuda;
import dev.lanewise.cuda.HostCudaProvider;
import dev.lanewise.cuda.host.HostCublas;
import dev.lanewise.cuda.host.HostCublasLt;
import dev.lanewise.cuda.host.HostCudnn;
import dev.lanewise.cuda.kernel.CodeCache;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.CudaLibraries;
import dev.lanewise.cuda.runtime.Settings;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.conv.Convolution2d;
import dev.lanewise.tensor.op.conv.Convolution2dRelu;
import dev.lanewise.tensor.spi.Backends;
import dev.lanewise.tensor.spi.StepRecorder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(HostCuda.class)
class ConvolutionsTest {
    private static final Device CUDA = Device.cuda(0);

    @TempDir
    Path folder;

    private static final Convolution2d STRIDED = new Convolution2d(2, 1);

    private final Rng rng = new Rng(6);

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
    void algorithmsAreMeasuredOnceAShapeAndPlansDestroyed() {
        HostCudnn cudnn = new HostCudnn();
        CudaDevice device = device(cudnn);
        Convolutions convolutions = new Convolutions(device);
        try (var ignored = Scope.open("test")) {
            Tensor[] inputs = {
                rng.randn(DType.F32, 1, 2, 4, 4).to(CUDA),
                rng.randn(DType.F32, 3, 2, 3, 3).to(CUDA)
            };
            Tensor[] outputs = {rng.randn(DType.F32, 1, 3, 4, 4).to(CUDA)};
            convolutions.run(new Convolution2d(1, 1), inputs, outputs);
            convolutions.run(new Convolution2d(1, 1), inputs, outputs);
            assertThat(cudnn.measured()).isEqualTo(1);
            outputs[0] = rng.randn(DType.F32, 1, 3, 2, 2).to(CUDA);
            convolutions.run(new Convolution2d(2, 1), inputs, outputs);
            assertThat(cudnn.measured()).isEqualTo(2);
        }
        assertThat(cudnn.alive()).isEqualTo(1 + 2 * 4);
        convolutions.close();
        assertThat(cudnn.alive()).isEqualTo(1);
    }

    /** Result and gradients of a convolution whose channels go last in 16 bits. */
    private List<Tensor> pass(Tensor input, Tensor weight, Tensor bias, Tensor upstream) {
        Tensor x = Autograd.watch(input);
        Tensor w = Autograd.watch(weight);
        Tensor y = Tensor.apply(STRIDED, x, w, bias);
        Gradients gradients = Autograd.gradients(y.mul(upstream).sum());
        return List.of(Autograd.detach(y), gradients.of(x), gradients.of(w));
    }

    @Test
    void channelsLastOnTensorCoresGiveTheSameWithinTheTypesAccuracy() {
        try (var ignored = Scope.open("test")) {
            Tensor[] operands = {
                rng.randn(DType.F32, 2, 8, 6, 5),
                rng.randn(DType.F32, 16, 8, 3, 3).mul(0.2),
                rng.randn(DType.F32, 16),
                rng.randn(DType.F32, 2, 16, 3, 3)
            };
            Tensor[] rounded = new Tensor[operands.length];
            for (int i = 0; i < operands.length; i++) {
                rounded[i] = operands[i].to(DType.BF16).to(CUDA);
                operands[i] = operands[i].to(DType.BF16).to(DType.F32);
            }
            List<Tensor> expected = pass(operands[0], operands[1], operands[2], operands[3]);
            List<Tensor> rowMajor = pass(rounded[0], rounded[1], rounded[2], rounded[3]);
            Tensor last = rounded[0].permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
            List<Tensor> channelsLast = pass(last, rounded[1], rounded[2], rounded[3]);
            for (int i = 0; i < expected.size(); i++) {
                float[] exact = expected.get(i).toFloatArray();
                float[] result = rowMajor.get(i).to(DType.F32).toFloatArray();
                assertThat(result).containsExactly(exact, within(0.05f));
                assertThat(channelsLast.get(i).to(DType.F32).toFloatArray()).isEqualTo(result);
            }
        }
    }

    /** Input, weight and bias of 16 channels in 16 bits. */
    private Tensor[] biased(DType dtype) {
        return new Tensor[] {
            rng.randn(DType.F32, 2, 8, 6, 5).to(dtype).to(CUDA),
            rng.randn(DType.F32, 16, 8, 3, 3).mul(0.2).to(dtype).to(CUDA),
            rng.randn(DType.F32, 16).to(dtype).to(CUDA)
        };
    }

    /** What a convolution of F32 gives, rounded once. */
    private static float[] rounded(Tensor... operands) {
        Tensor[] wide =
                Arrays.stream(operands).map(x -> x.to(Device.CPU).to(DType.F32)).toArray(Tensor[]::new);
        return Tensor.apply(STRIDED, wide).to(operands[0].dtype()).to(DType.F32).toFloatArray();
    }

    private static float[] run(Convolutions convolutions, Tensor... operands) {
        Tensor y =
                Tensor.full(Double.NaN, operands[0].dtype(), CUDA, 2, 16, 3, 3).contiguous();
        convolutions.run(STRIDED, operands, new Tensor[] {y});
        return y.to(DType.F32).toFloatArray();
    }

    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16"})
    void cudnnAddsTheBiasBeforeTheResultIsRounded(DType dtype) {
        HostCudnn cudnn = new HostCudnn();
        Convolutions convolutions = new Convolutions(device(cudnn));
        try (var ignored = Scope.open("test")) {
            Tensor[] operands = biased(dtype);
            for (int i = 1; i <= 2; i++) {
                assertThat(run(convolutions, operands)).isEqualTo(rounded(operands));
                assertThat(cudnn.fusedRuns()).isEqualTo(i);
            }
            assertThat(cudnn.measured()).isZero();
            assertThat(cudnn.alive()).as("the handle and a plan").isEqualTo(2);
            // a thread has a handle, and so a plan, of its own
            CompletableFuture.runAsync(() -> {
                        try (var inThread = Scope.open("thread")) {
                            assertThat(run(convolutions, operands)).isEqualTo(rounded(operands));
                        }
                    })
                    .join();
            assertThat(cudnn.alive()).isEqualTo(4);
        }
        convolutions.close();
        assertThat(cudnn.alive()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aKernelAddsTheBiasWhereCudnnRefuses(boolean whenPlanned) {
        HostCudnn cudnn = new HostCudnn().refusingFusion(whenPlanned);
        Convolutions convolutions = new Convolutions(device(cudnn));
        try (var ignored = Scope.open("test")) {
            Tensor[] operands = biased(DType.BF16);
            for (int i = 0; i < 2; i++) {
                assertThat(run(convolutions, operands)).containsExactly(rounded(operands), within(0.05f));
            }
            assertThat(cudnn.plansAsked()).isEqualTo(1);
            assertThat(cudnn.fusedRuns()).isZero();
        }
        convolutions.close();
        assertThat(cudnn.alive()).isEqualTo(1);
    }

    /** A plan may need a compiler or a library that is not there. */
    @Test
    void aKernelAddsTheBiasWhereNoPlanCanBeBuilt() {
        HostCudnn cudnn = new HostCudnn().failingPlans("CUDNN_STATUS_INTERNAL_ERROR_COMPILATION_FAILED");
        Convolutions convolutions = new Convolutions(device(cudnn));
        try (var ignored = Scope.open("test")) {
            Tensor[] operands = biased(DType.BF16);
            for (int i = 0; i < 2; i++) {
                assertThat(run(convolutions, operands)).containsExactly(rounded(operands), within(0.05f));
            }
            assertThat(cudnn.plansAsked()).isEqualTo(1);
        }
        convolutions.close();
        assertThat(cudnn.alive()).isEqualTo(1);
    }

    /** What a convolution of F32 and its ReLU give, rounded once. */
    private static float[] roundedRelu(Tensor... operands) {
        float[] result = rounded(operands);
        for (int i = 0; i < result.length; i++) {
            result[i] = Math.max(result[i], 0);
        }
        return result;
    }

    private static float[] runRelu(Convolutions convolutions, Tensor... operands) {
        Tensor y =
                Tensor.full(Double.NaN, operands[0].dtype(), CUDA, 2, 16, 3, 3).contiguous();
        convolutions.run(new Convolution2dRelu(STRIDED), operands, new Tensor[] {y});
        return y.to(DType.F32).toFloatArray();
    }

    /** A plan with a ReLU is another one than that without, and runs once with NaN before it is used. */
    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16"})
    void cudnnComputesTheReLUBehindTheBias(DType dtype) {
        HostCudnn cudnn = new HostCudnn();
        Convolutions convolutions = new Convolutions(device(cudnn));
        try (var ignored = Scope.open("test")) {
            Tensor[] operands = biased(dtype);
            assertThat(run(convolutions, operands)).isEqualTo(rounded(operands)).isNotEqualTo(roundedRelu(operands));
            for (int i = 1; i <= 2; i++) {
                assertThat(runRelu(convolutions, operands)).isEqualTo(roundedRelu(operands));
                assertThat(cudnn.fusedRuns()).isEqualTo(2 + i);
            }
            assertThat(run(convolutions, operands)).isEqualTo(rounded(operands));
            assertThat(cudnn.plansAsked()).isEqualTo(2);
            assertThat(cudnn.measured()).isZero();
            Tensor nan = operands[0].mul(Double.NaN);
            assertThat(runRelu(convolutions, nan, operands[1], operands[2])).containsOnly(Float.NaN);
        }
        convolutions.close();
        assertThat(cudnn.alive()).isEqualTo(1);
    }

    @Test
    void aReLUThatLosesNaNIsLeftToTheKernel() {
        HostCudnn cudnn = new HostCudnn().losingNaN();
        Convolutions convolutions = new Convolutions(device(cudnn));
        try (var ignored = Scope.open("test")) {
            Tensor[] operands = biased(DType.BF16);
            Tensor nan = operands[0].mul(Double.NaN);
            for (int i = 0; i < 2; i++) {
                assertThat(runRelu(convolutions, operands)).containsExactly(roundedRelu(operands), within(0.05f));
                assertThat(runRelu(convolutions, nan, operands[1], operands[2])).containsOnly(Float.NaN);
            }
            assertThat(cudnn.plansAsked()).isEqualTo(1);
            assertThat(cudnn.fusedRuns()).as("the one with NaN").isEqualTo(1);
        }
        convolutions.close();
        assertThat(cudnn.alive()).isEqualTo(1);
    }

    /** Without a bias, and in other types, ReLU is the kernel's. */
    @Test
    void aKernelComputesTheReLUOfWhatNoPlanTakes() {
        HostCudnn cudnn = new HostCudnn();
        Convolutions convolutions = new Convolutions(device(cudnn));
        try (var ignored = Scope.open("test")) {
            Tensor[] operands = biased(DType.F16);
            assertThat(runRelu(convolutions, operands[0], operands[1]))
                    .containsExactly(roundedRelu(operands[0], operands[1]), within(0.01f));
            Tensor[] wide = biased(DType.F32);
            assertThat(runRelu(convolutions, wide)).containsExactly(roundedRelu(wide), within(1e-4f));
            assertThat(cudnn.plansAsked()).isZero();
        }
        convolutions.close();
    }

    /** A plan takes addresses of a certain alignment, 16 bits, channels that suit tensor cores, and a bias. */
    @Test
    void whatNoPlanTakesIsLeftToTheKernel() {
        HostCudnn cudnn = new HostCudnn();
        Convolutions convolutions = new Convolutions(device(cudnn));
        try (var ignored = Scope.open("test")) {
            Tensor[] operands = biased(DType.F16);
            Tensor odd = rng.randn(DType.F32, 17).to(DType.F16).to(CUDA).narrow(0, 1, 16);
            assertThat(run(convolutions, operands[0], operands[1], odd))
                    .containsExactly(rounded(operands[0], operands[1], odd), within(0.01f));
            run(convolutions, operands[0], operands[1]);
            run(convolutions, biased(DType.F32));
            run(convolutions, biased(DType.F64));
            assertThat(cudnn.plansAsked()).isZero();
        }
        convolutions.close();
    }

    @Test
    void plansKeepToTheSettings() {
        HostCudnn cudnn = new HostCudnn();
        Convolutions convolutions = new Convolutions(device(cudnn));
        try (var ignored = Scope.open("test")) {
            Tensor[] operands = biased(DType.F16);
            Settings.convolutionTransforms(true);
            assertThat(run(convolutions, operands))
                    .as("the first plan goes through a transform")
                    .isNotEqualTo(rounded(operands));
            Settings.convolutionTransforms(false);
            assertThat(run(convolutions, operands)).isEqualTo(rounded(operands));
            assertThat(cudnn.fusedRuns()).isEqualTo(2);
        } finally {
            Settings.convolutionTransforms(false);
        }
        convolutions.close();
    }

    private static void step(Tensor[] operands, Tensor sum) {
        try (var ignored = Scope.open("step")) {
            sum.assign(sum.add(Tensor.apply(STRIDED, operands)));
        }
    }

    /** Plans load code: while a step is recorded, only those that there are can be used. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void recordedStepsUseThePlansThereAre(boolean warmedUp) {
        try (Scope scope = Scope.open("test")) {
            Tensor[] operands = biased(warmedUp ? DType.BF16 : DType.F16);
            Tensor sum =
                    scope.keep(Tensor.zeros(operands[0].dtype(), 2, 16, 3, 3).to(CUDA));
            Tensor expected = scope.keep(sum.copy());
            int before = HostCudaProvider.cudnn().fusedRuns();
            try (StepRecorder recorder = Backends.of(CUDA).recorder().orElseThrow()) {
                if (warmedUp) {
                    recorder.warmUp(() -> step(operands, expected));
                }
                recorder.record(() -> step(operands, sum));
                recorder.replay(List.of());
                float[] replayed = sum.to(DType.F32).toFloatArray();
                assertThat(HostCudaProvider.cudnn().fusedRuns() - before).isEqualTo(warmedUp ? 2 : 0);
                if (!warmedUp) {
                    step(operands, expected);
                }
                assertThat(replayed)
                        .containsExactly(
                                expected.to(DType.F32).toFloatArray(), within(warmedUp ? Float.MIN_VALUE : 0.01f));
            }
        }
    }
}
