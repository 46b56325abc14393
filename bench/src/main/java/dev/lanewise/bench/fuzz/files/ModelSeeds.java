package dev.lanewise.bench.fuzz.files;

import dev.lanewise.lm.adapter.Lora;
import dev.lanewise.lm.adapter.LoraConfig;
import dev.lanewise.nn.LayerNorm;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.ReLU;
import dev.lanewise.nn.Sequential;
import dev.lanewise.onnx.Onnx;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Small files of models, tokenizers and chat templates, as they should be. */
final class ModelSeeds {
    private ModelSeeds() {}

    static List<byte[]> onnx() {
        return List.of(Seeds.written(file ->
                Onnx.export(new Sequential(new Linear(2, 3), new ReLU(), new LayerNorm(3)), Tensor.zeros(1, 2), file)));
    }

    /** A header with a value of every kind, and a tensor of whole numbers' blocks beside one of F32. */
    static List<byte[]> gguf() {
        ByteBuffer file = ByteBuffer.allocate(4_096).order(ByteOrder.LITTLE_ENDIAN);
        file.put("GGUF".getBytes(StandardCharsets.US_ASCII))
                .putInt(3)
                .putLong(2)
                .putLong(5);
        named(file, "general.architecture", 8);
        text(file, "llama");
        named(file, "general.alignment", 4).putInt(32);
        named(file, "scale", 6).putFloat(1.5f);
        named(file, "tokens", 9).putInt(8).putLong(2);
        text(file, "a");
        text(file, "\u00e9");
        named(file, "lists", 9)
                .putInt(9)
                .putLong(1)
                .putInt(5)
                .putLong(2)
                .putInt(1)
                .putInt(-1);
        text(file, "plain");
        file.putInt(2).putLong(4).putLong(3).putInt(0).putLong(0);
        text(file, "blocks");
        file.putInt(2).putLong(32).putLong(2).putInt(8).putLong(64);
        int data = (file.position() + 31) / 32 * 32;
        byte[] whole = new byte[data + 64 + 2 * 34];
        file.flip().get(whole, 0, file.limit());
        return List.of(whole);
    }

    private static ByteBuffer named(ByteBuffer file, String name, int kind) {
        text(file, name);
        return file.putInt(kind);
    }

    private static void text(ByteBuffer file, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        file.putLong(utf8.length).put(utf8);
    }

    static List<byte[]> tokenizers() {
        String words = """
                {"version":"1.0","truncation":{"direction":"Right","max_length":9,"strategy":"LongestFirst","stride":0},
                "padding":null,"added_tokens":[{"id":5,"content":"<end>","single_word":false,"lstrip":false,"rstrip":false,
                "normalized":false,"special":true}],"normalizer":{"type":"Lowercase"},
                "pre_tokenizer":{"type":"Split","pattern":{"Regex":"\\\\p{L}+|[^a-z ]{1,3}|\\\\s+(?!\\\\S)"},
                "behavior":"Isolated","invert":false},"post_processor":{"type":"TemplateProcessing",
                "single":[{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"<end>","type_id":0}}],"pair":[],
                "special_tokens":{"<end>":{"id":"<end>","ids":[5],"tokens":["<end>"]}}},"decoder":null,
                "model":{"type":"WordLevel","vocab":{"[UNK]":0,"a":1,"cat":2,"sat":4},"unk_token":"[UNK]"}}""";
        String pairs = """
                {"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":{"type":"NFC"},
                "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},
                "post_processor":null,"decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},
                "model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,
                "end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,"ignore_merges":false,
                "vocab":{"a":0,"b":1,"ab":2,"\u0120":3,"\u0120ab":4},"merges":["a b","\u0120 ab"]}}""";
        return List.of(words.getBytes(StandardCharsets.UTF_8), pairs.getBytes(StandardCharsets.UTF_8));
    }

    /** The pieces of a SentencePiece model, nothing else. */
    static List<byte[]> pieces() {
        ByteBuffer file = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
        piece(file, "<unk>", 0, 2);
        piece(file, "<s>", 0, 3);
        piece(file, "\u2581a", -1, 1);
        piece(file, "b", -2, 1);
        piece(file, "<0x0A>", -3, 6);
        piece(file, "\u2581", -3, 1);
        byte[] whole = new byte[file.position()];
        file.flip().get(whole);
        return List.of(whole);
    }

    private static void piece(ByteBuffer file, String text, float score, int kind) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        file.put((byte) 10).put((byte) (utf8.length + 9)).put((byte) 10).put((byte) utf8.length);
        file.put(utf8).put((byte) 21).putFloat(score).put((byte) 24).put((byte) kind);
    }

    static List<byte[]> templates() {
        return List.of("""
                {{ bos_token }}{% for message in messages %}{% if loop.first and message['role'] != 'system' %}
                {{- '<|system|>' + 'none' | trim }}{% endif %}{% set text = message.content | upper %}
                {{- '<|' + message.role + '|>' + text ~ loop.index0 }}{% else %}
                {%- if add_generation_prompt %}{{ raise_exception('empty') }}{% endif %}{% endfor %}
                {% if add_generation_prompt %}<|assistant|>{% endif %}""".getBytes(StandardCharsets.UTF_8));
    }

    /** A model that adapters are put on. */
    static Sequential adapted() {
        return new Sequential()
                .with("first", new Linear(2, 3, new Rng(1)))
                .with("second", new Linear(3, 2, new Rng(2)));
    }

    /** The settings of an adapter of {@link #adapted}, and its tensors. */
    static List<byte[]> adapter() {
        try (var ignored = Scope.open("fuzz")) {
            Path folder = Files.createTempDirectory("lanewise-fuzz");
            Path settings = folder.resolve("adapter_config.json");
            Path tensors = folder.resolve("adapter_model.safetensors");
            try {
                Lora.apply(adapted(), LoraConfig.lora(2, 4, "first", "second"), new Rng(3))
                        .save(folder);
                return List.of(Files.readAllBytes(settings), Files.readAllBytes(tensors));
            } finally {
                Files.deleteIfExists(settings);
                Files.deleteIfExists(tensors);
                Files.delete(folder);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** The same with settings of other kinds of adapters, which the tensors do not fit. */
    static List<byte[]> adapterSettings() {
        String ranks = """
                {"peft_type":"ADALORA","target_modules":".*(first|second)","init_r":4,"target_r":2,"tinit":1,"tfinal":2,
                "deltaT":1,"total_step":8,"beta1":0.85,"beta2":0.85,"orth_reg_weight":0.5,"lora_alpha":8,"bias":"none",
                "rank_pattern":{"first.lora_E":[true,false,true,false],"second.lora_E":[true,true,false,false]}}""";
        String factors = """
                {"peft_type":"IA3","target_modules":["first","second"],"feedforward_modules":["second"],
                "modules_to_save":["second"],"exclude_modules":["third"]}""";
        String patterns = """
                {"peft_type":"LORA","r":1,"lora_alpha":2.5,"lora_dropout":0.1,"bias":"lora_only","use_dora":true,
                "target_modules":["first","second"],"rank_pattern":{"^first":3},"alpha_pattern":{"sec.*":0.5},
                "layers_to_transform":[0,1],"layers_pattern":"layers"}""";
        Stream<byte[]> others = Stream.of(ranks, factors, patterns).map(text -> text.getBytes(StandardCharsets.UTF_8));
        return Stream.concat(adapter().stream(), others).toList();
    }
}
