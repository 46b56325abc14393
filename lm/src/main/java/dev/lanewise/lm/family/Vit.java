package dev.lanewise.lm.family;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.lm.Encoder;
import dev.lanewise.lm.ImageEncoder;
import dev.lanewise.lm.part.Call;
import dev.lanewise.lm.part.EncoderBlock;
import dev.lanewise.lm.part.Gate;
import dev.lanewise.lm.part.Heads;
import dev.lanewise.lm.part.Part;
import dev.lanewise.lm.weights.Config;
import dev.lanewise.lm.weights.Weights;
import dev.lanewise.nn.Conv2d;
import dev.lanewise.nn.Init;
import dev.lanewise.nn.LayerList;
import dev.lanewise.nn.LayerNorm;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.WeightLayer;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * ViT (Dosovitskiy et al. 2020, arXiv:2010.11929): an encoder over patches of an image, norms first, and a class token.
 */
public final class Vit extends ImageEncoder {
    private static final EncoderBlock.Names NAMES = new EncoderBlock.Names(
            "attention.attention.query",
            "attention.attention.key",
            "attention.attention.value",
            "attention.output.dense",
            "layernorm_before",
            "intermediate.dense",
            "output.dense",
            "layernorm_after");

    /** The path of the layers in transformers 5. */
    private static final Pattern LAYER = Pattern.compile("(?<=^|\\.)layers\\.(?=\\d+\\.)");

    private final Patches patches;
    private final LayerList<EncoderBlock> blocks;
    private final LayerNorm norm;
    private final @Nullable WeightLayer pooler;
    private final @Nullable WeightLayer classifier;

    private Vit(Image image, int layers, EncoderBlock.Spec block, int classes, Encoder.Task task, Weights weights) {
        super("vit", task);
        String base = classes == 0 ? "" : "vit.";
        int hidden = block.hidden();
        patches = place(base + "embeddings", new Patches(weights.at(base + "embeddings"), image, hidden));
        List<EncoderBlock> all = new ArrayList<>();
        String path = base + "encoder.layer";
        for (int i = 0; i < layers; i++) {
            all.add(new EncoderBlock(weights.at(path + '.' + i), block));
        }
        blocks = place(path, new LayerList<>(all));
        norm = layerNorm(weights, base + "layernorm", hidden, block.epsilon());
        pooler = classes == 0 && weights.has("pooler.dense.weight")
                ? linear(weights, "pooler.dense", hidden, hidden, true)
                : null;
        classifier = classes == 0 ? null : linear(weights, "classifier", hidden, classes, true);
    }

    /** The number of channels, and the side lengths of the image and of a patch in pixels. */
    private record Image(int channels, int side, int patch) {
        long places() {
            return 1 + (long) (side / patch) * (side / patch);
        }
    }

    /** A model for a config.json. */
    public static Vit of(Config config, String architecture, Weights weights) {
        int hidden = config.size("hidden_size");
        int heads = config.size("num_attention_heads");
        if (hidden % heads != 0) {
            throw config.refused("num_attention_heads", "a number that divides hidden_size, " + hidden);
        }
        Image image = new Image(
                config.size("num_channels", 3), config.size("image_size", 224), config.size("patch_size", 16));
        if (image.patch > image.side) {
            throw config.refused("patch_size", "at most image_size, " + image.side);
        }
        config.only("pooler_act", "tanh");
        config.only("pooler_output_size", (long) hidden);
        int labels = config.labels();
        int classes = switch (architecture) {
            case "ViTModel" -> 0;
            case "ViTForImageClassification" -> labels;
            default -> throw config.refused("architectures", "ViTModel or ViTForImageClassification");
        };
        EncoderBlock.Spec block = new EncoderBlock.Spec(
                NAMES,
                Heads.plain(heads, hidden / heads),
                hidden,
                config.size("intermediate_size"),
                Gate.of(config, "hidden_act", "gelu"),
                config.number("layer_norm_eps", 1e-12),
                true,
                config.flag("qkv_bias", true));
        Encoder.Task task = classes == 0 ? Encoder.Task.NONE : EncoderHead.task(EncoderHead.problem(config), classes);
        return new Vit(image, config.layers("num_hidden_layers"), block, classes, task, weights);
    }

    /** The name in the model for one in a file. */
    public static @Nullable String modelName(boolean withHead, String stored) {
        String name = LAYER.matcher(stored).replaceFirst("encoder.layer.");
        if (withHead) {
            return name.startsWith("vit.") || name.startsWith("classifier.") ? name : "vit." + name;
        }
        // a head that the checkpoint was trained with
        return name.startsWith("classifier.") ? null : name.startsWith("vit.") ? name.substring(4) : name;
    }

    @Override
    public @Nullable String nameOf(String stored) {
        return modelName(classifier != null, stored);
    }

    @Override
    protected Tensor embed(Tensor pixels) {
        return patches.forward(pixels);
    }

    @Override
    public int layerCount() {
        return blocks.size();
    }

    @Override
    protected Tensor layer(int number, Tensor x, Call call) {
        return blocks.get(number).forward(x, call);
    }

    @Override
    protected Tensor normalize(Tensor x) {
        return norm.forward(x);
    }

    @Override
    protected @Nullable Tensor pool(Tensor lastHidden) {
        return pooler == null ? null : pooler.forward(lastHidden.select(1, 0)).tanh();
    }

    @Override
    protected @Nullable Tensor head(Tensor lastHidden) {
        return classifier == null ? null : classifier.forward(lastHidden.select(1, 0));
    }

    /** The class token and the patches as vectors, by a convolution of the patches' size, with learned positions. */
    private static final class Patches extends Part {
        private final Parameter classToken;
        private final Parameter positions;
        private final Image image;
        private final Conv2d projection;

        Patches(Weights weights, Image image, int hidden) {
            classToken = parameter("cls_token", weights.parameter("cls_token", 1, 1, hidden));
            positions = parameter(
                    "position_embeddings", weights.parameter("position_embeddings", 1, image.places(), hidden));
            this.image = image;
            projection = place(
                    "patch_embeddings.projection",
                    projection(weights.at("patch_embeddings.projection"), image, hidden));
        }

        /** The convolution, whose windows touch. */
        private static Conv2d projection(Weights weights, Image image, int hidden) {
            // first: files are checked before memory is taken
            Parameter weight = weights.parameter("weight", hidden, image.channels, image.patch, image.patch);
            Parameter bias = weights.parameter("bias", hidden);
            Conv2d made = Init.skip(() ->
                    new Conv2d(image.channels, hidden, Window.of(image.patch).stride(image.patch)));
            made.to(weight.leaf().dtype());
            made.namedParameters()
                    .forEach((name, own) -> own.set(Autograd.detach((name.equals("bias") ? bias : weight).leaf())));
            return made;
        }

        @Override
        protected Tensor compute(Tensor pixels) {
            if (pixels.shape().rank() != 4
                    || pixels.shape().size(1) != image.channels
                    || pixels.shape().size(2) != image.side
                    || pixels.shape().size(3) != image.side) {
                throw new TensorException("vit: images " + pixels.spec() + " (expected [n, " + image.channels + ", "
                        + image.side + ", " + image.side + "]); resize them");
            }
            Tensor x = projection.forward(pixels).flatten(2).transpose(1, 2);
            Tensor first =
                    classToken.tensor().expand(x.shape().size(0), 1, x.shape().size(2));
            return Tensor.cat(1, first, x).add(positions.tensor());
        }
    }
}
