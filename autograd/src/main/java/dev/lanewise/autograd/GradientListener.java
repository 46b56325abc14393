package dev.lanewise.autograd;

import dev.lanewise.tensor.Tensor;

/**
 * Is told of gradients while others are still being computed, so that they can be sent to other processes meanwhile.
 *
 * @see Autograd#gradients(Tensor, java.util.List, GradientListener)
 */
@FunctionalInterface
public interface GradientListener {
    /**
     * Called, on the thread that computes, when nothing more will be added to a gradient.
     *
     * @param index which of the watched tensors it belongs to
     * @param gradient of that tensor's shape and type; to be read before the method returns, or copied
     */
    void onFinal(int index, Tensor gradient);
}
