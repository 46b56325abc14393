package dev.lanewise.cpu.plan;

/**
 * A plan: everything about one {@link Problem} that depends on its types, sizes and strides alone is decided. Kernels don't
 * change and may run in several threads at once; what a run needs beside its operands is scratch memory of its own.
 */
@FunctionalInterface
public interface Kernel {
    /**
     * Computes the result of the operands at these addresses of native memory. Nothing is checked here: sizes were when the
     * operation inferred its result, and tensors know where they are.
     *
     * @param first the first operand
     * @param second the second, 0 where there is none
     * @param third the third, or a second result, as the problem says; 0 where there is none
     * @param out receives the result, which overlaps no operand
     */
    void run(long first, long second, long third, long out);
}
