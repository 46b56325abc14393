package dev.lanewise.nn;

import java.util.Iterator;
import java.util.List;

/**
 * Modules of one kind whose names are their numbers, from 0, for a parent that calls them itself; one that calls them one
 * after the other is a {@link Sequential}.
 *
 * <pre>{@code
 * ModuleList<Linear> heads = child("heads", new ModuleList<>(List.of(new Linear(64, 10), new Linear(64, 2))));
 * Tensor y = heads.get(0).forward(x);
 * }</pre>
 *
 * @param <M> what they have in common
 */
public final class ModuleList<M extends Module> extends Module implements Iterable<M> {
    private final List<M> modules;

    /** The modules in order. */
    public ModuleList(List<? extends M> modules) {
        this.modules = List.copyOf(modules);
        for (int i = 0; i < this.modules.size(); i++) {
            child(Integer.toString(i), this.modules.get(i));
        }
    }

    /** How many modules there are. */
    public int size() {
        return modules.size();
    }

    /** A module by its place, from 0. */
    public M get(int i) {
        return modules.get(i);
    }

    /** The modules, unmodifiable. */
    public List<M> asList() {
        return modules;
    }

    @Override
    public Iterator<M> iterator() {
        return modules.iterator();
    }
}
