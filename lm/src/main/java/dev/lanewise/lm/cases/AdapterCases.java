package dev.lanewise.lm.cases;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.lm.CausalLM;
import dev.lanewise.lm.Encoder;
import dev.lanewise.lm.Models;
import dev.lanewise.lm.PretrainedModel;
import dev.lanewise.lm.adapter.Lora;
import dev.lanewise.lm.adapter.LoraConfig;
import dev.lanewise.lm.adapter.RankAllocator;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.text.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Adapters: peft's files, training, merging. */
final class AdapterCases implements CaseFolder.Part {
    private static final String PREFIX = "base_model.model.";

    AdapterCases() {}

    @Override
    public void run(Path folder, Report report) throws IOException {
        for (Path adapter : CaseFolder.children(folder)) {
            if (Files.isDirectory(adapter)) {
                Report own = report.at(String.valueOf(adapter.getFileName()));
                own.guarded("load", () -> {
                    try (Scope ignored = Scope.open("adapter")) {
                        new Checks(folder, adapter, own).run();
                    }
                });
            }
        }
    }

    /** The checks of one adapter. */
    private static final class Checks {
        private final Path adapter;
        private final Report report;
        private final Stored stored;
        private final Json info;
        private final Path base;

        Checks(Path folder, Path adapter, Report report) {
            this.adapter = adapter;
            this.report = report;
            stored = Stored.read(adapter.resolve("reference.safetensors"));
            info = stored.json("case");
            base = folder.resolveSibling(info.need("base").string());
        }

        void run() {
            PretrainedModel model = Models.load(base);
            Map<String, long[]> before = fingerprint(model);
            report.guarded("after", () -> after(model));
            report.guarded("training", () -> training(model));
            Map<String, long[]> afterwards = fingerprint(model);
            long changed = before.entrySet().stream()
                    .filter(entry -> !Arrays.equals(entry.getValue(), afterwards.get(entry.getKey())))
                    .count();
            report.that(changed == 0, "frozen", changed + " of " + before.size() + " base weights changed");
        }

        private static Map<String, long[]> fingerprint(PretrainedModel model) {
            Map<String, long[]> all = new HashMap<>();
            model.stateDict().forEach((name, tensor) -> {
                float[] values = tensor.toFloatArray();
                long[] bits = new long[values.length];
                Arrays.setAll(bits, i -> Float.floatToRawIntBits(values[i]));
                all.put(name, bits);
            });
            return all;
        }

        private void after(PretrainedModel model) {
            Lora lora = Lora.load(adapter.resolve("after"), model);
            report.passed("load", lora.parameterCount() + " parameters");
            Autograd.noGrad(() -> {
                Tensor logits = logits(model);
                report.close("logits_after", masked(logits), masked(stored.get("logits_after")), ModelCases.VALUES);
                Tensor without = Lora.only(Set.of(), () -> logits(model));
                lora.merge();
                report.close(
                        "logits_merged", masked(logits(model)), masked(stored.get("logits_merged")), ModelCases.VALUES);
                Map<String, Tensor> state = model.stateDict();
                for (String name : stored.names()) {
                    if (name.startsWith("merged/")) {
                        String own = model.nameOf(name.substring("merged/".length()));
                        Tensor weight = own == null ? null : state.get(own);
                        if (weight == null) {
                            report.failed(name, "no such parameter");
                        } else {
                            report.close(name, weight, stored.get(name), ModelCases.VALUES);
                        }
                    }
                }
                lora.unmerge();
                lora.remove();
                report.that(
                        Arrays.equals(without.toFloatArray(), logits(model).toFloatArray()),
                        "removed",
                        "results without the adapter are those of the model, bit for bit");
            });
        }

        private Tensor logits(PretrainedModel model) {
            Tensor ids = stored.get("input_ids");
            Tensor mask = stored.get("attention_mask");
            if (model instanceof CausalLM causal) {
                return causal.logits(ids, mask, null);
            }
            Tensor logits = ((Encoder) model)
                    .run(ids, mask, stored.optional("token_type_ids"))
                    .logits();
            if (logits == null) {
                throw new IllegalStateException("the model has no head");
            }
            return logits;
        }

        private Tensor masked(Tensor logits) {
            return logits.shape().rank() == 3 ? ModelCases.real(logits, stored.get("attention_mask")) : logits;
        }

        private Tensor loss(PretrainedModel model, Lora lora) {
            Tensor labels = stored.get("labels");
            Tensor logits = logits(model);
            Tensor loss =
                    model instanceof Encoder encoder ? encoder.loss(logits, labels) : CausalLM.loss(logits, labels);
            return lora.withOrthogonality(loss);
        }

        private void training(PretrainedModel model) {
            Lora lora = Lora.load(adapter.resolve("before"), model);
            report.close(
                    "logits_before",
                    masked(Autograd.noGrad(() -> logits(model))),
                    masked(stored.get("logits_before")),
                    ModelCases.VALUES);
            Json o = info.need("optimizer");
            Adam optimizer = new Adam(
                    lora.parameters(),
                    o.need("lr").number(),
                    new Adam.Options(
                            o.need("betas").list().get(0).number(),
                            o.need("betas").list().get(1).number(),
                            o.need("eps").number(),
                            o.need("weight_decay").number(),
                            true));
            boolean adaLora = lora.config().kind() == LoraConfig.Kind.ADALORA;
            RankAllocator allocator = adaLora ? new RankAllocator(lora) : null;
            int steps = info.need("steps").index();
            double[] losses = new double[steps + 1];
            for (int step = 0; step < steps; step++) {
                try (Scope ignored = Scope.open("step")) {
                    Tensor loss = loss(model, lora);
                    losses[step] = loss.item();
                    Gradients gradients = Autograd.gradients(loss);
                    if (step == 0) {
                        gradients(lora, gradients);
                    }
                    optimizer.step(gradients);
                    if (allocator != null) {
                        allocator.update(step, gradients);
                    }
                }
            }
            losses[steps] = Autograd.noGrad(() -> loss(model, lora)).item();
            report.close("losses", losses, stored.doubles("losses"), 1e-4, 0);
            report.close(
                    "logits_trained",
                    masked(Autograd.noGrad(() -> logits(model))),
                    masked(stored.get("logits_after")),
                    10 * ModelCases.VALUES);
            trained(lora);
            lora.remove();
        }

        private void gradients(Lora lora, Gradients gradients) {
            int count = 0;
            Map<String, Tensor> state = lora.stateDict();
            for (String name : stored.names()) {
                if (name.startsWith("grad/")) {
                    count++;
                    String own = name.substring("grad/".length() + PREFIX.length())
                            .replace(".modules_to_save.", ".")
                            .replace("lora_magnitude_vector.weight", "lora_magnitude_vector");
                    Tensor leaf = state.get(own);
                    if (leaf == null) {
                        report.failed(name, "no such parameter");
                    } else {
                        report.close(name, gradients.of(leaf), stored.get(name), ModelCases.GRADIENTS);
                    }
                }
            }
            report.that(count > 0, "grad", count + " gradients");
        }

        /** Checks the values after the last step; AdaLoRA's files have only the ranks that were kept. */
        private void trained(Lora lora) {
            double spread = info.need("float32_spread").need("adapter").number();
            double allowed = Math.max(1e-4, 10 * spread);
            Stored after = Stored.read(adapter.resolve("after").resolve("adapter_model.safetensors"));
            double worst = 0;
            int count = 0;
            for (Map.Entry<String, Tensor> entry : lora.stateDict().entrySet()) {
                Tensor want = after.optional(PREFIX + entry.getKey());
                if (want != null && want.shape().equals(entry.getValue().shape())) {
                    double off = want.shape().elements() == 0
                            ? 0
                            : want.sub(entry.getValue()).abs().amax().item();
                    worst = off <= worst ? worst : off;
                    count++;
                }
            }
            boolean adaLora = lora.config().kind() == LoraConfig.Kind.ADALORA;
            boolean enough = adaLora || count == lora.stateDict().size();
            report.that(
                    enough && worst <= allowed, "values", count + " tensors, off by " + worst + ", allowed " + allowed);
            if (adaLora) {
                kept(lora, after);
            }
        }

        /** The ranks that are not 0 are as many as are stored, with the stored values. */
        private void kept(Lora lora, Stored after) {
            lora.stateDict().forEach((name, tensor) -> {
                if (name.endsWith("lora_E")) {
                    double[] left = Arrays.stream(Report.doubles(tensor))
                            .filter(value -> value != 0)
                            .toArray();
                    report.close("kept/" + name, left, after.doubles(PREFIX + name), 0, 1e-4);
                }
            });
        }
    }
}
