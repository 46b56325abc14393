package dev.lanewise.cpu.parallel;

/** Work on the half-open range {@code [from, to)}. */
@FunctionalInterface
public interface RangeBody {
    /** Does the part of the work that lies in {@code [from, to)}. */
    void run(long from, long to);
}
