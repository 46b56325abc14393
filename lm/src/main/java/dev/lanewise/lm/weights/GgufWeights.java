package dev.lanewise.lm.weights;

import dev.lanewise.lm.gguf.BlockType;
import dev.lanewise.lm.gguf.GgufFile;
import dev.lanewise.lm.quant.QuantizedWeight;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.LongUnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The tensors of a GGUF file under the names of Hugging Face's checkpoints. In files of the llama architecture the rows
 * of queries and keys are in another order, with rotary pairs next to each other; they are restored.
 */
public final class GgufWeights implements WeightSource {
    private static final Pattern LAYER = Pattern.compile("blk\\.(\\d+)\\.(\\w+)\\.(weight|bias)");
    private static final Map<String, String> IN_LAYER = Map.ofEntries(
            Map.entry("attn_norm", "input_layernorm"),
            Map.entry("ffn_norm", "post_attention_layernorm"),
            Map.entry("attn_q", "self_attn.q_proj"),
            Map.entry("attn_k", "self_attn.k_proj"),
            Map.entry("attn_v", "self_attn.v_proj"),
            Map.entry("attn_output", "self_attn.o_proj"),
            Map.entry("attn_q_norm", "self_attn.q_norm"),
            Map.entry("attn_k_norm", "self_attn.k_norm"),
            Map.entry("ffn_gate", "mlp.gate_proj"),
            Map.entry("ffn_up", "mlp.up_proj"),
            Map.entry("ffn_down", "mlp.down_proj"));
    private static final Map<String, String> OUTSIDE = Map.of(
            "token_embd.weight", "model.embed_tokens.weight",
            "output_norm.weight", "model.norm.weight",
            "output.weight", "lm_head.weight");

    private final GgufFile file;
    private final DType dtype;
    private final boolean interleaved;
    private final int queries;
    private final int keys;
    private final boolean packed;
    private final Map<String, String> names = new LinkedHashMap<>();

    /**
     * The weights of a file.
     *
     * @param dtype the type that tensors are read as
     * @param interleaved whether rotary pairs are next to each other
     * @param queries the number of query heads
     * @param keys the number of key heads
     * @param packed whether weights of few bits stay in the file
     */
    public GgufWeights(GgufFile file, DType dtype, boolean interleaved, int queries, int keys, boolean packed) {
        this.packed = packed;
        this.file = file;
        this.dtype = dtype;
        this.interleaved = interleaved;
        this.queries = queries;
        this.keys = keys;
        for (String name : file.names()) {
            if (!name.equals("rope_freqs.weight")) {
                names.put(checkpointName(name), name);
            }
        }
    }

    private static String checkpointName(String name) {
        Matcher layer = LAYER.matcher(name);
        if (layer.matches() && IN_LAYER.containsKey(layer.group(2))) {
            return "model.layers." + layer.group(1) + '.' + IN_LAYER.get(layer.group(2)) + '.' + layer.group(3);
        }
        return OUTSIDE.getOrDefault(name, name);
    }

    @Override
    public Set<String> names() {
        return names.keySet();
    }

    @Override
    public Shape shape(String name) {
        return file.stored(stored(name)).shape();
    }

    private String stored(String name) {
        return names.getOrDefault(name, name);
    }

    @Override
    public Tensor read(String name) {
        try (Scope ignored = Scope.open("load")) {
            Tensor tensor = file.read(stored(name));
            int heads = heads(name);
            if (interleaved && heads > 0) {
                tensor = apart(tensor, heads);
            }
            return tensor.to(dtype).keep();
        }
    }

    @Override
    public @Nullable QuantizedWeight packed(String name) {
        GgufFile.Stored stored = file.stored(stored(name));
        if (!packed || stored.type() == BlockType.F32 || stored.shape().rank() != 2) {
            return null;
        }
        long out = stored.shape().size(0);
        int heads = heads(name);
        LongUnaryOperator row = null;
        if (interleaved && heads > 0) {
            long size = out / heads;
            row = own -> own / size * size + own % size % (size / 2) * 2 + own % size / (size / 2);
        }
        return QuantizedWeight.of(
                stored.data(), stored.type(), out, stored.shape().size(1), row);
    }

    private int heads(String name) {
        return name.contains(".q_proj.") ? queries : name.contains(".k_proj.") ? keys : 0;
    }

    /** The rows of each head, rearranged from adjacent pairs to pairs half a head apart. */
    private static Tensor apart(Tensor rows, int heads) {
        long half = rows.shape().size(0) / heads / 2;
        long rest = rows.shape().elements() / Math.max(1, rows.shape().size(0));
        return rows.reshape(heads, half, 2, rest).transpose(1, 2).contiguous().reshape(rows.shape());
    }

    @Override
    public Object file() {
        return file.file();
    }

    @Override
    public void close() {
        // the file belongs to whoever opened it
    }
}
