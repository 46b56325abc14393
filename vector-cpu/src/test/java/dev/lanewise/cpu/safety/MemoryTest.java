package dev.lanewise.cpu.safety;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.OutOfTensorMemoryException;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How much memory a process takes, measured by the system. */
final class MemoryTest {
    /** The JVM itself, its heap and the worker threads. */
    private static final long JVM_MEBIBYTES = 350;

    @BeforeEach
    void needsProc() {
        assumeTrue(Files.exists(Path.of("/proc/self/status")), "needs /proc to see the memory of a process");
    }

    @Test
    void manySizesTakeNoMoreThanTheLargestThatWereUsedTogether() throws Exception {
        String[] words = Children.run(ManySizes.class, List.of())
                .lines()
                .reduce("", (a, b) -> b)
                .split(" ", 2);
        long live = Long.parseLong(words[0]);
        long resident = Long.parseLong(words[1]);
        assertThat(resident).as("live %s MiB", live).isLessThan(live * 13 / 10 + JVM_MEBIBYTES);
    }

    @Test
    void beyondTheLimitIsAnExceptionAndNotTheEnd() throws Exception {
        String printed = Children.run(Limited.class, List.of("-Dlanewise.memory=" + (700L << 20)));
        assertThat(printed)
                .contains("refused: ones: out of memory")
                .contains("-Dlanewise.memory")
                .contains("then fine");
        assertThat(peak(printed)).isLessThan(700);
    }

    @Test
    void aWrongLimitIsAnErrorThatSaysSo() throws Exception {
        assertThat(Children.run(Wrong.class, List.of("-Dlanewise.memory=lots")))
                .contains("lanewise.memory: lots (expected a number of bytes");
    }

    @Test
    @Tag("long")
    void anInterruptedThreadWithoutScopesStaysBounded() throws Exception {
        assertThat(peak(Children.run(Unscoped.class, List.of(), "interrupted"))).isLessThan(1_200);
    }

    @Test
    void withoutExplicitCollectionsMemoryStaysBounded() throws Exception {
        assertThat(peak(Children.run(Unscoped.class, List.of("-XX:+DisableExplicitGC"))))
                .isLessThan(1_200);
    }

    @Test
    void threadsThatEndWithAnOpenScopeGiveItsMemoryBack() throws Exception {
        assertThat(peak(Children.run(DeadThreads.class, List.of()))).isLessThan(1_200);
    }

    private static long peak(String printed) {
        String last = printed.lines().reduce("", (a, b) -> b);
        return Long.parseLong(last.replaceAll("\\D", ""));
    }

    /** Tensors of hundreds of sizes, large and small ones, 300 MiB of them at a time. */
    static final class ManySizes {
        private static final long LIVE = 200L << 20;

        private ManySizes() {}

        public static void main(String[] args) throws Exception {
            for (int round = 0; round < 21; round++) {
                long bytes = round % 3 == 0 ? 20_000 + 700L * round : (1 + 3L * round) << 18;
                try (var scope = Scope.open("round")) {
                    for (long used = 0; used + bytes <= LIVE; used += bytes) {
                        Tensor.full(1, DType.I8, Device.CPU, bytes);
                    }
                }
            }
            System.out.println((LIVE >> 20) + " " + Children.mebibytes("VmHWM"));
        }
    }

    /** Takes memory until there is none, lets go, and computes on. */
    static final class Limited {
        private Limited() {}

        public static void main(String[] args) throws Exception {
            try (var scope = Scope.open("greedy")) {
                while (true) {
                    Tensor.ones(10 << 20);
                }
            } catch (OutOfTensorMemoryException e) {
                System.out.println("refused: " + e.getMessage());
            }
            if (Tensor.ones(20 << 20).sum().item() == 20 << 20) {
                System.out.println("then fine");
            }
            System.out.println("peak " + Children.mebibytes("VmHWM"));
        }
    }

    /** Asks for a tensor under a limit that is no number. */
    static final class Wrong {
        private Wrong() {}

        public static void main(String[] args) {
            for (int i = 0; i < 2; i++) {
                try {
                    System.out.println(Tensor.ones(1));
                } catch (RuntimeException e) {
                    System.out.println(e.getMessage());
                }
            }
        }
    }

    /** 4 GiB in 1,000 tensors that nobody holds, outside every scope. */
    static final class Unscoped {
        private Unscoped() {}

        public static void main(String[] args) throws Exception {
            for (int i = 0; i < 1_000; i++) {
                if (args.length > 0) {
                    Thread.currentThread().interrupt();
                }
                Tensor.ones(1 << 20);
            }
            if (args.length > 0 && !Thread.interrupted()) {
                throw new AssertionError("the interrupt was lost");
            }
            System.out.println("peak " + Children.mebibytes("VmHWM"));
        }
    }

    /** 500 threads that leave 4 MiB each in a scope they don't close. */
    static final class DeadThreads {
        private DeadThreads() {}

        public static void main(String[] args) throws Exception {
            List<Tensor> used = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                boolean first = i == 0;
                Thread thread = new Thread(() -> {
                    Scope.open("left open");
                    Tensor tensor = Tensor.full(7, DType.F32, Device.CPU, 1 << 20);
                    if (first) {
                        used.add(tensor);
                    }
                });
                thread.start();
                thread.join();
            }
            if (used.getFirst().amin().item() != 7) {
                throw new AssertionError("a tensor in use was taken");
            }
            System.out.println("peak " + Children.mebibytes("VmHWM"));
        }
    }
}
