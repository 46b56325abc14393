package dev.lanewise.nn.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.nn.Checkpoint;
import dev.lanewise.nn.Init;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Sequential;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.testkit.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How much memory loading and saving take, measured by the system in a process of its own. */
final class LoadingMemoryTest {
    private static final int LAYERS = 4;
    private static final int WIDTH = 2048;

    /** Of the parameters, which are F32. */
    private static final long MEBIBYTES = LAYERS * 4L * WIDTH * WIDTH >> 20;

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(names = {"F16", "F32", "F64"})
    void weightsAreNeverHeldTwice(DType stored) throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/self/status")), "needs /proc to see the memory of a process");
        Path small = saved("small", stored, 8);
        Path large = saved("large", stored, WIDTH);
        String printed = ChildJvm.run(
                List.of("-XX:+UseSerialGC", "-Xmx64m"),
                LoadAndSave.class,
                small.toString(),
                large.toString(),
                folder.resolve("copy.safetensors").toString());
        String last = printed.lines().reduce("", (a, b) -> b);
        assertThat(Long.parseLong(last)).as(printed).isBetween(MEBIBYTES / 2, MEBIBYTES * 3 / 2);
        if (stored == DType.F32) {
            assertThat(folder.resolve("copy.safetensors")).hasSameBinaryContentAs(large);
        }
    }

    private Path saved(String name, DType stored, int width) {
        Path file = folder.resolve(name + ".safetensors");
        TensorData weight =
                TensorData.of(new Rng(1).randn(DType.F32, width, width).to(stored));
        TensorData bias = TensorData.of(new Rng(2).randn(DType.F32, width).to(stored));
        Map<String, TensorData> state = new LinkedHashMap<>();
        for (int i = 0; i < LAYERS; i++) {
            state.put(i + ".weight", weight);
            state.put(i + ".bias", bias);
        }
        Safetensors.write(file, state);
        return file;
    }

    /** Loads and saves a small model, for the JVM's own memory, then a large one; prints the peak's growth in MiB. */
    static final class LoadAndSave {
        private LoadAndSave() {}

        public static void main(String[] args) throws IOException {
            Path copy = Path.of(args[2]);
            load(Path.of(args[0]), copy, 8);
            long before = peak();
            load(Path.of(args[1]), copy, WIDTH);
            System.out.println(peak() - before);
        }

        private static void load(Path file, Path copy, int width) {
            Layer model = Init.skip(() -> {
                Sequential layers = new Sequential();
                for (int i = 0; i < LAYERS; i++) {
                    layers.with(String.valueOf(i), new Linear(width, width));
                }
                return layers;
            });
            Checkpoint.loadWeights(file, model);
            Checkpoint.saveWeights(copy, model);
        }

        private static long peak() throws IOException {
            try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
                String found =
                        lines.filter(l -> l.startsWith("VmHWM:")).findFirst().orElseThrow();
                return Long.parseLong(found.replaceAll("\\D", "")) >> 10;
            }
        }
    }
}
