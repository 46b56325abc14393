package dev.lanewise.nn.spatial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.GradCheck;
import dev.lanewise.nn.AdaptiveAvgPool2d;
import dev.lanewise.nn.Lambda;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.dropout.AlphaDropout;
import dev.lanewise.nn.dropout.Dropout2d;
import dev.lanewise.nn.dropout.StochasticDepth;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Numbers are compared with PyTorch's by the reference cases; here is what they leave out. */
final class SpatialLayersTest {
    private static Tensor random(long... shape) {
        return new Rng(3).randn(DType.F64, shape);
    }

    @Test
    void secondDerivativesAreRight() {
        Conv3d conv = new Conv3d(2, 2, Window.of(2).padding(1), new Rng(1));
        conv.to(DType.F64);
        GradCheck.second(in -> new Tensor[] {conv.forward(in[0]).square()}, random(1, 2, 2, 3, 2));
        ConvTranspose3d back = new ConvTranspose3d(2, 2, Window.of(2).stride(2), new Rng(1));
        back.to(DType.F64);
        GradCheck.second(in -> new Tensor[] {back.forward(in[0]).square()}, random(1, 2, 2, 1, 2));
        LocalResponseNorm norm = new LocalResponseNorm(3, 0.5, 0.75, 1);
        GradCheck.second(in -> new Tensor[] {norm.forward(in[0])}, random(1, 4, 2));
        Fold fold = new Fold(3, 3, Window.of(2));
        GradCheck.second(in -> new Tensor[] {fold.forward(in[0]).square()}, random(1, 4, 4));
    }

    @Test
    void foldOfUnfoldCountsWindows() {
        Window window = Window.of(3).stride(2).padding(1);
        Tensor x = Tensor.ones(1, 1, 5, 6);
        Tensor y = new Fold(5, 6, window).forward(new Unfold(window).forward(x));
        assertThat(y.select(2, 0).flatten().toFloatArray()).containsExactly(1, 2, 1, 2, 1, 1);
    }

    @Test
    void infinityStaysWhereItIs() {
        Tensor x = Tensor.zeros(1, 1, 3, 3);
        Tensor infinite = x.eq(0.0).where(x, x);
        infinite.select(2, 0).select(2, 0).assign(Tensor.full(Double.POSITIVE_INFINITY, DType.F32, x.device(), 1, 1));
        float[] columns = new Unfold(Window.of(2)).forward(infinite).flatten().toFloatArray();
        assertThat(columns).doesNotContain(Float.NaN);
        assertThat(columns[0]).isInfinite();
    }

    @Test
    void shuffleAndUnshuffleAreReverses() {
        Tensor x = random(2, 8, 3, 5);
        Tensor back = new PixelUnshuffle(2).forward(new PixelShuffle(2).forward(x));
        assertThat(back.toDoubleArray()).containsExactly(x.toDoubleArray());
    }

    @Test
    void channelsAndBranchesAreDroppedWhole() {
        Tensor x = Tensor.ones(40, 10, 3, 3);
        float[] sums =
                new Dropout2d(0.5, new Rng(1)).forward(x).sum(2, 3).flatten().toFloatArray();
        int kept = 0;
        for (float sum : sums) {
            assertThat(sum).isIn(0f, 18f);
            kept += sum > 0 ? 1 : 0;
        }
        assertThat(kept).isBetween(160, 240);
        float[] rows = new StochasticDepth(0.25, StochasticDepth.Mode.ROW, new Rng(1))
                .forward(Tensor.ones(1000, 2))
                .toFloatArray();
        double mean = 0;
        for (int i = 0; i < rows.length; i += 2) {
            assertThat(rows[i + 1]).isEqualTo(rows[i]);
            mean += rows[i] / 1000;
        }
        assertThat(mean).isCloseTo(1, within(0.1));
        StochasticDepth whole = new StochasticDepth(0.5, StochasticDepth.Mode.BATCH, new Rng(1));
        for (int i = 0; i < 8; i++) {
            assertThat(whole.forward(Tensor.ones(50)).toFloatArray())
                    .satisfies(y -> assertThat(y).containsOnly(y[0]));
        }
        whole.eval();
        assertThat(whole.forward(Tensor.ones(5)).toFloatArray()).containsOnly(1);
    }

    @Test
    void alphaDropoutKeepsMeanAndVariance() {
        Tensor x = new Rng(5).randn(DType.F64, 200_000);
        Tensor y = new AlphaDropout(0.3, new Rng(6)).forward(x);
        assertThat(y.mean().item()).isCloseTo(0, within(0.02));
        assertThat(y.var().item()).isCloseTo(1, within(0.02));
    }

    @Test
    void signalsAreNotUpsampled() {
        for (Tensor x : List.of(Tensor.ones(1, 3, 4), Tensor.ones(1, 3, 4, 4, 4))) {
            assertThatThrownBy(() -> new Upsample(2, false).forward(x))
                    .isInstanceOf(TensorException.class)
                    .hasMessage("upsample: input " + x.spec() + " (expected [n, c, h, w]); reshape it?");
        }
    }

    @Test
    void batchesOfNoSamplesPass() {
        for (Layer layer : List.of(
                new Upsample(2, true),
                new Upsample(2, false),
                new AdaptiveAvgPool2d(2, 2),
                new AdaptiveAvgPool2d(3, 2),
                new Lambda(x -> x.adaptiveMaxPool2d(2, 3)))) {
            Shape one = layer.forward(Tensor.ones(1, 3, 4, 6)).shape();
            Tensor x = Autograd.watch(Tensor.zeros(0, 3, 4, 6));
            Tensor none = layer.forward(x);
            assertThat(none.shape()).as("%s", layer).isEqualTo(one.with(0, 0));
            assertThat(Autograd.gradients(none.sum()).of(x).shape()).isEqualTo(x.shape());
        }
    }

    @Test
    void misfitsAreNamed() {
        assertThatThrownBy(() -> new Conv3d(2, 3, Window.of(3)).forward(Tensor.ones(1, 2, 4, 4)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("conv3d")
                .hasMessageContaining("[n, 2, d, h, w]");
        assertThatThrownBy(() -> new Conv3d(2, 3, Window.of(5)).forward(Tensor.ones(1, 2, 4, 6, 6)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("a window that fits");
        assertThatThrownBy(() -> new PixelShuffle(2).forward(Tensor.ones(1, 3, 2, 2)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("a multiple of 4");
        assertThatThrownBy(() -> new ZeroPad(1, 2, 3)).isInstanceOf(TensorException.class);
        assertThatThrownBy(() -> new ConvTranspose1d(2, 3, Window.of(3).outputPadding(1)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("less than stride or dilation");
    }
}
