package dev.lanewise.nn.explain;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * Where in an image a class is seen: maps of a convolution, weighted by their mean gradients (Grad-CAM, Selvaraju et al. 2016,
 * arXiv:1610.02391).
 *
 * @param maps what the convolution gave, {@code [n, channels, h, w]}
 * @param weights of the channels, {@code [n, channels]}
 * @param map the weighted sum, negative numbers set to 0: {@code [n, h, w]}
 */
public record GradCam(Tensor maps, Tensor weights, Tensor map) {
    /** Holds the given values, none of which may be null. */
    public GradCam {
        Objects.requireNonNull(maps, "maps");
        Objects.requireNonNull(weights, "weights");
        Objects.requireNonNull(map, "map");
    }

    /**
     * Explains a model in two parts.
     *
     * <pre>{@code
     * GradCam seen = GradCam.of(network.features()::forward, network.head()::forward, images, classes);
     * Tensor overlay = seen.upsampled(224, 224);
     * }</pre>
     *
     * @param features from images to maps {@code [n, channels, h, w]}
     * @param head from maps to scores {@code [n, classes]}
     * @param x the images
     * @param classes one for each image, {@code [n]} of I64
     * @return maps and weights
     * @throws TensorException if the features are not {@code [n, channels, h, w]}
     */
    public static GradCam of(UnaryOperator<Tensor> features, UnaryOperator<Tensor> head, Tensor x, Tensor classes) {
        try (Scope scope = Scope.open("grad cam")) {
            Tensor maps = Autograd.detach(Autograd.noGrad(() -> features.apply(x)));
            if (maps.shape().rank() != 4) {
                throw new TensorException("grad cam: maps " + maps.spec()
                        + " (expected [n, channels, h, w]); divide the model after a convolution");
            }
            Tensor gradient = new Attributions(head).gradient(maps, classes);
            return Autograd.noGrad(() -> {
                Tensor weights = gradient.mean(2, 3);
                Tensor sum =
                        maps.mul(weights.unsqueeze(-1).unsqueeze(-1)).sum(1).relu();
                return new GradCam(scope.keep(maps), scope.keep(weights), scope.keep(sum));
            });
        }
    }

    /**
     * {@return the map in the size of the image, interpolated: {@code [n, h, w]}}
     *
     * @param h the height
     * @param w the width
     */
    public Tensor upsampled(long h, long w) {
        return map.unsqueeze(1).interpolateBilinear(h, w, false).squeeze(1);
    }
}
