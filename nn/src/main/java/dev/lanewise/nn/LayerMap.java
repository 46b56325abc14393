package dev.lanewise.nn;

import dev.lanewise.tensor.TensorException;
import java.util.Set;

/**
 * Layers under names of your own, for a parent that calls them itself, so that a model has the names of an existing
 * file. A name with dots creates nested maps.
 *
 * <pre>{@code
 * LayerMap gpt = child("transformer", new LayerMap()
 *         .with("wte", new Embedding(50257, 768))
 *         .with("ln_f", new LayerNorm(768)));              // transformer.wte.weight, transformer.ln_f.weight, ...
 * Tensor y = gpt.get("wte").forward(ids);
 * }</pre>
 */
public final class LayerMap extends Layer {
    /** A map that holds no layers yet. */
    public LayerMap() {}

    /**
     * Adds a layer and returns this map.
     *
     * @param name words separated by dots; none may be taken yet
     * @param layer the layer
     * @return this map
     * @throws TensorException if the name leads into a layer that is not a map, or is taken
     */
    public LayerMap with(String name, Layer layer) {
        int point = name.indexOf('.');
        if (point < 0) {
            child(name, layer);
            return this;
        }
        String first = name.substring(0, point);
        Layer inner = children().get(first);
        if (inner == null) {
            inner = child(first, new LayerMap());
        }
        if (!(inner instanceof LayerMap map)) {
            throw new TensorException("layer map: '" + name + "' would be inside '" + first + "', a "
                    + inner.getClass().getSimpleName()
                    + " (expected a name that is not below it); choose another name");
        }
        map.with(name.substring(point + 1), layer);
        return this;
    }

    /**
     * {@return the layer of a name}
     *
     * @param name words separated by dots
     * @throws TensorException if there is none
     */
    public Layer get(String name) {
        Layer found = this;
        for (String word : name.split("\\.", -1)) {
            found = found == null ? null : found.children().get(word);
        }
        if (found == null) {
            throw new TensorException(
                    "layer map: no layer '" + name + "' (expected one of " + names() + "); check the name");
        }
        return found;
    }

    /**
     * A layer by its name, as its own type.
     *
     * @param <M> the kind of layer
     * @param name words separated by dots
     * @param type the class that the layer must have
     * @return the layer
     * @throws TensorException if there is no layer of that name, or it is of another type
     */
    public <M extends Layer> M get(String name, Class<M> type) {
        Layer found = get(name);
        if (!type.isInstance(found)) {
            throw new TensorException("layer map: '" + name + "' is a "
                    + found.getClass().getSimpleName() + " (expected " + type.getSimpleName() + "); ask for that type");
        }
        return type.cast(found);
    }

    /** {@return the names of the layers that are directly in this map, in the order in which they were added} */
    public Set<String> names() {
        return children().keySet();
    }
}
