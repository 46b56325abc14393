package dev.lanewise.nn.optim;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;

/**
 * The type of a parameter's state, in which its steps are computed: F32 for F16, in which squares of gradients below 2e-4 are
 * 0, as is an epsilon of 1e-8.
 */
final class StateType {
    private StateType() {}

    static DType of(DType parameter) {
        return parameter == DType.F16 ? DType.F32 : parameter;
    }

    /** The tensor in that type: itself, if it has it. */
    static Tensor wide(Tensor tensor) {
        DType type = of(tensor.dtype());
        return type == tensor.dtype() ? tensor : Autograd.detach(tensor).to(type);
    }
}
