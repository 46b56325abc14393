package dev.lanewise.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.tensor.OutOfTensorMemoryException;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Attributes and inputs that would keep a node busy for ever, or ask for more than the heap holds: an answer or an error soon. */
@Timeout(120)
class HostileNodesTest {
    private static final int FLOAT = 1;
    private static final int LONG = 7;
    private static final int TEXT = 8;
    private static final int BOOL = 9;

    private static Proto info(String name, int type) {
        return new Proto().text(1, name).message(2, new Proto().message(1, new Proto().number(1, type)));
    }

    private static OnnxModel model(Proto node, int in, int out, Proto... stored) {
        Proto graph = new Proto().message(1, node);
        for (Proto tensor : stored) {
            graph.message(5, tensor);
        }
        graph.message(11, info("x", in)).message(12, info("y", out));
        return OnnxModel.load(MemorySegment.ofArray(Proto.model(graph).toBytes()));
    }

    private static Tensor run(OnnxModel model, OnnxValue x) {
        OnnxValue y = model.run(Map.of("x", x)).get("y");
        return ((OnnxValue.Numbers) y).tensor();
    }

    private static Proto longs(String name, long... values) {
        ByteBuffer raw = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (long value : values) {
            raw.putLong(value);
        }
        return Proto.tensor(name, LONG, values.length).bytes(9, raw.array());
    }

    private static Proto whole(String name, long value) {
        return new Proto().text(1, name).number(3, value).number(20, 2);
    }

    private static Proto wholes(String name, long... values) {
        Proto attribute = new Proto().text(1, name).number(20, 7);
        for (long value : values) {
            attribute.number(8, value);
        }
        return attribute;
    }

    private static Proto text(String name, String value) {
        return new Proto().text(1, name).text(4, value).number(20, 3);
    }

    @Test
    void gramsOfAnyLengthAreCountedSoon() {
        for (long least : new long[] {1, Long.MIN_VALUE}) {
            Proto node = Proto.node("TfIdfVectorizer", "", new String[] {"x"}, "y")
                    .message(5, whole("min_gram_length", least))
                    .message(5, whole("max_gram_length", Long.MAX_VALUE))
                    .message(5, whole("max_skip_count", Long.MAX_VALUE))
                    .message(5, text("mode", "TF"))
                    .message(5, wholes("ngram_counts", 0, 2))
                    .message(5, wholes("ngram_indexes", 0, 1, 2))
                    .message(5, wholes("pool_int64s", 5, 6, 5, 6));
            Tensor y = run(model(node, LONG, FLOAT), OnnxValue.of(Tensor.of(5L, 6L, 5L, 6L)));
            // pairs with any gap: 5 6 at (0, 1), (0, 3), (2, 3)
            assertThat(y.toFloatArray()).containsExactly(2, 2, 3);
        }
    }

    @Test
    void indexesBeyondIntegersAreRefused() {
        Proto node = Proto.node("TfIdfVectorizer", "", new String[] {"x"}, "y")
                .message(5, wholes("ngram_counts", 0))
                .message(5, wholes("ngram_indexes", 1L << 32))
                .message(5, wholes("pool_int64s", 5));
        OnnxModel model = model(node, LONG, FLOAT);
        assertThatThrownBy(() -> run(model, OnnxValue.of(Tensor.of(5L)))).isInstanceOf(TensorException.class);
    }

    @Test
    void backtrackingOutOfHandIsAnError() {
        Proto node = Proto.node("RegexFullMatch", "", new String[] {"x"}, "y")
                .message(5, text("pattern", "(a*)".repeat(9) + "b"));
        OnnxModel model = model(node, TEXT, BOOL);
        OnnxValue fine = new OnnxValue.Texts(Shape.of(2), List.of("aaab", "aaac"));
        assertThat(run(model, fine).toBooleanArray()).containsExactly(true, false);
        OnnxValue long1 = new OnnxValue.Texts(Shape.of(1), List.of("a".repeat(200) + "c"));
        assertThatThrownBy(() -> run(model, long1))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("takes too long");
    }

    /** Samples are as many as a box is large, and boxes come with each call. */
    @Test
    void boxesFarBeyondThePictureAreSampledSoon() {
        for (String mode : new String[] {"avg", "max"}) {
            for (float size : new float[] {1e4f, 1e9f, 1e30f, Float.POSITIVE_INFINITY, Float.NaN}) {
                Proto node = Proto.node("RoiAlign", "", new String[] {"x", "boxes", "batch"}, "y")
                        .message(5, text("mode", mode))
                        .message(5, whole("output_height", 2))
                        .message(5, whole("output_width", 2));
                OnnxModel model = model(
                        node,
                        FLOAT,
                        FLOAT,
                        Proto.floats("boxes", new long[] {1, 4}, -size, 0, size, 4),
                        longs("batch", 0));
                float[] y = run(model, OnnxValue.of(Tensor.ones(1, 1, 4, 4))).toFloatArray();
                assertThat(y).hasSize(4);
                if (size == 1e4f) {
                    // a bin is 1e4 wide and sees a picture of 4; the largest weight of four neighbours is at a pixel
                    assertThat(y[1]).isBetween(mode.equals("max") ? 0.2f : 1e-4f, mode.equals("max") ? 1f : 1e-3f);
                }
            }
        }
    }

    /** The heap's end is an exception here as the end of tensors' memory is. */
    @Test
    void rangesThatNoHeapHoldsAreRefused() {
        Proto node = Proto.node("Range", "", new String[] {"zero", "x", "one"}, "y");
        Proto zero = longs("zero", 0);
        Proto one = longs("one", 1);
        OnnxModel model = model(node, LONG, LONG, zero, one);
        assertThat(run(model, OnnxValue.of(Tensor.of(3L))).toLongArray()).containsExactly(0, 1, 2);
        assertThatThrownBy(() -> run(model, OnnxValue.of(Tensor.of(Integer.MAX_VALUE - 8L))))
                .isInstanceOf(OutOfTensorMemoryException.class)
                .hasMessageContaining("Range")
                .hasMessageContaining("-Xmx");
    }
}
