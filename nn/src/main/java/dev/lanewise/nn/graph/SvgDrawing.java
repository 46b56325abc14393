package dev.lanewise.nn.graph;

import dev.lanewise.nn.graph.ModelGraph.Kind;
import dev.lanewise.nn.graph.ModelGraph.Node;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Draws a graph in rows, a node below all that it takes, and orders each row by the mean position of what its nodes take
 * (the first sweep of Sugiyama, Tagawa and Toda, 1981). Parameters and constants stand one row above their first use.
 */
final class SvgDrawing {
    private static final int WIDTH = 190;
    private static final int HEIGHT = 40;
    private static final int ACROSS = WIDTH + 20;
    private static final int DOWN = HEIGHT + 36;
    private static final int MARGIN = 12;

    /** About as many letters fit into a box. */
    private static final int LETTERS = 28;

    private final List<Node> nodes;
    private final int[] row;
    private final double[] column;

    SvgDrawing(ModelGraph graph) {
        this.nodes = graph.nodes();
        this.row = rows(nodes);
        this.column = new double[nodes.size()];
    }

    private static int[] rows(List<Node> nodes) {
        int[] row = new int[nodes.size()];
        for (Node node : nodes) {
            for (int input : node.inputs()) {
                row[node.id()] = Math.max(row[node.id()], row[input] + 1);
            }
        }
        int[] firstUse = new int[nodes.size()];
        Arrays.fill(firstUse, Integer.MAX_VALUE);
        for (Node node : nodes) {
            for (int input : node.inputs()) {
                firstUse[input] = Math.min(firstUse[input], row[node.id()]);
            }
        }
        for (Node node : nodes) {
            boolean stored = node.kind() == Kind.PARAMETER || node.kind() == Kind.CONSTANT;
            if (stored && firstUse[node.id()] < Integer.MAX_VALUE) {
                row[node.id()] = firstUse[node.id()] - 1;
            }
        }
        return row;
    }

    String text() {
        int rows = Arrays.stream(row).max().orElse(-1) + 1;
        List<List<Node>> byRow = new ArrayList<>();
        for (int i = 0; i < rows; i++) {
            byRow.add(new ArrayList<>());
        }
        nodes.forEach(node -> byRow.get(row[node.id()]).add(node));
        int widest = 1;
        for (List<Node> members : byRow) {
            members.sort(Comparator.comparingDouble(this::wanted));
            widest = Math.max(widest, members.size());
            place(members);
        }
        StringBuilder svg = new StringBuilder("""
                <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">
                <rect width="100%%" height="100%%" fill="white"/>
                """.formatted(2 * MARGIN + widest * ACROSS, 2 * MARGIN + rows * DOWN));
        for (Node node : nodes) {
            for (int input : node.inputs()) {
                line(svg, nodes.get(input), node, widest);
            }
        }
        for (Node node : nodes) {
            box(svg, node, widest);
        }
        return svg.append("</svg>\n").toString();
    }

    private double wanted(Node node) {
        return node.inputs().stream()
                .mapToDouble(input -> column[input])
                .average()
                .orElse(0);
    }

    /** Around the middle, which is 0. */
    private void place(List<Node> members) {
        for (int i = 0; i < members.size(); i++) {
            column[members.get(i).id()] = i - (members.size() - 1) / 2.0;
        }
    }

    private int x(Node node, int widest) {
        return (int) Math.round(MARGIN + (column[node.id()] + widest / 2.0) * ACROSS);
    }

    private int y(Node node) {
        return MARGIN + row[node.id()] * DOWN;
    }

    private void line(StringBuilder svg, Node from, Node to, int widest) {
        svg.append("<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"gray\"/>\n"
                .formatted(x(from, widest), y(from) + HEIGHT, x(to, widest), y(to)));
    }

    private void box(StringBuilder svg, Node node, int widest) {
        String fill = switch (node.kind()) {
            case OPERATION -> "#dbe9f6";
            case PARAMETER, CONSTANT -> "#eeeeee";
            case INPUT, OUTPUT -> "#fbe3c8";
        };
        int x = x(node, widest);
        int y = y(node);
        String full = (node.layer().isEmpty() ? "" : node.layer() + ": ") + node.name() + " " + node.result();
        svg.append("""
                <g><title>%s</title><rect x="%d" y="%d" width="%d" height="%d" rx="4" fill="%s" stroke="black"/>
                <text x="%d" y="%d" text-anchor="middle">%s</text>
                <text x="%d" y="%d" text-anchor="middle" fill="gray">%s</text></g>
                """.formatted(
                        escaped(full),
                        x - WIDTH / 2,
                        y,
                        WIDTH,
                        HEIGHT,
                        fill,
                        x,
                        y + 16,
                        escaped(shortened(node.name())),
                        x,
                        y + 32,
                        escaped(shortened(node.result().toString()))));
    }

    private static String shortened(String label) {
        return label.length() <= LETTERS ? label : "…" + label.substring(label.length() - LETTERS + 1);
    }

    private static String escaped(String label) {
        return label.replaceAll("\\p{Cntrl}", " ")
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;");
    }
}
