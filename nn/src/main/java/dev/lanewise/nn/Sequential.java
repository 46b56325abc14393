package dev.lanewise.nn;

import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Layers that run one after the other, named by their numbers, from 0, or by given names.
 *
 * <pre>{@code
 * new Sequential(new Linear(784, 100), new ReLU(), new Linear(100, 10))       // 0.weight, 0.bias, 2.weight, 2.bias
 * new Sequential().with("hidden", new Linear(784, 100)).with("act", new ReLU()).with("out", new Linear(100, 10))
 * }</pre>
 */
public final class Sequential extends Layer {
    private final List<Layer> layers;

    /**
     * The layers in the order in which they run.
     *
     * @param layers the layers, which become children, named by their numbers from 0
     */
    public Sequential(Layer... layers) {
        this.layers = new ArrayList<>();
        for (int i = 0; i < layers.length; i++) {
            this.layers.add(child(Integer.toString(i), layers[i]));
        }
    }

    /**
     * Adds a layer, which runs after those added before, under a name, and returns this one.
     *
     * @param name without dots, and not taken yet
     * @param layer the layer
     * @return this layer
     */
    public Sequential with(String name, Layer layer) {
        layers.add(child(name, layer));
        return this;
    }

    /** Whether the result of a layer or of the next one is seen or changed from outside. */
    private boolean isWatched(int i) {
        return isWatched(layers.get(i)) || isWatched(layers.get(i + 1));
    }

    private static boolean isWatched(Layer layer) {
        return layer.isHooked() || layer.isAdapted();
    }

    @Override
    protected Tensor compute(Tensor x) {
        // an observer must see every layer
        boolean fuse = CallContext.watcher() == null;
        Tensor y = x;
        for (int i = 0; i < layers.size(); i++) {
            // a product or a convolution and the ReLU behind it are one operation
            boolean whole = fuse && isRelu(i + 1) && !isWatched(i);
            if (whole && layers.get(i) instanceof Linear linear) {
                y = linear.computeWithRelu(y);
                i++;
            } else if (whole && layers.get(i) instanceof Conv2d conv) {
                y = conv.computeWithRelu(y);
                i++;
            } else {
                y = layers.get(i).forward(y);
            }
        }
        return y;
    }

    private boolean isRelu(int i) {
        return i < layers.size() && layers.get(i) instanceof ReLU;
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
     */
    public Layer get(int i) {
        return layers.get(i);
    }
}
