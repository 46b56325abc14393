package dev.lanewise.nn.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.Linear;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.Backends;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

final class ProfilerTest {
    @TempDir
    Path folder;

    private static Profile profile() {
        Tensor x = Tensor.ones(8, 8);
        return Profiler.record(() -> {
            for (int i = 0; i < 3; i++) {
                x.matmul(x);
            }
            x.relu();
        });
    }

    private static Profile.Row row(Profile profile, String operation) {
        return profile.rows().stream()
                .filter(row -> row.operation().equals(operation))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void operationsAreCountedByName() {
        Profile profile = profile();
        Profile.Row products = row(profile, "matmul");
        assertThat(products.calls()).isEqualTo(3);
        assertThat(products.bytes()).isEqualTo(3 * 8 * 8 * 4);
        assertThat(products.longest()).isBetween(1L, products.nanos());
        assertThat(row(profile, "relu").calls()).isEqualTo(1);
        assertThat(profile.leftOut()).isZero();
        assertThat(profile.events()).allSatisfy(event -> {
            assertThat(event.start()).isNotNegative();
            assertThat(event.start() + event.nanos()).isLessThanOrEqualTo(profile.nanos());
        });
        assertThat(profile.events())
                .extracting(Profile.Event::thread)
                .contains(Thread.currentThread().getName());
        assertThat(profile.toString())
                .contains("Operation")
                .containsPattern("matmul +3 ")
                .contains("operations in");
    }

    @Test
    void theTraceIsJsonWithOneEventForEachOperation() throws Exception {
        Profile profile = profile();
        Path file = folder.resolve("trace.json");
        profile.writeTrace(file);
        long starts = 0;
        Set<String> names = new HashSet<>();
        try (JsonParser json = new JsonFactory().createParser(ObjectReadContext.empty(), Files.readAllBytes(file))) {
            for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
                if (token == JsonToken.PROPERTY_NAME) {
                    String property = json.currentName();
                    starts += property.equals("dur") ? 1 : 0;
                    if (property.equals("name")) {
                        json.nextToken();
                        names.add(json.getString());
                    }
                }
            }
        }
        assertThat(starts).isEqualTo(profile.events().size());
        assertThat(names)
                .contains(
                        "matmul", "relu", "thread_name", Thread.currentThread().getName());
    }

    private static Profile.Memory memory(Profile profile, String... scopes) {
        return profile.memory().stream()
                .filter(row -> row.scopes().equals(List.of(scopes)))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void memoryIsCountedByScope() {
        Tensor x = Tensor.ones(256);
        Tensor[] kept = new Tensor[1];
        Profile profile = Profiler.record(() -> {
            try (Scope step = Scope.open("step")) {
                kept[0] = step.keep(x.add(1));
                for (int i = 0; i < 2; i++) {
                    try (Scope part = Scope.open("part")) {
                        part.keep(x.exp().neg()); // 2 KiB, of which one stays in the step
                    }
                }
                x.relu();
            }
            new Linear(256, 4).forward(x);
        });
        assertThat(memory(profile, "step", "part"))
                .isEqualTo(new Profile.Memory(List.of("step", "part"), 4, 4096, 3072, 0));
        assertThat(memory(profile, "step")).isEqualTo(new Profile.Memory(List.of("step"), 6, 6144, 4096, 1024));
        assertThat(memory(profile, "Linear").left()).isEqualTo(16);
        assertThat(memory(profile).bytes()).isGreaterThanOrEqualTo(6144 + 16 + 4 * 4 * 256);
        assertThat(profile.memory().getFirst().scopes()).isEmpty();
        assertThat(profile.memoryTable())
                .contains("Peak MiB")
                .containsPattern("\\Reverything +\\d+ ")
                .containsPattern("\\R {2}part +4 ");
        assertThat(kept[0].toFloatArray()[0]).isEqualTo(2f);
    }

    @Test
    void memoryOfThreadsIsAddedUp() {
        Tensor x = Tensor.ones(16);
        Profile profile = Profiler.record(() -> {
            Runnable work = () -> {
                for (int i = 0; i < 6000; i++) {
                    try (Scope outer = Scope.open("outer");
                            Scope own = Scope.open("sample " + i)) {
                        x.neg();
                    }
                }
            };
            Thread other = new Thread(work);
            other.start();
            work.run();
            try {
                other.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        Profile.Memory outer = memory(profile, "outer");
        assertThat(outer.allocations()).isEqualTo(12_000);
        assertThat(outer.bytes()).isEqualTo(12_000 * 64);
        assertThat(outer.peak()).isBetween(64L, 128L);
        assertThat(outer.left()).isZero();
        assertThat(memory(profile, "outer", "sample 5").allocations()).isEqualTo(2);
    }

    @Test
    void scopesBeyondALimitCountForThoseAroundThem() {
        MemoryByScope memory = new MemoryByScope();
        for (int i = 0; i < 20_000; i++) {
            memory.allocated(List.of("outer", "sample " + i), 1).run();
        }
        List<Profile.Memory> rows = memory.rows();
        assertThat(rows).hasSize(10_000);
        assertThat(rows.get(1)).isEqualTo(new Profile.Memory(List.of("outer"), 20_000, 20_000, 1, 0));
    }

    @Test
    void theBackendIsAsBeforeWhateverHappens() {
        Backend before = Backends.of(Device.CPU);
        assertThatThrownBy(() -> Profiler.record(() -> {
                    throw new IllegalStateException("stopped");
                }))
                .hasMessage("stopped");
        assertThatThrownBy(() -> Profiler.record(() -> Profiler.record(() -> {})))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("already recording");
        assertThatThrownBy(() -> Profiler.record(List.of(Device.CPU, Device.CPU), () -> {}))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("expected each once");
        assertThat(Backends.of(Device.CPU)).isSameAs(before);
        Profile empty = Profiler.record(List.of(), () -> Tensor.ones(2).add(1));
        assertThat(empty.events()).isEmpty();
        assertThat(empty.toString()).contains("0 operations");
    }
}
