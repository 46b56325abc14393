package dev.lanewise.cpu.gemm;

/** One planned product; an object serves one call at a time and is reused. */
sealed interface Product permits BlockedProduct, FewRowsProduct, VectorProduct {
    /**
     * Computes the product of the operands at these addresses.
     *
     * @param bias ignored when the product has none
     * @param parallel whether other threads may help
     */
    void run(long a, long b, long c, long bias, boolean parallel);
}
