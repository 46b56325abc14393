package dev.lanewise.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the JDK's Flight Recorder is told of. */
class EventsTest {
    @TempDir
    Path folder;

    private static List<RecordedEvent> of(String name, List<RecordedEvent> events) {
        return events.stream()
                .filter(event -> event.getEventType().getName().equals(name))
                .toList();
    }

    @Test
    void requestsAndBatchesAreRecorded() throws IOException {
        Path file = folder.resolve("served.jfr");
        try (Recording recording = new Recording()) {
            recording.enable("dev.lanewise.Request").withThreshold(Duration.ZERO);
            recording.enable("dev.lanewise.Batch").withThreshold(Duration.ZERO);
            recording.start();
            try (Server server = Server.builder()
                            .model("twice", "7", TestServable.doubling())
                            .model("words", "1", Servable.of(SmallGenerator.in(folder.resolve("words"))))
                            .warmUp(Duration.ZERO)
                            .start();
                    Client client = Client.of(server)) {
                client.post("/v2/models/twice/infer", TestServable.ROW);
                client.get("/none");
                client.post("/v1/completions", "{\"model\":\"words\",\"prompt\":\"cats\",\"max_tokens\":5}");
            }
            recording.stop();
            recording.dump(file);
        }
        List<RecordedEvent> events = RecordingFile.readAllEvents(file);
        assertThat(of("dev.lanewise.Request", events))
                .extracting(
                        event -> event.getString("route"),
                        event -> event.getString("model"),
                        event -> event.getInt("status"))
                .containsExactlyInAnyOrder(
                        tuple("infer", "twice", 200), tuple("none", "", 404), tuple("completions", "words", 200));
        List<RecordedEvent> batches = of("dev.lanewise.Batch", events);
        assertThat(batches)
                .filteredOn(event -> event.getString("model").equals("twice/7"))
                .singleElement()
                .matches(event -> event.getInt("requests") == 1 && event.getLong("rows") == 1);
        assertThat(batches)
                .filteredOn(event -> event.getString("model").equals("words/1"))
                .hasSize(5);
        assertThat(batches).allMatch(event -> event.getDuration().isPositive());
    }
}
