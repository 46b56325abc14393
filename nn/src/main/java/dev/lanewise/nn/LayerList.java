package dev.lanewise.nn;

import java.util.Iterator;
import java.util.List;
import java.util.Objects;

/**
 * Layers of one kind named by their numbers, from 0, for a parent that calls them itself; to call them one after the
 * other, use a {@link Sequential}.
 *
 * <pre>{@code
 * LayerList<Linear> heads = child("heads", new LayerList<>(List.of(new Linear(64, 10), new Linear(64, 2))));
 * Tensor y = heads.get(0).forward(x);
 * }</pre>
 *
 * @param <M> the type that they have in common
 */
public final class LayerList<M extends Layer> extends Layer implements Iterable<M> {
    private final List<M> layers;

    /**
     * A list of the given layers, which are named {@code 0}, {@code 1}, … in its state.
     *
     * @param layers the layers, which become children, named by their numbers from 0
     */
    public LayerList(List<? extends M> layers) {
        Objects.requireNonNull(layers, "layers");
        this.layers = List.copyOf(layers);
        for (int i = 0; i < this.layers.size(); i++) {
            child(Integer.toString(i), this.layers.get(i));
        }
    }

    /** {@return how many layers there are} */
    public int size() {
        return layers.size();
    }

    /**
     * A layer by its position, from 0.
     *
     * @param i the position, below the size
     * @return the layer
     * @throws IndexOutOfBoundsException if there are not so many
     */
    public M get(int i) {
        return layers.get(i);
    }

    /** {@return the layers in their order, as an unmodifiable list} */
    public List<M> asList() {
        return layers;
    }

    @Override
    public Iterator<M> iterator() {
        return layers.iterator();
    }
}
