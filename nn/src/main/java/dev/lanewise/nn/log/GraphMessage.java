package dev.lanewise.nn.log;

import dev.lanewise.nn.graph.ModelGraph;
import dev.lanewise.nn.graph.ModelGraph.Node;
import java.util.ArrayList;
import java.util.List;

/**
 * A graph as TensorFlow's message {@code GraphDef}: TensorBoard frames nodes whose names share a prefix before a slash
 * (<a href="https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/graph.proto">the message</a>).
 */
final class GraphMessage {
    private static final int NODE = 1;
    private static final int VERSIONS = 4;
    private static final int PRODUCER = 22;

    private GraphMessage() {}

    static ProtoWriter of(ModelGraph graph) {
        List<String> names = new ArrayList<>();
        ProtoWriter message = new ProtoWriter();
        for (Node node : graph.nodes()) {
            names.add(name(node));
            ProtoWriter own = new ProtoWriter().text(1, names.getLast()).text(2, kind(node));
            node.inputs().forEach(input -> own.text(3, names.get(input)));
            message.message(NODE, own.message(5, shapes(node)));
        }
        return message.message(VERSIONS, new ProtoWriter().integer(1, PRODUCER));
    }

    private static String kind(Node node) {
        return switch (node.kind()) {
            case INPUT -> "Placeholder";
            case PARAMETER -> "Parameter";
            case CONSTANT -> "Const";
            case OUTPUT -> "Identity";
            case OPERATION -> node.name();
        };
    }

    /** Different for every node, with characters that TensorFlow allows in names. */
    private static String name(Node node) {
        String layer = node.layer().isEmpty() ? "" : node.layer().replace('.', '/') + "/";
        String own = node.name().substring(node.name().lastIndexOf('.') + 1);
        return (layer + own + "_" + node.id()).replaceAll("[^A-Za-z0-9_./\\-]", "_");
    }

    /** The entry {@code _output_shapes} of a node's attributes. */
    private static ProtoWriter shapes(Node node) {
        ProtoWriter shape = new ProtoWriter();
        for (long size : node.result().shape().toArray()) {
            shape.message(2, new ProtoWriter().integer(1, size));
        }
        ProtoWriter list = new ProtoWriter().message(7, shape);
        return new ProtoWriter().text(1, "_output_shapes").message(2, new ProtoWriter().message(1, list));
    }
}
