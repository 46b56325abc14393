package dev.lanewise.nn.graph;

import dev.lanewise.nn.graph.ModelGraph.Node;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes a graph for Graphviz. */
final class DotText {
    /** A layer with its own nodes and the layers inside it. */
    private static final class Frame {
        final Map<String, Frame> inner = new LinkedHashMap<>();
        final List<Node> nodes = new ArrayList<>();
    }

    private final StringBuilder text = new StringBuilder();
    private final ModelGraph graph;
    private int frames;

    DotText(ModelGraph graph) {
        this.graph = graph;
    }

    String text() {
        Frame model = new Frame();
        for (Node node : graph.nodes()) {
            Frame frame = model;
            if (!node.layer().isEmpty()) {
                for (String part : node.layer().split("\\.", -1)) {
                    frame = frame.inner.computeIfAbsent(part, p -> new Frame());
                }
            }
            frame.nodes.add(node);
        }
        text.append("digraph model {\n  node [shape=box, fontname=\"sans-serif\"];\n");
        frame(model, "  ");
        for (Node node : graph.nodes()) {
            for (int input : node.inputs()) {
                text.append("  n%d -> n%d;\n".formatted(input, node.id()));
            }
        }
        return text.append("}\n").toString();
    }

    private void frame(Frame frame, String indent) {
        for (Node node : frame.nodes) {
            text.append(indent)
                    .append("n%d [label=\"%s\\n%s\"%s];\n"
                            .formatted(node.id(), escaped(node.name()), node.result(), style(node)));
        }
        frame.inner.forEach((name, inner) -> {
            text.append(indent)
                    .append("subgraph cluster_%d {\n%s  label=\"%s\";\n".formatted(frames++, indent, escaped(name)));
            frame(inner, indent + "  ");
            text.append(indent).append("}\n");
        });
    }

    private static String style(Node node) {
        return switch (node.kind()) {
            case OPERATION -> ", style=rounded";
            case PARAMETER, CONSTANT -> ", style=dashed";
            case INPUT, OUTPUT -> ", style=bold";
        };
    }

    private static String escaped(String name) {
        return name.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", " ");
    }
}
