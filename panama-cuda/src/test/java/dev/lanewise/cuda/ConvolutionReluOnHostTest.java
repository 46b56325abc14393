package dev.lanewise.cuda;

import static dev.lanewise.cuda.Near.assertNearOfLargest;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.tensor.Autocast;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.Window;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A convolution with bias and ReLU in mixed precision, with groups and without any image, on the host's stand-ins. */
@ExtendWith(HostCuda.class)
final class ConvolutionReluOnHostTest {
    private static final Device CUDA = Device.cuda(0);
    private static final Window WINDOW = Window.of(3).stride(2).padding(1);

    /** Operands, their result in mixed precision, and the gradients of its squares' sum. */
    private record Run(List<Tensor> operands, Tensor result, Gradients gradients) {
        static Run of(
                Device device, int batch, int groups, boolean biased, boolean channelsLast, @Nullable DType narrow) {
            Rng rng = new Rng(4);
            Tensor x = rng.randn(DType.F32, batch, 16, 7, 6);
            Tensor image =
                    channelsLast ? x.permute(0, 2, 3, 1).contiguous().to(device).permute(0, 3, 1, 2) : x.to(device);
            Tensor input = Autograd.watch(image);
            Tensor w = Autograd.watch(
                    rng.randn(DType.F32, 8, 16 / groups, 3, 3).mul(0.2).to(device));
            Tensor bias = Autograd.watch(rng.randn(DType.F32, 8).to(device));
            Tensor result = Autocast.run(narrow, () -> input.conv2dRelu(w, biased ? bias : null, WINDOW, groups));
            Gradients gradients =
                    Autograd.gradients(result.to(DType.F32).square().sum());
            return new Run(biased ? List.of(input, w, bias) : List.of(input, w), result, gradients);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1, true, false",
        "0, 2, false, true",
        "3, 1, true, true",
        "3, 2, true, true",
        "3, 2, true, false",
        "3, 4, false, true"
    })
    void isThatOfTheCpu(int batch, int groups, boolean biased, boolean channelsLast) {
        for (DType narrow : new DType[] {DType.BF16, DType.F16, null}) {
            try (var ignored = Scope.open("test")) {
                Run expected = Run.of(Device.CPU, batch, groups, biased, channelsLast, narrow);
                Run run = Run.of(CUDA, batch, groups, biased, channelsLast, narrow);
                double tolerance = narrow == DType.BF16 ? 0.02 : narrow == DType.F16 ? 3e-3 : 1e-5;
                assertThat(run.result.dtype()).isEqualTo(narrow == null ? DType.F32 : narrow);
                assertClose(run.result, expected.result, tolerance);
                for (int i = 0; i < run.operands.size(); i++) {
                    Tensor gradient = run.gradients.of(run.operands.get(i));
                    assertThat(gradient.dtype()).isEqualTo(DType.F32);
                    assertClose(gradient, expected.gradients.of(expected.operands.get(i)), tolerance);
                }
            }
        }
    }

    private static void assertClose(Tensor actual, Tensor expected, double tolerance) {
        assertThat(actual.shape()).isEqualTo(expected.shape());
        assertNearOfLargest(actual, expected.to(DType.F64).toDoubleArray(), tolerance, 1e-3, "convolution");
    }
}
