package dev.lanewise.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.spi.HostMemory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LifetimesTest {
    private static OnnxModel load(Proto graph) {
        OnnxModel model =
                OnnxModel.load(MemorySegment.ofArray(Proto.model(graph).toBytes()));
        model.eval();
        return model;
    }

    @Test
    void aCallNeedsTheMemoryOfTheValuesThatLiveAtOneTime() {
        List<Proto> nodes = new ArrayList<>();
        int depth = 40;
        for (int i = 0; i < depth; i++) {
            String from = i == 0 ? "x" : "v" + (i - 1);
            nodes.add(Proto.node(i % 2 == 0 ? "Exp" : "Neg", "", new String[] {from}, i == depth - 1 ? "y" : "v" + i));
        }
        OnnxModel model = load(Proto.graph(nodes.toArray(Proto[]::new)));
        long size = 1 << 20;
        try (Scope ignored = Scope.open("test")) {
            Tensor x = Tensor.zeros(size);
            HostMemory.trim();
            long before = HostMemory.bytesFromSystem();
            long most = 0;
            for (int call = 0; call < 3; call++) {
                try (Scope inner = Scope.open("call")) {
                    Autograd.noGrad(() -> model.forward(x));
                }
                most = Math.max(most, HostMemory.bytesFromSystem() - before);
            }
            assertThat(most).isLessThan(8 * size * Float.BYTES);
        }
    }

    @Test
    void valuesThatShareMemoryLiveAsLongAsTheLastOfThem() {
        OnnxModel model = load(Proto.graph(
                Proto.node("Exp", "", new String[] {"x"}, "e"),
                Proto.node("Transpose", "", new String[] {"e"}, "t"),
                Proto.node("Neg", "", new String[] {"e"}, "n"),
                Proto.node("Identity", "", new String[] {"t"}, "i"),
                Proto.node("MatMul", "", new String[] {"n", "i"}, "y")));
        Tensor x = Tensor.of(new float[] {0, 1, 2, 3, 4, 5}, 2, 3);
        Tensor e = x.exp();
        assertThat(model.forward(x).toFloatArray())
                .containsExactly(e.neg().matmul(e.transpose()).toFloatArray());
    }

    /** An input of 16 bits is widened at the beginning, and its view dies before it does. */
    @Test
    void inputsLiveUntilTheEnd() {
        Proto half = new Proto().text(1, "x").message(2, new Proto().message(1, new Proto().number(1, 10)));
        Proto graph = new Proto()
                .message(1, Proto.node("Transpose", "", new String[] {"x"}, "t"))
                .message(1, Proto.node("MatMul", "", new String[] {"t", "x"}, "p"))
                .message(1, Proto.node("MatMul", "", new String[] {"x", "p"}, "y"))
                .message(11, half)
                .message(12, Proto.info("y"));
        OnnxModel model = load(graph);
        Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
        Tensor found = model.forward(Map.of("x", x.to(DType.F16))).get("y");
        assertThat(found.to(DType.F32).toFloatArray())
                .containsExactly(x.matmul(x.transpose().matmul(x)).toFloatArray());
    }
}
