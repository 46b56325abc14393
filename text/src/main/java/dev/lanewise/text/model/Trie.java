package dev.lanewise.text.model;

/** Tokens by their code points, for searching all or the longest prefixes of a text. */
public final class Trie {
    private static final int DIRECT = 128;
    private final IntTable edges = new IntTable();
    /** Children of the root by ASCII code point. */
    private final int[] roots = new int[DIRECT];

    private int[] values = new int[64];
    private int nodes = 1;

    /** An empty trie. */
    public Trie() {
        java.util.Arrays.fill(roots, -1);
        java.util.Arrays.fill(values, -1);
    }

    /** The child of a node for a code point; -1 if there is none. The root is 0. */
    public int child(int node, int cp) {
        return node == 0 && cp < DIRECT ? roots[cp] : edges.get((long) node << 21 | cp);
    }

    /** The value at a node; -1 if no token ends there. */
    public int value(int node) {
        return values[node];
    }

    /** Adds a token with its value from 0. */
    public void put(String token, int value) {
        int node = 0;
        for (int i = 0; i < token.length(); i += Character.charCount(token.codePointAt(i))) {
            int cp = token.codePointAt(i);
            int next = child(node, cp);
            if (next < 0) {
                next = newNode();
                if (node == 0 && cp < DIRECT) {
                    roots[cp] = next;
                } else {
                    edges.put((long) node << 21 | cp, next);
                }
            }
            node = next;
        }
        values[node] = value;
    }

    private int newNode() {
        if (nodes == values.length) {
            values = java.util.Arrays.copyOf(values, 2 * nodes);
            java.util.Arrays.fill(values, nodes, values.length, -1);
        }
        return nodes++;
    }

    /** The node reached by a string from the root; -1 if there is none. */
    int find(String prefix) {
        int node = 0;
        for (int i = 0; i < prefix.length() && node >= 0; i += Character.charCount(prefix.codePointAt(i))) {
            node = child(node, prefix.codePointAt(i));
        }
        return node;
    }
}
