package dev.lanewise.cuda.kernel;

import java.util.List;

/**
 * A program in CUDA C.
 *
 * @param name what messages call it
 * @param code the program
 * @param entryPoints its kernels
 */
public record KernelSource(String name, String code, List<String> entryPoints) {
    /** Copies the list. */
    public KernelSource {
        entryPoints = List.copyOf(entryPoints);
    }
}
