package dev.lanewise.testkit.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.GradCheck;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
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

    @Test
    void bilinearWithAlignedCornersKeepsThem() {
        assertThat(image(1, 3).interpolateBilinear(1, 5, true).toFloatArray()).containsExactly(0, 0.5f, 1, 1.5f, 2);
        assertThat(image(2, 2).interpolateNearest(3, 2).toFloatArray()).containsExactly(0, 1, 0, 1, 2, 3);
    }

    @Test
    void oneDimensionalPooling() {
        Tensor x = Tensor.of(new float[] {1, 5, 2, 4}, 1, 1, 4);
        assertThat(x.maxPool1d(2, 2, 0).toFloatArray()).containsExactly(5, 4);
        assertThat(x.avgPool1d(2, 1, 0).toFloatArray()).containsExactly(3, 3.5f, 3);
        assertThatThrownBy(() -> Tensor.zeros(2, 3).maxPool1d(2, 2, 0))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("expected [n, c, l]");
    }

    @Test
    void instanceNormalizationIsPerSampleAndChannel() {
        Tensor y = new Rng(2).randn(DType.F64, 2, 3, 7).mul(4).add(2).instanceNorm(null, null, 0);
        assertThat(y.mean(new int[] {2}, false).abs().amax().item()).isLessThan(1e-12);
        assertThat(y.var(new int[] {2}, 0, false).sub(1).abs().amax().item()).isLessThan(1e-12);
        assertThatThrownBy(() -> Tensor.zeros(2, 5, 3).groupNorm(2, null, null, 0))
                .hasMessageContaining("2 groups");
    }

    @Test
    void resamplingHasGradients() {
        Tensor x = new Rng(4).rand(DType.F64, 1, 2, 4, 5);
        GradCheck.first(xs -> new Tensor[] {xs[0].adaptiveMaxPool2d(3, 2)}, x);
        GradCheck.first(xs -> new Tensor[] {xs[0].adaptiveAvgPool2d(3, 2)}, x);
        GradCheck.first(xs -> new Tensor[] {xs[0].interpolateBilinear(7, 3, false)}, x);
        GradCheck.first(xs -> new Tensor[] {xs[0].padReflect(1, 2, 0, 1)}, x);
    }

    @Test
    void normsOfEveryOrder() {
        Tensor x = Tensor.of(new float[] {3, -4, 0, 0}, 2, 2);
        int[] rows = {1};
        assertThat(x.norm(1, rows, false).toFloatArray()).containsExactly(7, 0);
        assertThat(x.norm(2, rows, false).toFloatArray()).containsExactly(5, 0);
        assertThat(x.norm(0, rows, false).toFloatArray()).containsExactly(2, 0);
        assertThat(x.norm(Double.POSITIVE_INFINITY, rows, false).toFloatArray()).containsExactly(4, 0);
        assertThat(x.max(1, false).indices().toLongArray()).containsExactly(0, 0);
        assertThat(x.min(0, true).values().shape()).isEqualTo(Shape.of(1, 2));
    }
}
