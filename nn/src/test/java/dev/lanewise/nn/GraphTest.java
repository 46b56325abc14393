package dev.lanewise.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.graph.ModelGraph;
import dev.lanewise.nn.graph.ModelGraph.Kind;
import dev.lanewise.nn.graph.ModelGraph.Node;
import dev.lanewise.nn.models.ResNet;
import dev.lanewise.nn.sequence.TransformerEncoderLayer;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.io.StringReader;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;

final class GraphTest {
    private static final Rng RNG = new Rng(1);

    private static List<String> names(ModelGraph graph, Kind kind) {
        return graph.nodes().stream()
                .filter(node -> node.kind() == kind)
                .map(Node::name)
                .toList();
    }

    @Test
    void operationsAreInTheirLayersWithWhatTheyTake() {
        Layer model = new Sequential(new Flatten(), new Linear(12, 5, RNG), new ReLU(), new Linear(5, 2, RNG));
        ModelGraph graph = model.graph(Tensor.ones(3, 3, 4));
        assertThat(names(graph, Kind.INPUT)).containsExactly("input");
        assertThat(names(graph, Kind.PARAMETER)).containsExactlyInAnyOrder("1.weight", "1.bias", "3.weight", "3.bias");
        assertThat(names(graph, Kind.CONSTANT)).isEmpty();
        Node output = graph.nodes().getLast();
        assertThat(output.kind()).isEqualTo(Kind.OUTPUT);
        assertThat(output.result().shape()).isEqualTo(Shape.of(3, 2));
        Node last = graph.nodes().get(output.inputs().getFirst());
        assertThat(last.layer()).isEqualTo("3");
        assertThat(last.inputs()).extracting(i -> graph.nodes().get(i).name()).contains("3.weight", "3.bias");
        Node before = graph.nodes().get(last.inputs().getFirst());
        assertThat(before.name()).isEqualTo("relu");
        assertThat(before.layer()).isEqualTo("2");
    }

    @Test
    void inputsComeBeforeWhatTakesThemAndNumbersArePositions() {
        ModelGraph graph = ResNet.resnet18(10, RNG).graph(Tensor.zeros(1, 3, 32, 32));
        for (int i = 0; i < graph.nodes().size(); i++) {
            int position = i;
            assertThat(graph.nodes().get(i).id()).isEqualTo(i);
            assertThat(graph.nodes().get(i).inputs()).allMatch(input -> input < position);
        }
        assertThat(names(graph, Kind.PARAMETER)).contains("layer4.1.bn2.running_mean");
        assertThat(graph.nodes().stream().filter(node -> node.layer().startsWith("layer1.0")))
                .isNotEmpty();
    }

    @Test
    void severalInputsAreNamedAndNothingElseIsChanged() {
        Linear score = new Linear(4, 4, RNG);
        Tensor tracked = Autograd.watch(Tensor.ones(2, 4));
        ModelGraph graph = score.graph(
                Map.of("a", tracked, "b", Tensor.zeros(2, 4)),
                inputs -> score.forward(inputs.get("a")).add(inputs.get("b")).add(Tensor.ones(2, 4)));
        assertThat(names(graph, Kind.INPUT)).containsExactlyInAnyOrder("a", "b");
        assertThat(names(graph, Kind.CONSTANT)).containsExactly("constant");
        Tensor loss = score.forward(tracked).sum();
        assertThat(Autograd.gradients(loss).of(tracked).shape()).isEqualTo(Shape.of(2, 4));
    }

    @Test
    void drawingsAreWellFormedWhateverTheNames() throws Exception {
        Layer model = new LayerMap().with("a<\"&\\b", new TransformerEncoderLayer(8, 2, 16, 0.1, RNG));
        ModelGraph graph = model.graph(
                Map.of("<x & \"y\">", Tensor.ones(2, 5, 8)),
                inputs -> model.children().get("a<\"&\\b").forward(inputs.get("<x & \"y\">")));
        var document = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(graph.svg())));
        assertThat(document.getElementsByTagName("g").getLength())
                .isEqualTo(graph.nodes().size());
        assertThat(graph.dot())
                .startsWith("digraph model {")
                .contains("label=\"a<\\\"&\\\\b\"")
                .contains("label=\"<x & \\\"y\\\">\\n")
                .endsWith("}\n");
    }
}
