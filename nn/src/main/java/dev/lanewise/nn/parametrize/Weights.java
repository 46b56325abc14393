package dev.lanewise.nn.parametrize;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.TensorException;

/** The parameters to be parametrized. */
final class Weights {
    private Weights() {}

    static Parameter of(Layer layer, String name) {
        Parameter parameter = layer.namedParameters().get(name);
        if (parameter == null) {
            throw new TensorException("parametrize: " + layer.getClass().getSimpleName() + " has no parameter '" + name
                    + "' (expected one of " + layer.namedParameters().keySet() + "); check the name");
        }
        return parameter;
    }
}
