package dev.lanewise.lm.cases;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.lm.CausalLM;
import dev.lanewise.lm.Generation;
import dev.lanewise.lm.GenerationOptions;
import dev.lanewise.lm.Models;
import dev.lanewise.lm.Tokenizers;
import dev.lanewise.lm.gguf.BlockType;
import dev.lanewise.lm.gguf.GgufFile;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.text.Tokenizer;
import dev.lanewise.text.json.Json;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** GGUF files: blocks, models, tokenizers. */
final class GgufCases implements CaseFolder.Part {
    private static final String END = ".gguf";

    GgufCases() {}

    @Override
    public void run(Path folder, Report report) throws IOException {
        Path blocks = folder.resolve("blocks.safetensors");
        if (Files.exists(blocks)) {
            report.guarded("blocks", () -> blocks(Stored.read(blocks), report.at("blocks")));
        }
        List<Path> files = CaseFolder.children(folder).stream()
                .filter(file -> file.toString().endsWith(END))
                .toList();
        for (Path file : files) {
            String name = String.valueOf(file.getFileName());
            Report own = report.at(name.substring(0, name.length() - END.length()));
            own.guarded("load", () -> model(file, own));
        }
        for (String architecture : List.of("llama", "qwen2")) {
            files.stream()
                    .filter(file -> String.valueOf(file.getFileName()).startsWith(architecture))
                    .findFirst()
                    .ifPresent(file -> tokens(folder, file, architecture, report));
        }
    }

    // ---- blocks

    private static void blocks(Stored stored, Report report) {
        for (Json json : stored.json("types").list()) {
            String name = json.need("type").string();
            if (BlockType.ofNumber(json.need("id").index()).isEmpty()) {
                report.unsupported(name, "blocks of this type are not read");
                continue;
            }
            report.guarded(name, () -> block(BlockType.valueOf(name), stored, report));
        }
    }

    private static void block(BlockType type, Stored stored, Report report) {
        float[] got = unpack(type, bytes(stored.get(type + "/raw")));
        bits(type + "/values", got, stored.floats(type + "/values"), report);
        if (stored.has(type + "/in")) {
            if (!type.packs()) {
                report.unsupported(type + "/quantized", "blocks of this type are only read");
                return;
            }
            byte[] packed = type.pack(stored.floats(type + "/in"));
            byte[] want = bytes(stored.get(type + "/quantized"));
            int at = Arrays.mismatch(packed, want);
            report.that(at < 0, type + "/quantized", at < 0 ? "equal" : "differs at byte " + at);
            bits(type + "/quantized_values", unpack(type, want), stored.floats(type + "/quantized_values"), report);
        }
    }

    private static float[] unpack(BlockType type, byte[] bytes) {
        int blocks = bytes.length / type.bytes();
        float[] out = new float[blocks * type.elements()];
        type.unpack(MemorySegment.ofArray(bytes), 0, out, 0, blocks);
        return out;
    }

    private static byte[] bytes(Tensor tensor) {
        int[] values = tensor.flatten().toIntArray();
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    private static void bits(String id, float[] got, float[] want, Report report) {
        for (int i = 0; i < want.length; i++) {
            if (i >= got.length || Float.floatToIntBits(got[i]) != Float.floatToIntBits(want[i]) && got[i] != want[i]) {
                report.failed(id, "differs at " + i + ": " + (i < got.length ? got[i] : "nothing") + " for " + want[i]);
                return;
            }
        }
        report.that(got.length == want.length, id, got.length + " values equal");
    }

    // ---- models

    private static void model(Path file, Report report) {
        String name = String.valueOf(file.getFileName());
        Stored stored =
                Stored.read(file.resolveSibling(name.substring(0, name.length() - END.length()) + ".safetensors"));
        try (GgufFile gguf = GgufFile.open(file)) {
            for (String key : stored.names()) {
                report.guarded(key, () -> {
                    if (key.startsWith("dequantized/")) {
                        Tensor got = gguf.read(key.substring("dequantized/".length()));
                        bits(key, got.flatten().toFloatArray(), stored.floats(key), report);
                    } else if (key.startsWith("dequantized_rows/")) {
                        Tensor got = gguf.read(key.substring("dequantized_rows/".length()));
                        long rows = stored.get(key).shape().size(0);
                        bits(key, got.narrow(0, 0, rows).contiguous().toFloatArray(), stored.floats(key), report);
                    }
                });
            }
        }
        try (Scope ignored = Scope.open("model")) {
            CausalLM model = Models.causal(file);
            Tensor packed = Autograd.noGrad(() -> Models.packed(file).forward(stored.get("input_ids")));
            report.close("packed/logits", packed, stored.get("logits"), ModelCases.VALUES);
            report.passed("load", model.parameterCount() + " parameters");
            Tensor logits = Autograd.noGrad(() -> model.forward(stored.get("input_ids")));
            report.close("logits", logits, stored.get("logits"), ModelCases.VALUES);
            int[] prompt = ints(stored.longs("generate/input_ids"));
            long[] want = stored.longs("generate/output_ids");
            GenerationOptions options =
                    GenerationOptions.greedy(want.length - prompt.length).withStopTokens(List.of());
            int[] got = Generation.stream(model, prompt, options).rest();
            report.equal(
                    "generate",
                    Arrays.stream(got).asLongStream().toArray(),
                    Arrays.copyOfRange(want, prompt.length, want.length));
        }
    }

    private static int[] ints(long[] values) {
        return Arrays.stream(values).mapToInt(Math::toIntExact).toArray();
    }

    // ---- tokenizers

    private static void tokens(Path folder, Path file, String architecture, Report report) {
        String id = architecture + "-tokens";
        Path lines = folder.resolve(id + ".jsonl.gz");
        report.guarded(id, () -> {
            Tokenizer tokenizer = Tokenizers.load(file);
            Lines.check(lines, id, report, line -> {
                List<String> out = new ArrayList<>();
                int[] want = Lines.ids(line.need("ids"));
                int[] got = tokenizer.encode(line.need("text").string()).ids();
                if (!Arrays.equals(got, want)) {
                    out.add("ids: " + Arrays.toString(got) + " for " + Arrays.toString(want));
                }
                String decoded = tokenizer.decode(want, true);
                if (!decoded.equals(line.need("decoded").string())) {
                    out.add("decoded: " + decoded + " for "
                            + line.need("decoded").string());
                }
                return out;
            });
        });
    }
}
