package dev.lanewise.cpu.quant;

import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.matrix.IntegerProduct;

/** Runs {@link IntegerProduct}. */
public final class IntegerProducts {
    private IntegerProducts() {}

    /** Computes the product. */
    public static void run(IntegerProduct op, Tensor[] inputs, Tensor[] outputs) {
        IntegerPanels.run(inputs, outputs[0], op.scaled());
    }
}
