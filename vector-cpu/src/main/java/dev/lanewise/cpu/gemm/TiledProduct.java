package dev.lanewise.cpu.gemm;

import dev.lanewise.cpu.plan.Problem;

/**
 * A product whose right operand is given as its tiles ({@link WeightTiles}), with the same bits as the product of the
 * matrix itself.
 *
 * @param shape the product of the matrix itself
 */
public record TiledProduct(GemmShape shape) implements Problem {
    @Override
    public Gemm plan(int threads) {
        return new Gemm(shape, threads, true);
    }
}
