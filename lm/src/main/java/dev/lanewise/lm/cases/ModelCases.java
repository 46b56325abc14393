package dev.lanewise.lm.cases;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.lm.CausalLM;
import dev.lanewise.lm.Encoder;
import dev.lanewise.lm.ImageEncoder;
import dev.lanewise.lm.KvCache;
import dev.lanewise.lm.Models;
import dev.lanewise.lm.PretrainedModel;
import dev.lanewise.lm.Seq2SeqLM;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Checks checkpoints in Hugging Face's layout against the results of transformers. */
final class ModelCases implements CaseFolder.Part {
    static final double VALUES = 1e-4;
    static final double GRADIENTS = 1e-3;

    ModelCases() {}

    @Override
    public void run(Path folder, Report report) throws IOException {
        for (Path model : CaseFolder.children(folder)) {
            if (Files.isDirectory(model)) {
                Report own = report.at(String.valueOf(model.getFileName()));
                own.guarded("load", () -> check(model, own));
            }
        }
    }

    private static void check(Path folder, Report report) {
        try (Scope ignored = Scope.open("model")) {
            PretrainedModel model = Models.load(folder);
            Stored stored = Stored.read(folder.resolve("reference.safetensors"));
            report.passed("load", model.parameterCount() + " parameters");
            switch (model) {
                case CausalLM causal -> new Causal(causal, stored, report).run();
                case Seq2SeqLM seq2seq -> new Seq2Seq(seq2seq, stored, report).run();
                case Encoder encoder -> encoder(encoder, stored, report);
                case ImageEncoder encoder -> images(encoder, stored, report);
            }
        }
    }

    // ---- all models

    /** Hidden states with the names {@code PREFIX/i}, of the batch's first row. */
    static void hiddenStates(List<Tensor> got, String prefix, Stored stored, Report report, boolean cut) {
        int count = 0;
        for (int i = 0; stored.has(prefix + '/' + i); i++) {
            count++;
            Tensor want = stored.get(prefix + '/' + i);
            if (i >= got.size()) {
                report.failed(prefix + '/' + i, "only " + got.size() + " layers");
                continue;
            }
            Tensor first = got.get(i).select(0, 0);
            report.close(prefix + '/' + i, cut ? first.narrow(0, 0, want.shape().size(0)) : first, want, VALUES);
        }
        if (count != got.size()) {
            report.failed(prefix, got.size() + " layers for " + count);
        }
    }

    /** The values where a mask is not 0, zeros elsewhere. */
    static Tensor real(Tensor x, @Nullable Tensor mask) {
        return mask == null ? x : x.maskedFill(mask.eq(0).unsqueeze(-1).expand(x.shape()), 0);
    }

    /** Gradients of a loss for parameters by the names that they have in the checkpoint. */
    static void gradients(PretrainedModel model, Tensor loss, Stored stored, Report report) {
        report.guarded("grad", () -> {
            Gradients gradients = Autograd.gradients(loss);
            Map<String, Tensor> state = model.stateDict();
            int count = 0;
            for (String name : stored.names()) {
                if (name.startsWith("grad/")) {
                    count++;
                    String own = model.nameOf(name.substring(5));
                    Tensor leaf = own == null ? null : state.get(own);
                    if (leaf == null) {
                        report.failed(name, "no such parameter");
                    } else {
                        report.guarded(name, () -> report.close(name, gradients.of(leaf), stored.get(name), GRADIENTS));
                    }
                }
            }
            report.that(count > 0, "grad", count + " gradients");
        });
    }

    // ---- encoders

    private static void encoder(Encoder model, Stored stored, Report report) {
        Tensor mask = stored.optional("attention_mask");
        Encoder.Output output = model.run(stored.get("input_ids"), mask, stored.optional("token_type_ids"), true);
        hiddenStates(output.hiddenStates(), "hidden_states", stored, report, false);
        report.close(
                "last_hidden_state",
                real(output.lastHidden(), mask),
                real(stored.get("last_hidden_state"), mask),
                VALUES);
        head(model, stored, report, output.lastHidden(), output.pooled(), output.logits());
    }

    private static void images(ImageEncoder model, Stored stored, Report report) {
        Encoder.Output output = model.run(stored.get("pixel_values"));
        List<Tensor> states = output.hiddenStates();
        hiddenStates(states.subList(0, states.size() - 1), "hidden_states", stored, report, false);
        // with a head, transformers returns the last layer's result unnormalized
        Tensor last = output.logits() == null ? output.lastHidden() : states.getLast();
        report.close("last_hidden_state", last, stored.get("last_hidden_state"), VALUES);
        head(model, stored, report, output.lastHidden(), output.pooled(), output.logits());
    }

    private static void head(
            PretrainedModel model,
            Stored stored,
            Report report,
            Tensor lastHidden,
            @Nullable Tensor pooled,
            @Nullable Tensor logits) {
        present("pooler_output", pooled, stored, report);
        if (stored.has("logits") && logits == null) {
            report.failed("logits", "the model has no head");
            return;
        }
        Tensor mask = stored.optional("attention_mask");
        if (logits != null) {
            boolean each = logits.shape().rank() == 3;
            report.close(
                    "logits",
                    each ? real(logits, mask) : logits,
                    each ? real(stored.get("logits"), mask) : stored.get("logits"),
                    VALUES);
        }
        Tensor loss = loss(model, stored, lastHidden, pooled, logits);
        report.close("loss", loss, stored.get("loss"), VALUES);
        gradients(model, loss, stored, report);
    }

    private static void present(String name, @Nullable Tensor got, Stored stored, Report report) {
        Tensor want = stored.optional(name);
        if (want != null && got != null) {
            report.close(name, got, want, VALUES);
        } else if (want != null) {
            report.failed(name, "the model has none");
        }
    }

    private static Tensor loss(
            PretrainedModel model, Stored stored, Tensor lastHidden, @Nullable Tensor pooled, @Nullable Tensor logits) {
        Tensor labels = stored.optional("labels");
        if (labels != null && logits != null) {
            return model instanceof Encoder encoder
                    ? encoder.loss(logits, labels)
                    : ((ImageEncoder) model).loss(logits, labels);
        }
        Tensor loss = lastHidden.mul(stored.get("gout/last_hidden_state")).sum();
        Tensor weights = stored.optional("gout/pooler_output");
        return weights == null || pooled == null
                ? loss
                : loss.add(pooled.mul(weights).sum());
    }

    // ---- decoders

    /** A decoder's checks. */
    private record Causal(CausalLM model, Stored stored, Report report) {
        void run() {
            Tensor ids = stored.get("input_ids");
            Tensor mask = stored.get("attention_mask");
            List<Tensor> states = model.hiddenStates(ids, mask);
            int layers = states.size() - 1;
            hiddenStates(states.subList(0, layers), "hidden_states", stored, report, true);
            Tensor last = states.get(layers);
            report.close("last_hidden_state", real(last, mask), stored.get("last_hidden_state"), VALUES);
            Tensor logits = model.head(last);
            report.close("logits", real(logits, mask), stored.get("logits"), VALUES);
            Tensor loss = CausalLM.loss(logits, stored.get("labels"));
            report.close("loss", loss, stored.get("loss"), VALUES);
            gradients(model, loss, stored, report);
            report.guarded("cached/logits", this::cached);
            new GenerationCases(stored, report).causal(model);
        }

        /** One token at a time, and in pieces of several. */
        private void cached() {
            Autograd.noGrad(() -> {
                Tensor row = stored.get("input_ids").narrow(0, 0, 1);
                report.close("cached/logits", inPieces(row, 1), stored.get("cached/logits"), VALUES);
                report.close("cached/pieces", inPieces(row, 3), stored.get("cached/logits"), VALUES);
            });
        }

        private Tensor inPieces(Tensor row, long piece) {
            List<Tensor> all = new ArrayList<>();
            long length = row.shape().size(1);
            try (KvCache cache = new KvCache()) {
                for (long at = 0; at < length; at += piece) {
                    all.add(model.logits(row.narrow(1, at, Math.min(piece, length - at)), null, cache));
                }
            }
            return Tensor.cat(1, all.toArray(Tensor[]::new)).select(0, 0);
        }
    }

    /** An encoder's with a decoder. */
    private record Seq2Seq(Seq2SeqLM model, Stored stored, Report report) {
        void run() {
            Tensor mask = stored.get("attention_mask");
            Tensor labels = stored.get("labels");
            List<Tensor> encoder = model.encoderStates(stored.get("input_ids"), mask);
            int layers = encoder.size() - 1;
            hiddenStates(encoder.subList(0, layers), "encoder_hidden_states", stored, report, false);
            Tensor encoded = encoder.get(layers);
            report.close(
                    "encoder_last_hidden_state",
                    real(encoded, mask),
                    real(stored.get("encoder_last_hidden_state"), mask),
                    VALUES);
            Tensor shifted = model.shiftRight(labels);
            report.equal("decoder_input_ids", shifted, stored.get("decoder_input_ids"));
            List<Tensor> decoder = model.decoderStates(encoded, mask, shifted);
            int decoders = decoder.size() - 1;
            hiddenStates(decoder.subList(0, decoders), "hidden_states", stored, report, false);
            Tensor last = decoder.get(decoders);
            report.close("last_hidden_state", last, stored.get("last_hidden_state"), VALUES);
            Tensor logits = model.head(last);
            report.close("logits", logits, stored.get("logits"), VALUES);
            Tensor loss = Seq2SeqLM.loss(logits, labels);
            report.close("loss", loss, stored.get("loss"), VALUES);
            gradients(model, loss, stored, report);
            new GenerationCases(stored, report).seq2seq(model);
        }
    }
}
