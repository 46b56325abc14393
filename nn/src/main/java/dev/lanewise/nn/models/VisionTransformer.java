package dev.lanewise.nn.models;

import dev.lanewise.nn.Activation;
import dev.lanewise.nn.Conv2d;
import dev.lanewise.nn.Dropout;
import dev.lanewise.nn.Init;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.LayerNorm;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.Sequential;
import dev.lanewise.nn.sequence.MultiHeadAttention;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;

/**
 * The vision transformer (Dosovitskiy et al. 2020, arXiv:2010.11929), {@code [n, 3, image, image] -> [n, classes]}, with
 * torchvision's names: {@code encoder.layers.encoder_layer_0.self_attention.in_proj_weight}, {@code heads.head.bias}.
 */
public final class VisionTransformer extends Layer {
    private static final double EPSILON = 1e-6;

    private final Config config;
    private final Layer projection;
    private final Parameter classToken;
    private final Layer encoder;
    private final Layer heads;

    /**
     * Sizes of a vision transformer.
     *
     * @param image the side of the images, in pixels
     * @param patch the side of a patch, in pixels, which divides the image's
     * @param layers how many encoder layers there are
     * @param heads how many heads attention has
     * @param hidden the width of a patch's representation, a multiple of the heads
     * @param feedForward the width of the hidden layer behind each attention
     * @param dropout the probability that a number is zeroed while training
     */
    public record Config(int image, int patch, int layers, int heads, long hidden, long feedForward, double dropout) {
        /** ViT-B/16 for images of 224 x 224, torchvision's {@code vit_b_16}. */
        public static final Config B16 = new Config(224, 16, 12, 12, 768, 3072, 0);

        /**
         * Checks the sizes.
         *
         * @throws TensorException if the patches' side doesn't divide the image's, or there is not at least one layer
         */
        public Config {
            if (patch < 1 || image < patch || image % patch != 0) {
                throw new TensorException("vision transformer: images of " + image + " and patches of " + patch
                        + " pixels (expected patches whose side divides the image's); change one of them");
            }
            if (layers < 1) {
                throw new TensorException(
                        "vision transformer: " + layers + " layers (expected 1 or more); check the number");
            }
        }

        private long patches() {
            return (long) (image / patch) * (image / patch);
        }
    }

    /**
     * A network of the given sizes, initialized from the global random stream.
     *
     * @param config the sizes
     * @param classes the number of classes: results are {@code [n, classes]}
     */
    public VisionTransformer(Config config, long classes) {
        this(config, classes, Rng.global());
    }

    /**
     * A network of the given sizes.
     *
     * @param config the sizes
     * @param classes the number of classes: results are {@code [n, classes]}
     * @param rng the source of the initial values
     */
    public VisionTransformer(Config config, long classes, Rng rng) {
        this.config = config;
        classToken = parameter("class_token", Tensor.zeros(1, 1, config.hidden));
        projection = child(
                "conv_proj",
                new Conv2d(3, config.hidden, Window.of(config.patch).stride(config.patch), rng));
        encoder = child("encoder", new Encoder(config, rng));
        heads = child("heads", new Sequential().with("head", new Linear(config.hidden, classes, rng)));
    }

    @Override
    protected Tensor compute(Tensor x) {
        if (x.shape().rank() != 4
                || x.shape().size(2) != config.image
                || x.shape().size(3) != config.image) {
            throw new TensorException("vision transformer: input " + x.spec() + " (expected [n, 3, " + config.image
                    + ", " + config.image + "]); resize the images");
        }
        Tensor patches = projection.forward(x).flatten(2, -1).transpose(1, 2);
        Tensor token = classToken.tensor().expand(x.shape().size(0), 1, config.hidden);
        Tensor encoded = encoder.forward(Tensor.cat(1, token, patches));
        return heads.forward(encoded.select(1, 0));
    }

    /** Adds positions; then its layers one after the other, and a normalization. */
    private static final class Encoder extends Layer {
        private final Parameter positions;
        private final Layer dropout;
        private final Sequential layers = new Sequential();
        private final Layer norm;

        Encoder(Config config, Rng rng) {
            positions = parameter("pos_embedding", Init.normal(rng, 0, 0.02, 1, config.patches() + 1, config.hidden));
            dropout = child("dropout", new Dropout(config.dropout));
            child("layers", layers);
            for (int i = 0; i < config.layers; i++) {
                layers.with("encoder_layer_" + i, new Block(config, rng));
            }
            norm = child("ln", new LayerNorm(EPSILON, config.hidden));
        }

        @Override
        protected Tensor compute(Tensor x) {
            return norm.forward(layers.forward(dropout.forward(x.add(positions.tensor()))));
        }
    }

    /** Attention and two linear layers, each normalized before and added to its input. */
    private static final class Block extends Layer {
        private final Layer norm1;
        private final MultiHeadAttention attention;
        private final Layer dropout;
        private final Layer norm2;
        private final Layer mlp;

        Block(Config config, Rng rng) {
            norm1 = child("ln_1", new LayerNorm(EPSILON, config.hidden));
            attention = child("self_attention", new MultiHeadAttention(config.hidden, config.heads, rng));
            dropout = child("dropout", new Dropout(config.dropout));
            norm2 = child("ln_2", new LayerNorm(EPSILON, config.hidden));
            mlp = child(
                    "mlp",
                    new Sequential(
                            new Linear(config.hidden, config.feedForward, rng),
                            Activation.gelu(),
                            new Dropout(config.dropout),
                            new Linear(config.feedForward, config.hidden, rng),
                            new Dropout(config.dropout)));
        }

        @Override
        protected Tensor compute(Tensor x) {
            Tensor attended =
                    dropout.forward(attention.forward(norm1.forward(x))).add(x);
            return mlp.forward(norm2.forward(attended)).add(attended);
        }
    }
}
