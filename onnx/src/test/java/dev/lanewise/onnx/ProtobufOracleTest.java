package dev.lanewise.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.lanewise.nn.BatchNorm;
import dev.lanewise.nn.Conv2d;
import dev.lanewise.nn.Flatten;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Sequential;
import dev.lanewise.onnx.format.Attribute;
import dev.lanewise.onnx.format.Graph;
import dev.lanewise.onnx.format.Model;
import dev.lanewise.onnx.format.ModelReader;
import dev.lanewise.onnx.format.Node;
import dev.lanewise.onnx.format.StoredTensor;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Google's protobuf reads in models what the reader here does, also in those that are written here. */
class ProtobufOracleTest {
    @TempDir
    private Path folder;

    @Test
    void storedCasesAreReadAlike() throws IOException {
        int models = 0;
        InputStream cases = Objects.requireNonNull(ProtobufOracleTest.class.getResourceAsStream("/cases.zip"));
        try (ZipInputStream zip = new ZipInputStream(cases)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (entry.getName().endsWith("model.onnx")) {
                    compare(zip.readAllBytes());
                    models++;
                }
            }
        }
        assertThat(models).isGreaterThan(50);
    }

    @Test
    void aModelOfPyTorchIsReadAlike() throws IOException {
        try (InputStream model =
                Objects.requireNonNull(ProtobufOracleTest.class.getResourceAsStream("/finetune/model.onnx"))) {
            compare(model.readAllBytes());
        }
    }

    @Test
    void whatIsWrittenIsReadAlike() throws IOException {
        Path file = folder.resolve("model.onnx");
        Sequential network =
                new Sequential(new Conv2d(3, 4, 3), new BatchNorm(4), new Flatten(), new Linear(4 * 6 * 6, 5));
        network.eval();
        Onnx.export(network, Tensor.zeros(2, 3, 8, 8), file);
        compare(Files.readAllBytes(file));
    }

    private static void compare(byte[] bytes) throws IOException {
        Model model = ModelReader.model("a test", MemorySegment.ofArray(bytes), null);
        UnknownFieldSet expected = UnknownFieldSet.parseFrom(bytes);
        assertThat(model.irVersion()).isEqualTo(number(expected, 1));
        compare(model.graph(), message(expected, 7).getFirst());
    }

    private static void compare(Graph graph, UnknownFieldSet expected) throws IOException {
        assertThat(graph.name()).isEqualTo(text(expected, 2));
        List<UnknownFieldSet> nodes = message(expected, 1);
        assertThat(graph.nodes()).hasSameSizeAs(nodes);
        for (int i = 0; i < nodes.size(); i++) {
            compare(graph.nodes().get(i), nodes.get(i));
        }
        List<UnknownFieldSet> tensors = message(expected, 5);
        List<StoredTensor> stored = List.copyOf(graph.initializers().values());
        assertThat(stored).hasSameSizeAs(tensors);
        for (int i = 0; i < tensors.size(); i++) {
            compare(stored.get(i), tensors.get(i));
        }
        assertThat(graph.inputs().stream().map(ValueInfo::name))
                .isEqualTo(message(expected, 11).stream()
                        .map(info -> text(info, 1))
                        .toList());
        assertThat(graph.outputs().stream().map(ValueInfo::name))
                .isEqualTo(message(expected, 12).stream()
                        .map(info -> text(info, 1))
                        .toList());
    }

    private static void compare(Node node, UnknownFieldSet expected) throws IOException {
        assertThat(node.inputs()).isEqualTo(texts(expected, 1));
        assertThat(node.outputs()).isEqualTo(texts(expected, 2));
        assertThat(node.name()).isEqualTo(text(expected, 3));
        assertThat(node.op()).isEqualTo(text(expected, 4));
        List<UnknownFieldSet> attributes = message(expected, 5);
        assertThat(node.attributes()).hasSameSizeAs(attributes);
        for (UnknownFieldSet attribute : attributes) {
            compare(Objects.requireNonNull(node.attributes().get(text(attribute, 1))), attribute);
        }
    }

    private static void compare(Attribute attribute, UnknownFieldSet expected) throws IOException {
        assertThat(attribute.kind()).isEqualTo((int) number(expected, 20));
        List<Integer> real = expected.getField(2).getFixed32List();
        assertThat(Float.floatToRawIntBits(attribute.real())).isEqualTo(real.isEmpty() ? 0 : real.getFirst());
        assertThat(attribute.whole()).isEqualTo(number(expected, 3));
        assertThat(attribute.text()).isEqualTo(text(expected, 4));
        assertThat(attribute.texts()).isEqualTo(texts(expected, 9));
        assertThat(attribute.wholes()).containsExactly(numbers(expected, 8));
        assertThat(attribute.reals())
                .hasSize(expected.getField(7).getFixed32List().size()
                        + expected.getField(7).getLengthDelimitedList().stream()
                                .mapToInt(packed -> packed.size() / 4)
                                .sum());
        Graph graph = attribute.graph();
        if (graph != null) {
            compare(graph, message(expected, 6).getFirst());
        }
        StoredTensor tensor = attribute.tensor();
        if (tensor != null && expected.hasField(5)) {
            compare(tensor, message(expected, 5).getFirst());
        }
    }

    private static void compare(StoredTensor tensor, UnknownFieldSet expected) throws IOException {
        assertThat(tensor.shape().toArray()).containsExactly(numbers(expected, 1));
        assertThat(tensor.type().number()).isEqualTo((int) number(expected, 2));
        assertThat(tensor.name()).isEqualTo(text(expected, 8));
        if (expected.hasField(9)) {
            assertThat(tensor.memory().toArray(ValueLayout.JAVA_BYTE))
                    .isEqualTo(expected.getField(9)
                            .getLengthDelimitedList()
                            .getLast()
                            .toByteArray());
        }
    }

    // ---- protobuf without a schema

    private static List<UnknownFieldSet> message(UnknownFieldSet set, int field) throws IOException {
        List<UnknownFieldSet> messages = new ArrayList<>();
        for (ByteString bytes : set.getField(field).getLengthDelimitedList()) {
            messages.add(UnknownFieldSet.parseFrom(bytes));
        }
        return messages;
    }

    private static List<String> texts(UnknownFieldSet set, int field) {
        return set.getField(field).getLengthDelimitedList().stream()
                .map(ByteString::toStringUtf8)
                .toList();
    }

    private static String text(UnknownFieldSet set, int field) {
        List<String> all = texts(set, field);
        return all.isEmpty() ? "" : all.getLast();
    }

    private static long number(UnknownFieldSet set, int field) {
        List<Long> all = set.getField(field).getVarintList();
        return all.isEmpty() ? 0 : all.getLast();
    }

    /** A repeated number, packed or not. */
    private static long[] numbers(UnknownFieldSet set, int field) throws IOException {
        List<Long> all = new ArrayList<>(set.getField(field).getVarintList());
        for (ByteString packed : set.getField(field).getLengthDelimitedList()) {
            var in = packed.newCodedInput();
            while (!in.isAtEnd()) {
                all.add(in.readRawVarint64());
            }
        }
        return all.stream().mapToLong(Long::longValue).toArray();
    }
}
