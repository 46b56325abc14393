package dev.lanewise.cpu.plan;

/**
 * What is to be computed, without the numbers: an operation with the types, sizes and strides of its operands, and whatever
 * setting bears on how it is computed. A value: of two equal problems one plan serves both.
 */
public interface Problem {
    /**
     * Decides how to compute it, by the problem and the number of threads alone. {@link Plans} asks once.
     *
     * @param threads that will share the work; results do not depend on it
     */
    Kernel plan(int threads);
}
