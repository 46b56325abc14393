package dev.lanewise.cuda.dnn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.cuda.HostCudaProvider;
import dev.lanewise.cuda.host.HostCublas;
import dev.lanewise.cuda.host.HostCublasLt;
import dev.lanewise.cuda.host.HostCudnn;
import dev.lanewise.cuda.host.HostKernels;
import dev.lanewise.cuda.kernel.CodeCache;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.CudaLibraries;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.conv.Convolution2d;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConvolutionsTest {
    private static final Device CUDA = Device.cuda(0);

    @TempDir
    Path folder;

    private final Rng rng = new Rng(6);

    @BeforeAll
    static void compile() {
        assumeTrue(HostKernels.isAvailable(), "no C++ compiler: kernels cannot run on the host");
        HostCudaProvider.enable();
    }

    @Test
    void algorithmsAreMeasuredOnceAShapeAndPlansDestroyed() {
        HostCudnn cudnn = new HostCudnn();
        CudaLibraries libraries = new CudaLibraries(
                HostCudaProvider.driver(),
                HostCudaProvider.kernels(),
                new HostCublasLt(true),
                new HostCublas(),
                cudnn.library());
        CudaDevice device = new CudaDevice(CUDA, libraries, new CodeCache(folder), () -> {}, () -> "");
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
        Tensor y = Tensor.apply(new Convolution2d(2, 1), x, w, bias);
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
}
