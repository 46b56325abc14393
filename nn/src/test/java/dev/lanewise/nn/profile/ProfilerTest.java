package dev.lanewise.nn.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.tensor.Device;
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
        assertThat(Backends.of(Device.CPU)).isSameAs(before);
        Profile empty = Profiler.record(List.of(), () -> Tensor.ones(2).add(1));
        assertThat(empty.events()).isEmpty();
        assertThat(empty.toString()).contains("0 operations");
    }
}
