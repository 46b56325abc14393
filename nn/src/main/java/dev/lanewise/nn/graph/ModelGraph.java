package dev.lanewise.nn.graph;

import dev.lanewise.tensor.TensorSpec;
import java.util.List;
import java.util.Objects;

/**
 * The operations of one forward pass and what flows between them, as {@link dev.lanewise.nn.Layer#graph} found them.
 * {@link #dot} writes it for Graphviz, {@link #svg} draws it, and
 * {@link dev.lanewise.nn.log.TensorBoardLog#graph} shows it in TensorBoard.
 *
 * <p>Control flow in Java is not part of it: the graph shows what the example ran through.
 *
 * @param nodes in the order in which they ran: a node's inputs come before it, and its {@link Node#id} is its position
 */
public record ModelGraph(List<Node> nodes) {
    /** Copies the nodes. */
    public ModelGraph {
        Objects.requireNonNull(nodes, "nodes");
        nodes = List.copyOf(nodes);
    }

    /** What a node is. */
    public enum Kind {
        /** A tensor that the model is called with. */
        INPUT,
        /** A parameter or a buffer, named as in {@link dev.lanewise.nn.Layer#stateDict}. */
        PARAMETER,
        /** A tensor that is none of these and was not computed from them, a mask for example. */
        CONSTANT,
        /** An operation of the catalogue, named as in it. */
        OPERATION,
        /** A result of the model. */
        OUTPUT
    }

    /**
     * A node.
     *
     * @param id its position among the nodes
     * @param kind what it is
     * @param name the name of an operation, input, output, parameter or buffer; {@code constant} for others
     * @param layer the full name of the layer that ran or owns it, {@code features.0} for example; empty for the model
     * @param result type and shape of its tensor; of its first one if an operation has several results
     * @param inputs the numbers of the nodes that it takes, in the order of its operands
     */
    public record Node(int id, Kind kind, String name, String layer, TensorSpec result, List<Integer> inputs) {
        /** Copies the inputs. */
        public Node {
            Objects.requireNonNull(kind, "kind");
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(layer, "layer");
            Objects.requireNonNull(result, "result");
            Objects.requireNonNull(inputs, "inputs");
            inputs = List.copyOf(inputs);
        }
    }

    /**
     * The graph in the language of Graphviz, with a frame around each layer: {@code dot -Tsvg model.dot > model.svg}.
     *
     * @return the text of a DOT file (<a href="https://graphviz.org/doc/info/lang.html">the language</a>)
     */
    public String dot() {
        return new DotText(this).text();
    }

    /**
     * The graph as a drawing: inputs on top, each operation below what it takes.
     *
     * @return the text of an SVG file
     */
    public String svg() {
        return new SvgDrawing(this).text();
    }
}
