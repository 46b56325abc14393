package dev.lanewise.bench.steady;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.bench.Child;
import dev.lanewise.testkit.ChildJvm;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * No kernel depends on the luck of the compiler: whatever ran before, C2 leaves no access to memory and no vector
 * operation as a call because a method has grown too large for it.
 */
class CompiledKernelsTest {
    private static final int ORDERS = 2;

    /** Types of the full tour's orders. */
    private static final List<List<String>> FULL_ORDERS =
            List.of(List.of("F32", "F64"), List.of("F32"), List.of("F64"));

    @TempDir
    private Path folder;

    /**
     * What one order leaves in a method that hands out work is chance; what two leave is a method too large. Kernels of F64
     * are generated from the same templates; the test below runs them too.
     */
    @Test
    void noAccessIsLeftAsCallWhateverRanBefore() throws Exception {
        Map<String, Integer> found = new TreeMap<>();
        for (int seed = 1; seed <= ORDERS; seed++) {
            String milliseconds =
                    Integer.getInteger("lanewise.tour.milliseconds", 15).toString();
            for (String call : leftAsCalls(List.of("-XX:+UseSerialGC"), seed, milliseconds, List.of("F32"))) {
                found.merge(call, 1, Integer::sum);
            }
        }
        found.values().removeIf(times -> times < 2);
        assertThat(found).isEmpty();
    }

    /**
     * In the time of the test above most kernels are not compiled; here all are, which takes half a minute an order.
     * {@code lanewise.tour.seed} is the seed of the first order.
     */
    @Test
    @Tag("long")
    void noOrderOfAllKernelsLeavesAnAccessAsCall() throws Exception {
        Map<String, Set<String>> found = new TreeMap<>();
        int seed = Integer.getInteger("lanewise.tour.seed", 1);
        for (List<String> types : FULL_ORDERS) {
            Set<String> calls = leftAsCalls(KernelTour.FLAGS, seed, KernelTour.UNTIL_COMPILED, types);
            if (!calls.isEmpty()) {
                found.put("seed " + seed + ", " + String.join(" and ", types), calls);
            }
            seed++;
        }
        assertThat(found).isEmpty();
    }

    private Set<String> leftAsCalls(List<String> flags, long seed, String milliseconds, List<String> types)
            throws Exception {
        Path recording = folder.resolve("tour.jfr");
        List<String> arguments = new ArrayList<>(List.of(Long.toString(seed), recording.toString(), milliseconds));
        arguments.addAll(types);
        Path log = folder.resolve("tour.log");
        Process tour = new ProcessBuilder(Child.java(flags, KernelTour.class, arguments))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        assertThat(tour.waitFor(10, TimeUnit.MINUTES))
                .as(() -> ChildJvm.printed(log))
                .isTrue();
        assertThat(tour.exitValue()).as(() -> ChildJvm.printed(log)).isZero();
        return Inlining.leftAsCalls(recording);
    }
}
