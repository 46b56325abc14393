package dev.lanewise.lm.family;

import dev.lanewise.lm.Encoder;
import dev.lanewise.lm.part.Call;
import dev.lanewise.lm.part.EncoderBlock;
import dev.lanewise.lm.part.Gate;
import dev.lanewise.lm.part.Heads;
import dev.lanewise.lm.weights.Config;
import dev.lanewise.lm.weights.Weights;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.LayerList;
import dev.lanewise.nn.LayerNorm;
import dev.lanewise.nn.WeightLayer;
import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * BERT (Devlin et al. 2018, arXiv:1810.04805), RoBERTa (Liu et al. 2019, arXiv:1907.11692), whose positions begin after
 * the number of padding and skip padding, and DistilBERT (Sanh et al. 2019, arXiv:1910.01108), which has no token types
 * and no pooler.
 */
public final class Bert extends Encoder {
    private static final Pattern NORM = Pattern.compile("(?<=\\.LayerNorm\\.)(gamma|beta)$");
    private static final EncoderBlock.Names BERT = new EncoderBlock.Names(
            "attention.self.query",
            "attention.self.key",
            "attention.self.value",
            "attention.output.dense",
            "attention.output.LayerNorm",
            "intermediate.dense",
            "output.dense",
            "output.LayerNorm");
    private static final EncoderBlock.Names DISTILBERT = new EncoderBlock.Names(
            "attention.q_lin",
            "attention.k_lin",
            "attention.v_lin",
            "attention.out_lin",
            "sa_layer_norm",
            "ffn.lin1",
            "ffn.lin2",
            "output_layer_norm");

    private final Settings settings;
    private final Embedding words;
    private final Embedding places;
    private final @Nullable Embedding types;
    private final LayerNorm norm;
    private final LayerList<EncoderBlock> blocks;
    private final @Nullable WeightLayer pooler;
    private final @Nullable EncoderHead head;

    /** Sizes and kinds. */
    private record Settings(
            String family, int vocabulary, int positions, int types, int padding, int layers, EncoderBlock.Spec block) {
        boolean isRoberta() {
            return family.equals("roberta");
        }
    }

    private Bert(Settings settings, String kind, EncoderHead.Options options, Weights weights) {
        super(settings.family);
        this.settings = settings;
        int hidden = settings.block.hidden();
        double epsilon = settings.block.epsilon();
        String base = kind.isEmpty() ? "" : settings.family + '.';
        words = embedding(weights, base + "embeddings.word_embeddings", settings.vocabulary, hidden);
        places = embedding(weights, base + "embeddings.position_embeddings", settings.positions, hidden);
        types = settings.types == 0
                ? null
                : embedding(weights, base + "embeddings.token_type_embeddings", settings.types, hidden);
        norm = layerNorm(weights, base + "embeddings.LayerNorm", hidden, epsilon);
        boolean distil = settings.family.equals("distilbert");
        String path = base + (distil ? "transformer.layer" : "encoder.layer");
        List<EncoderBlock> all = new ArrayList<>();
        for (int i = 0; i < settings.layers; i++) {
            all.add(new EncoderBlock(weights.at(path + '.' + i), settings.block));
        }
        blocks = place(path, new LayerList<>(all));
        boolean pools = kind.isEmpty()
                ? weights.has("pooler.dense.weight")
                : kind.equals("ForSequenceClassification") && settings.family.equals("bert");
        pooler = pools ? linear(weights, base + "pooler.dense", hidden, hidden, true) : null;
        head = kind.isEmpty() ? null : EncoderHead.of(settings.family, kind, options, words.weight(), weights);
        if (head != null) {
            head.members().forEach(this::place);
        }
    }

    /** A model for a config.json. */
    public static Bert of(Config config, String family, String architecture, Weights weights) {
        boolean distil = family.equals("distilbert");
        int hidden = config.size(distil ? "dim" : "hidden_size");
        String headsName = distil ? "n_heads" : "num_attention_heads";
        int heads = config.size(headsName);
        if (hidden % heads != 0) {
            throw config.refused(headsName, "a number that divides the hidden size, " + hidden);
        }
        config.only("position_embedding_type", "absolute");
        config.only("is_decoder", false);
        config.only("add_cross_attention", false);
        config.ignore("sinusoidal_pos_embds");
        Gate function = Gate.of(config, distil ? "activation" : "hidden_act", "gelu");
        EncoderBlock.Spec block = new EncoderBlock.Spec(
                distil ? DISTILBERT : BERT,
                Heads.plain(heads, hidden / heads),
                hidden,
                config.size(distil ? "hidden_dim" : "intermediate_size"),
                function,
                distil ? 1e-12 : config.number("layer_norm_eps", 1e-12),
                false,
                true);
        Settings settings = new Settings(
                family,
                config.size("vocab_size"),
                config.size("max_position_embeddings", 512),
                distil ? 0 : config.size("type_vocab_size", 2),
                config.token("pad_token_id", family.equals("roberta") ? 1 : 0),
                config.layers(distil ? "n_layers" : "num_hidden_layers"),
                block);
        if (settings.isRoberta() && settings.positions - settings.padding < 2) {
            throw config.refused("max_position_embeddings", "more than pad_token_id + 1, after which positions begin");
        }
        EncoderHead.Options options = new EncoderHead.Options(
                hidden,
                settings.vocabulary,
                config.labels(),
                config.text("problem_type", ""),
                function,
                block.epsilon(),
                config.flag("tie_word_embeddings", true));
        return new Bert(settings, EncoderHead.kind(config, family, architecture), options, weights);
    }

    /**
     * The name in the model for one in a file: norms may have gamma and beta, and the base model's prefix may be
     * missing or superfluous.
     */
    public static @Nullable String modelName(String family, boolean withHead, String stored) {
        if (stored.endsWith("embeddings.position_ids")) {
            return null;
        }
        String name = NORM.matcher(stored).replaceFirst(found -> found.group().equals("gamma") ? "weight" : "bias");
        String prefix = family + '.';
        boolean ofBase = name.startsWith("embeddings.")
                || name.startsWith("encoder.")
                || name.startsWith("transformer.")
                || name.startsWith("pooler.");
        if (withHead) {
            return ofBase ? prefix + name : name;
        }
        if (name.startsWith(prefix)) {
            return name.substring(prefix.length());
        }
        // heads of the task that the checkpoint was trained for
        return ofBase ? name : null;
    }

    @Override
    public @Nullable String nameOf(String stored) {
        String name = modelName(family(), head != null, stored);
        // the bias of scores of tokens has two names
        return name == null
                ? null
                : switch (name) {
                    case "cls.predictions.bias" -> "cls.predictions.decoder.bias";
                    case "lm_head.bias" -> "lm_head.decoder.bias";
                    default -> name;
                };
    }

    @Override
    public Task task() {
        return head == null ? Task.NONE : head.task();
    }

    @Override
    public int positions() {
        return settings.isRoberta() ? settings.positions - settings.padding - 1 : settings.positions;
    }

    @Override
    public int padding() {
        return settings.padding;
    }

    @Override
    protected Tensor embed(Tensor ids, @Nullable Tensor tokenTypes) {
        Tensor x = words.forward(ids);
        if (types != null) {
            x = x.add(types.forward(tokenTypes == null ? ids.zerosLike() : tokenTypes));
        }
        return norm.forward(x.add(places.forward(positions(ids))));
    }

    private Tensor positions(Tensor ids) {
        if (!settings.isRoberta()) {
            return Tensor.arange(ids.shape().size(1), DType.I64, ids.device());
        }
        Tensor real = ids.ne(settings.padding).to(DType.I64);
        return real.cumsum(1).mul(real).add(settings.padding);
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
    protected @Nullable Tensor pool(Tensor lastHidden) {
        Layer own = pooler;
        return own == null ? null : own.forward(lastHidden.select(1, 0)).tanh();
    }

    @Override
    protected @Nullable Tensor head(Tensor lastHidden, @Nullable Tensor pooled) {
        return head == null ? null : head.apply(lastHidden, pooled);
    }
}
