package dev.lanewise.lm.cases;

import dev.lanewise.lm.part.RopeFrequencies;
import dev.lanewise.lm.weights.Config;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Frequencies, cosines and sines of every rotary scaling. */
final class RopeCases implements CaseFolder.Part {
    RopeCases() {}

    @Override
    public void run(Path folder, Report report) throws IOException {
        for (Path file : CaseFolder.children(folder)) {
            if (file.toString().endsWith(".safetensors")) {
                report.guarded(String.valueOf(file.getFileName()), () -> {
                    for (Stored.Case c : Stored.read(file).cases()) {
                        report.guarded(c.id(), () -> check(file, c, report));
                    }
                });
            }
        }
    }

    private static void check(Path file, Stored.Case c, Report report) {
        Map<String, Object> rope = new HashMap<>(c.attrs().map());
        double scaling = c.attrs().need("attention_scaling").number();
        int head = c.attrs().need("head_dim").index();
        int length = c.attrs().need("seq_len").index();
        Map<String, Object> config = new HashMap<>();
        config.put("max_position_embeddings", rope.get("max_position_embeddings"));
        for (String beside : new String[] {"attention_scaling", "head_dim", "seq_len", "max_position_embeddings"}) {
            rope.remove(beside);
        }
        config.put("rope_parameters", rope);
        RopeFrequencies frequencies = RopeFrequencies.of(Config.of(file, config), head, 10_000);
        report.close(c.id() + "/attention_scaling", new double[] {frequencies.scaling()}, new double[] {scaling}, 1e-6);
        float[] inverse = frequencies.inverse(length);
        c.check(report, "inv_freq", Tensor.of(inverse));
        long[] positions = c.in("positions").toLongArray();
        float[] cos = new float[positions.length * head];
        float[] sin = new float[positions.length * head];
        for (int row = 0; row < positions.length; row++) {
            for (int i = 0; i < head; i++) {
                double angle = positions[row] * inverse[i % inverse.length];
                cos[row * head + i] = (float) (Math.cos(angle) * frequencies.scaling());
                sin[row * head + i] = (float) (Math.sin(angle) * frequencies.scaling());
            }
        }
        c.check(report, "cos", Tensor.of(cos, positions.length, head));
        c.check(report, "sin", Tensor.of(sin, positions.length, head));
    }
}
