package dev.lanewise.bench;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;

/**
 * Makes random operands.
 *
 * @param device the device that they are on
 * @param dtype the type of normal numbers
 * @param rng the source of the random numbers
 */
record Operands(Device device, DType dtype, Rng rng) {
    /** Standard normal numbers. */
    Tensor normal(long... sizes) {
        return rng.randn(DType.F32, sizes).to(dtype).to(device);
    }

    /** Uniform numbers on [0, 1) of type F32. */
    Tensor uniform(long... sizes) {
        return rng.rand(DType.F32, sizes).to(device);
    }

    /** Whole numbers from 0 to below a bound, of type I64. */
    Tensor below(long bound, long... sizes) {
        return rng.randint(0, bound, sizes).to(device);
    }
}
