package dev.lanewise.testkit.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.GradCheck;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ImageTest {
    private static Tensor image(long h, long w) {
        return Tensor.arange(h * w).to(DType.F32).reshape(1, 1, h, w);
    }

    @Test
    void adaptiveMaximaCoverTheImageInOverlappingWindows() {
        assertThat(image(1, 5).adaptiveMaxPool2d(1, 3).toFloatArray()).containsExactly(1, 3, 4);
        assertThat(image(4, 4).adaptiveMaxPool2d(2, 1).toFloatArray()).containsExactly(7, 15);
    }

    /** As PyTorch gives it: the first of equal ones, row by row, and no NaN beside one. */
    @Test
    void gradientsOfAdaptiveMaximaGoToOneElement() {
        float[] pixels = {0, 2, 2, 2, 0, 0, 2, 0, Float.NaN};
        assertThat(gradient(Tensor.zeros(1, 1, 3, 3), 1, 1)).containsExactly(1, 0, 0, 0, 0, 0, 0, 0, 0);
        assertThat(gradient(Tensor.of(pixels, 1, 1, 3, 3), 1, 1)).containsExactly(0, 0, 0, 0, 0, 0, 0, 0, 1);
        assertThat(gradient(Tensor.of(pixels, 1, 1, 3, 3), 2, 2)).containsExactly(0, 2, 0, 1, 0, 0, 0, 0, 1);
    }

    private static float[] gradient(Tensor image, long h, long w) {
        Tensor x = Autograd.watch(image);
        return Autograd.gradients(x.adaptiveMaxPool2d(h, w).sum()).of(x).toFloatArray();
    }

    @Test
    void bilinearWithAlignedCornersKeepsThem() {
        assertThat(image(1, 3).interpolateBilinear(1, 5, true).toFloatArray()).containsExactly(0, 0.5f, 1, 1.5f, 2);
        assertThat(image(2, 2).interpolateNearest(3, 2).toFloatArray()).containsExactly(0, 1, 0, 1, 2, 3);
    }

    /** NaN and infinity at each pixel in turn: what doesn't see it is what it was. */
    @Test
    void whatIsNotFiniteStaysWhereItIsSeen() {
        float[] pixels = new float[5 * 7];
        for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
            for (int at = 0; at < pixels.length; at++) {
                Arrays.fill(pixels, 1);
                pixels[at] = (float) bad;
                Tensor x = Tensor.of(pixels, 1, 1, 5, 7);
                int row = at / 7;
                int column = at % 7;
                checkSeen(x.interpolateBilinear(9, 4, false), row, column, (i, size) -> linear(i, size, false));
                checkSeen(x.interpolateBilinear(9, 13, true), row, column, (i, size) -> linear(i, size, true));
                checkSeen(x.interpolateBilinear(1, 1, true), row, column, (i, size) -> linear(i, size, true));
                checkSeen(x.adaptiveAvgPool2d(3, 4), row, column, ImageTest::window);
                checkSeen(x.adaptiveAvgPool2d(5, 7), row, column, ImageTest::window);
                checkSeen(x.adaptiveMaxPool2d(3, 4), row, column, ImageTest::window);
            }
        }
    }

    private interface Seen {
        /** The first and the last input that an output sees; {@code sizes} are those of input and output. */
        int[] range(int output, int[] sizes);
    }

    private static int[] linear(int i, int[] sizes, boolean aligned) {
        double at = aligned
                ? sizes[1] == 1 ? 0 : i * (sizes[0] - 1.0) / (sizes[1] - 1)
                : Math.max((i + 0.5) * sizes[0] / sizes[1] - 0.5, 0);
        return new int[] {(int) at, Math.min((int) Math.ceil(at), sizes[0] - 1)};
    }

    private static int[] window(int i, int[] sizes) {
        return new int[] {i * sizes[0] / sizes[1], ((i + 1) * sizes[0] + sizes[1] - 1) / sizes[1] - 1};
    }

    private static void checkSeen(Tensor y, int row, int column, Seen seen) {
        int h = (int) y.shape().size(2);
        int w = (int) y.shape().size(3);
        float[] values = y.toFloatArray();
        for (int i = 0; i < h; i++) {
            for (int j = 0; j < w; j++) {
                int[] rows = seen.range(i, new int[] {5, h});
                int[] columns = seen.range(j, new int[] {7, w});
                boolean sees = rows[0] <= row && row <= rows[1] && columns[0] <= column && column <= columns[1];
                if (sees) {
                    assertThat(values[i * w + j]).isNotEqualTo(1).isNotEqualTo(Float.NEGATIVE_INFINITY);
                } else {
                    assertThat(values[i * w + j]).isEqualTo(1, within(1e-6f));
                }
            }
        }
    }

    @Test
    void longRowsAreResized() {
        long n = 60_000;
        Tensor row = Tensor.arange(n).to(DType.F32).reshape(1, 1, 1, n);
        Tensor twice = row.interpolateBilinear(1, 2 * n, false);
        assertThat(twice.select(3, 2 * n - 1).item()).isEqualTo(n - 1);
        assertThat(twice.select(3, n).item()).isEqualTo(n / 2.0 - 0.25);
        assertThat(row.adaptiveAvgPool2d(1, n - 1).shape()).isEqualTo(Shape.of(1, 1, 1, n - 1));
        assertThat(row.adaptiveMaxPool2d(1, n - 1).select(3, 0).item()).isEqualTo(1);
    }

    @Test
    void narrowTypesAreResampledInF32() {
        Tensor x = Tensor.full(60_000, DType.F16, Device.CPU, 1, 1, 5, 5).contiguous();
        assertThat(x.adaptiveAvgPool2d(2, 3).to(DType.F32).toFloatArray()).containsOnly(60_000);
        assertThat(x.interpolateBilinear(7, 3, false).to(DType.F32).toFloatArray())
                .containsOnly(60_000);
    }

    @Test
    void oneDimensionalPooling() {
        Tensor x = Tensor.of(new float[] {1, 5, 2, 4}, 1, 1, 4);
        assertThat(x.maxPool1d(Window.of(2)).toFloatArray()).containsExactly(5, 4);
        assertThat(x.avgPool1d(Window.of(2).stride(1), true).toFloatArray()).containsExactly(3, 3.5f, 3);
        assertThatThrownBy(() -> Tensor.zeros(2, 3).maxPool1d(Window.of(2)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("expected [n, c, l]");
    }

    /** As PyTorch gives it; where all is minus infinity, the first own element gets the gradient, never the padding. */
    @Test
    void dilatedMaximaSeeOwnElementsOnly() {
        Window window = Window.of(2).stride(1).padding(1).dilation(2);
        Tensor x = Tensor.of(new float[] {1, 5, 2, 4, Float.NEGATIVE_INFINITY}, 1, 1, 5);
        assertThat(x.maxPool1d(window).toFloatArray()).containsExactly(5, 2, 5, 2, 4);
        Tensor low = Autograd.watch(Tensor.full(Double.NEGATIVE_INFINITY, DType.F32, Device.CPU, 1, 1, 3)
                .contiguous());
        Tensor lowest = low.maxPool1d(window);
        assertThat(lowest.toFloatArray()).containsOnly(Float.NEGATIVE_INFINITY);
        assertThat(Autograd.gradients(lowest.sum()).of(low).toFloatArray()).containsExactly(1, 2, 0);
        assertThat(image(3, 3).maxPool2d(Window.of(2).dilation(2)).toFloatArray())
                .containsExactly(8);
        assertThat(image(3, 3)
                        .unsqueeze(2)
                        .maxPool3d(Window.of(1, 2, 2).dilation(1, 2, 1).stride(1))
                        .toFloatArray())
                .containsExactly(7, 8);
        Tensor nan = Tensor.of(new float[] {1, Float.NaN, 3, 4}, 1, 1, 4);
        assertThat(nan.maxPool1d(Window.of(2).stride(1).dilation(2)).toFloatArray())
                .containsExactly(3, Float.NaN);
        Tensor wide = new Rng(4).rand(DType.F64, 1, 2, 5, 6);
        GradCheck.first(
                xs -> new Tensor[] {
                    xs[0].maxPool2d(Window.of(2, 3).stride(1).padding(1).dilation(2))
                },
                wide);
    }

    @Test
    void dilatedMaximaRefuseWhatDoesNotFit() {
        Window window = Window.of(2).dilation(5);
        assertThatThrownBy(() -> Tensor.ones(1, 1, 4).maxPool1d(window))
                .hasMessageStartingWith("max_pool1d: window of 2 with dilation 5 and padding 0 along a size of 4");
        assertThatThrownBy(() -> Tensor.ones(1, 1, 4).maxPool1d(window.padding(4)))
                .hasMessageContaining("padding [4] for a kernel of [2] (expected");
        assertThatThrownBy(() -> Tensor.ones(1, 1, 4).maxPool1d(window.stride(1).padding(1)))
                .hasMessageContaining("sees nothing but padding");
        assertThatThrownBy(() -> Tensor.ones(1, 4).maxPool1d(window)).hasMessageContaining("[n, c, l]");
        assertThatThrownBy(() -> Tensor.ones(1, 1, 4)
                        .to(DType.I64)
                        .maxPool1d(Window.of(2).dilation(2)))
                .hasMessageContaining("floating-point");
        assertThatThrownBy(() -> Tensor.ones(1, 1, 4).avgPool1d(Window.of(2).dilation(2)))
                .hasMessageStartingWith("avg_pool1d: dilation [2]");
    }

    /** One convolution in the three ranks, whose other dimensions have size 1. */
    @Test
    void convolutionsOfEveryRankAreAlike() {
        Rng rng = new Rng(8);
        Tensor x = rng.randn(DType.F64, 2, 4, 7);
        Tensor weight = rng.randn(DType.F64, 6, 2, 3);
        Tensor bias = rng.randn(DType.F64, 6);
        Tensor one = x.conv1d(weight, bias, Window.of(3).stride(2).padding(2).dilation(2), 2);
        Window line = Window.of(1, 3).stride(1, 2).padding(0, 2).dilation(1, 2);
        Window row = Window.of(1, 1, 3).stride(1, 1, 2).padding(0, 0, 2).dilation(1, 1, 2);
        Tensor image = x.unsqueeze(2);
        Tensor volume = image.unsqueeze(2);
        Tensor kernel = weight.unsqueeze(2);
        assertSame(image.conv2d(kernel, bias, line, 2), one);
        assertSame(volume.conv3d(kernel.unsqueeze(2), bias, row, 2), one);
        Tensor back = weight.narrow(0, 0, 4);
        Tensor two = bias.narrow(0, 0, 4);
        Tensor grown = x.convTranspose1d(
                back, two, Window.of(3).stride(2).padding(2).dilation(2).outputPadding(1), 2);
        assertSame(x.unsqueeze(2).convTranspose2d(back.unsqueeze(2), two, line.outputPadding(0, 1), 2), grown);
        Tensor deep = back.unsqueeze(2).unsqueeze(2);
        assertSame(volume.convTranspose3d(deep, two, row.outputPadding(0, 0, 1), 2), grown);
        assertSame(x.convTranspose1d(back, null), volume.convTranspose3d(deep, null));
        assertSame(image.convTranspose2d(back.unsqueeze(2), null), x.convTranspose1d(back, null));
        Tensor plain = weight.repeat(1, 2, 1);
        assertSame(volume.conv3d(plain.unsqueeze(2).unsqueeze(2), bias), x.conv1d(plain, bias));
        Window pool = Window.of(3).stride(2).padding(1).ceil();
        Window flat = Window.of(1, 1, 3).stride(1, 1, 2).padding(0, 0, 1).ceil();
        assertSame(volume.maxPool3d(flat), x.maxPool1d(pool));
        assertSame(volume.avgPool3d(flat), x.avgPool1d(pool));
        assertSame(volume.avgPool3d(flat, false), x.avgPool1d(pool, false));
        assertSame(image.avgPool2d(Window.of(1, 3)), x.avgPool1d(Window.of(3)));
    }

    private static void assertSame(Tensor got, Tensor want) {
        assertThat(got.flatten().toDoubleArray()).containsExactly(want.flatten().toDoubleArray(), within(1e-12));
    }

    @Test
    void convolutionsNameWhatDoesNotFit() {
        Tensor x = Tensor.ones(1, 4, 3, 3, 3);
        Tensor weight = Tensor.ones(4, 2, 2, 2, 2);
        Window window = Window.of(2);
        assertThatThrownBy(() -> x.conv3d(weight, null)).hasMessageContaining("conv3d: input F32[1, 4, 3, 3, 3]");
        assertThatThrownBy(() -> x.conv3d(weight, null, window, 0)).hasMessageContaining("0 groups");
        assertThatThrownBy(() -> x.conv3d(weight, null, Window.of(3), 2)).hasMessageContaining("window of [3]");
        assertThatThrownBy(() -> x.conv3d(weight.select(2, 0), null))
                .hasMessageStartingWith("conv3d: weight F32[4, 2, 2, 2]");
        assertThatThrownBy(() -> x.convTranspose3d(weight, Tensor.ones(1), window, 2))
                .hasMessage("conv_transpose3d: bias [1] for weight [4, 2, 2, 2, 2]; the bias must be [4]");
        assertThatThrownBy(() -> x.convTranspose3d(weight, null, window.outputPadding(1), 2))
                .hasMessageContaining("less than stride or dilation");
        assertThatThrownBy(() -> x.convTranspose3d(weight, null, window.padding(2), 2))
                .hasMessageContaining("takes all off the result");
        assertThatThrownBy(() -> x.select(2, 0).select(2, 0).convTranspose1d(Tensor.ones(4, 2, 2), null, window, 3))
                .hasMessageStartingWith("conv_transpose1d: ");
        assertThatThrownBy(() -> x.select(2, 0).convTranspose2d(weight.select(2, 0), Tensor.ones(1), window, 2))
                .hasMessageContaining("bias [1] for weight [4, 2, 2, 2]; the bias must be [4]");
    }

    @Test
    void foldOfUnfoldCountsWindows() {
        Window window = Window.of(3).stride(2).padding(1);
        Tensor y = Tensor.ones(1, 1, 5, 6).unfold(window).fold(5, 6, window);
        assertThat(y.select(2, 0).flatten().toFloatArray()).containsExactly(1, 2, 1, 2, 1, 1);
        assertThatThrownBy(() -> Tensor.ones(1, 2, 3).fold(5, 6, window)).hasMessageStartingWith("fold: input");
        assertThatThrownBy(() -> Tensor.ones(2, 3).unfold(window)).hasMessageStartingWith("unfold: input");
    }

    @Test
    void instanceNormalizationIsPerSampleAndChannel() {
        Tensor y = new Rng(2).randn(DType.F64, 2, 3, 7).mul(4).add(2).instanceNorm(null, null, 0);
        assertThat(y.mean(2).abs().amax().item()).isLessThan(1e-12);
        assertThat(y.var(new int[] {2}, 0, Keep.REMOVE).sub(1).abs().amax().item())
                .isLessThan(1e-12);
        assertThatThrownBy(() -> Tensor.zeros(2, 5, 3).groupNorm(2, null, null, 0))
                .hasMessageContaining("2 groups");
    }

    @Test
    void resamplingHasGradients() {
        Tensor x = new Rng(4).rand(DType.F64, 1, 2, 4, 5);
        GradCheck.first(xs -> new Tensor[] {xs[0].adaptiveMaxPool2d(3, 2)}, x);
        GradCheck.first(xs -> new Tensor[] {xs[0].adaptiveAvgPool2d(3, 2)}, x);
        GradCheck.first(xs -> new Tensor[] {xs[0].interpolateBilinear(7, 3, false)}, x);
        GradCheck.first(xs -> new Tensor[] {xs[0].interpolateBilinear(3, 9, true)}, x);
        GradCheck.second(xs -> new Tensor[] {xs[0].interpolateBilinear(7, 3, false)}, x);
        GradCheck.second(xs -> new Tensor[] {xs[0].adaptiveAvgPool2d(3, 2)}, x);
        GradCheck.first(xs -> new Tensor[] {xs[0].padReflect(1, 2, 0, 1)}, x);
    }

    @Test
    void normsOfEveryOrder() {
        Tensor x = Tensor.of(new float[] {3, -4, 0, 0}, 2, 2);
        int[] rows = {1};
        assertThat(x.norm(1, rows, Keep.REMOVE).toFloatArray()).containsExactly(7, 0);
        assertThat(x.norm(2, rows, Keep.REMOVE).toFloatArray()).containsExactly(5, 0);
        assertThat(x.norm(0, rows, Keep.REMOVE).toFloatArray()).containsExactly(2, 0);
        assertThat(x.norm(Double.POSITIVE_INFINITY, rows, Keep.REMOVE).toFloatArray())
                .containsExactly(4, 0);
        assertThat(x.max(1).indices().toLongArray()).containsExactly(0, 0);
        assertThat(x.min(0, Keep.KEEP).values().shape()).isEqualTo(Shape.of(1, 2));
    }
}
