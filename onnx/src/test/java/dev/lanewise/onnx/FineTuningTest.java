package dev.lanewise.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Graphs that PyTorch exported are trained further, with PyTorch's losses (testkit/onnx/finetune.py). */
class FineTuningTest {
    private static final int SENTENCES = 8;
    private static final int WORDS = 16;
    private static final int CLASSES = 2;

    private static final float[] TINY = {
        0.709377f, 0.695941f, 0.687219f, 0.681706f, 0.676992f, 0.672564f, 0.667976f, 0.663153f, 0.657908f, 0.652263f
    };
    private static final float[] MINILM = {
        0.701683f, 0.654832f, 0.628352f, 0.807272f, 0.708769f, 0.652486f, 0.619914f, 0.554560f, 0.441861f, 0.356061f
    };

    @Test
    void aSmallEncoderHasPyTorchsLosses() throws Exception {
        Path file = Path.of(Objects.requireNonNull(FineTuningTest.class.getResource("/finetune/model.onnx"))
                .toURI());
        check(OnnxModel.load(file), "states", 60, 16, 0.2, TINY);
    }

    /** The real model is not in the repository. */
    @Test
    void miniLmHasPyTorchsLosses() {
        String file = System.getenv("LANEWISE_MINILM");
        assumeTrue(file != null, "LANEWISE_MINILM names no file all-minilm-l6-v2.onnx");
        check(OnnxModel.load(Path.of(Objects.requireNonNull(file))), "output_0", 30_522, 384, 0.01, MINILM);
    }

    private static void check(OnnxModel model, String output, int words, int size, double rate, float[] losses) {
        Linear head = new Linear(size, CLASSES);
        float[] weight = new float[CLASSES * size];
        for (int i = 0; i < weight.length; i++) {
            weight[i] = (float) (0.1 * Math.sin(i));
        }
        head.loadStateDict(Map.of("weight", Tensor.of(weight, CLASSES, size), "bias", Tensor.zeros(CLASSES)));
        List<Parameter> parameters = new ArrayList<>(model.parameters());
        parameters.addAll(head.parameters());
        Sgd optimizer = new Sgd(parameters, rate);
        Tensor ids = sentences(words);
        Tensor mask = ids.ne(0).to(DType.I64);
        Tensor there = mask.to(DType.F32).unsqueeze(2);
        Tensor labels = Tensor.of(new long[] {0, 1, 0, 1, 0, 1, 0, 1}, SENTENCES);
        for (float expected : losses) {
            try (Scope ignored = Scope.open("step")) {
                Tensor states = Objects.requireNonNull(model.forward(
                                Map.of("input_ids", ids, "attention_mask", mask, "token_type_ids", ids.zerosLike()))
                        .get(output));
                Tensor means = states.mul(there).sum(1).div(there.sum(1));
                Tensor loss = head.forward(means).crossEntropy(labels);
                assertThat((float) loss.item()).isCloseTo(expected, within(1e-3f));
                optimizer.step(Autograd.gradients(loss));
            }
        }
    }

    /** Sentences of different length, filled up with 0. */
    private static Tensor sentences(int words) {
        long[] ids = new long[SENTENCES * WORDS];
        for (int i = 0; i < SENTENCES; i++) {
            for (int t = 0; t < WORDS - i; t++) {
                ids[i * WORDS + t] = (37L * i + 101L * t + 11) % (words - 1) + 1;
            }
        }
        return Tensor.of(ids, SENTENCES, WORDS);
    }
}
