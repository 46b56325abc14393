package dev.lanewise.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IntegerProductTest {
    /** Weights of every magnitude: sums that F32 holds at once, and sums that it does not. */
    @ParameterizedTest
    @CsvSource({"7, 127, 0", "256, 127, 3", "257, 127, -128", "1536, 127, 127", "1536, 9, 0", "5000, 127, -1"})
    void productsOfWholeNumbersAreExact(int k, int most, byte zero) {
        Rng rng = new Rng(k);
        byte[] weights = new byte[k * 4];
        for (int i = 0; i < weights.length; i++) {
            // the last column is all of one sign, so that its sums are as large as they can be
            weights[i] = i % 4 == 3
                    ? (byte) most
                    : (byte) rng.randint(-most - 1, most + 1L, 1).itemLong();
        }
        Proto graph = new Proto()
                .message(1, Proto.node("MatMulInteger", "", new String[] {"x", "w", "z", "p"}, "y"))
                .message(11, info("x", 2))
                .message(12, info("y", 6))
                .message(5, Proto.tensor("w", 3, k, 4).bytes(9, weights))
                .message(5, Proto.tensor("z", 2).bytes(9, new byte[] {(byte) 200}))
                .message(5, Proto.tensor("p", 3).bytes(9, new byte[] {zero}));
        OnnxModel model =
                OnnxModel.load(MemorySegment.ofArray(Proto.model(graph).toBytes()));
        Tensor x = rng.randint(0, 256, 3, k).to(DType.U8);
        long[] a = x.to(DType.I64).toLongArray();
        int[] expected = new int[12];
        for (int i = 0; i < 12; i++) {
            long sum = 0;
            for (int p = 0; p < k; p++) {
                sum += (a[i / 4 * k + p] - 200) * (weights[p * 4 + i % 4] - zero);
            }
            expected[i] = (int) sum;
        }
        assertThat(model.forward(Map.of("x", x)).get("y").toIntArray()).containsExactly(expected);
    }

    private static Proto info(String name, int type) {
        return new Proto().text(1, name).message(2, new Proto().message(1, new Proto().number(1, type)));
    }
}
