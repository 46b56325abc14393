package dev.lanewise.nn.profile;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counts, for every scope that threads have open, the bytes that are allocated inside it and how many of them are alive. */
final class MemoryByScope {
    /** Scopes with names made of data would grow without end: those that come later count for the scope around them only. */
    private static final int MOST = 10_000;

    private final Node all = new Node("");
    private int nodes = 1;

    /** A scope inside others. */
    private static final class Node {
        private final String name;
        private final Map<String, Node> inner = new LinkedHashMap<>();
        private long allocations;
        private long bytes;
        private long alive;
        private long peak;

        Node(String name) {
            this.name = name;
        }
    }

    /**
     * Counts an allocation.
     *
     * @param scopes the names of the open scopes, the outermost first
     * @param bytes the size
     * @return is to be run when the memory is given back
     */
    synchronized Runnable allocated(List<String> scopes, long bytes) {
        List<Node> path = new ArrayList<>();
        path.add(all);
        for (String name : scopes) {
            Node inner = inner(path.getLast(), name);
            if (inner == null) {
                break;
            }
            path.add(inner);
        }
        for (Node node : path) {
            node.allocations++;
            node.bytes += bytes;
            node.alive += bytes;
            node.peak = Math.max(node.peak, node.alive);
        }
        return () -> freed(path, bytes);
    }

    private @Nullable Node inner(Node node, String name) {
        Node inner = node.inner.get(name);
        if (inner == null && nodes < MOST) {
            inner = new Node(name);
            node.inner.put(name, inner);
            nodes++;
        }
        return inner;
    }

    private synchronized void freed(List<Node> path, long bytes) {
        path.forEach(node -> node.alive -= bytes);
    }

    /** The scopes, each before those inside it. */
    synchronized List<Profile.Memory> rows() {
        List<Profile.Memory> rows = new ArrayList<>();
        add(List.of(), all, rows);
        return rows;
    }

    private static void add(List<String> path, Node node, List<Profile.Memory> rows) {
        rows.add(new Profile.Memory(path, node.allocations, node.bytes, node.peak, node.alive));
        for (Node inner : node.inner.values()) {
            List<String> names = new ArrayList<>(path);
            names.add(inner.name);
            add(names, inner, rows);
        }
    }
}
