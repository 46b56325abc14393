package dev.lanewise.nn.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.testkit.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import jdk.jfr.EventType;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the JDK's Flight Recorder is told of. */
class EventsTest {
    @TempDir
    Path folder;

    @Test
    void stepsAndOperationsAreRecordedWhileSomebodyAsks() throws IOException {
        List<StepFigures> figures = new ArrayList<>();
        Layer model = Toy.plainModel(1);
        Trainer trainer = new Trainer(model, new CrossEntropyLoss(), new Sgd(model.parameters(), 0.1))
                .callbacks(new Callback() {
                    @Override
                    public void onStep(Training training, StepFigures step) {
                        figures.add(step);
                    }
                });
        Path file = folder.resolve("trained.jfr");
        try (Recording recording = new Recording()) {
            recording.enable("dev.lanewise.TrainingStep").withThreshold(Duration.ZERO);
            recording.enable("dev.lanewise.Operation").withThreshold(Duration.ZERO);
            recording.start();
            trainer.fit(Toy.loader(16), 1);
            Tensor.ones(3, 4).matmul(Tensor.ones(4, 5));
            recording.stop();
            recording.dump(file);
        }
        List<RecordedEvent> events = RecordingFile.readAllEvents(file);
        List<RecordedEvent> steps = events.stream()
                .filter(event -> event.getEventType().getName().equals("dev.lanewise.TrainingStep"))
                .toList();
        assertThat(steps).hasSameSizeAs(figures).hasSizeGreaterThan(1);
        for (int i = 0; i < steps.size(); i++) {
            assertThat(steps.get(i).getLong("step")).isEqualTo(figures.get(i).step());
            assertThat(steps.get(i).getLong("samples")).isEqualTo(figures.get(i).size());
            assertThat(steps.get(i).getDouble("loss")).isEqualTo(figures.get(i).loss());
            assertThat(steps.get(i).getDuration()).isPositive();
        }
        assertThat(events)
                .filteredOn(event -> event.getEventType().getName().equals("dev.lanewise.Operation"))
                .hasSizeGreaterThan(10 * steps.size())
                .anyMatch(event -> event.getString("operation").equals("matmul")
                        && event.getString("device").equals("cpu")
                        && event.getString("result").contains("[3, 5]"));
    }

    @Test
    void operationsAreOnlyRecordedOnDemand() {
        FlightRecorder recorder = FlightRecorder.getFlightRecorder();
        Tensor.ones(2).add(1);
        assertThat(recorder.getEventTypes())
                .filteredOn(type -> type.getName().startsWith("dev.lanewise.Operation"))
                .allMatch(type -> type.getSettingDescriptors().stream()
                        .filter(setting -> setting.getName().equals("enabled"))
                        .allMatch(setting -> setting.getDefaultValue().equals("false")))
                .extracting(EventType::getName)
                .containsExactly("dev.lanewise.Operation");
    }

    /** Its start takes longer than everything else that the first operation of a process does. */
    @Test
    void operationsDoNotStartTheRecorder() throws Exception {
        String printed = ChildJvm.run(List.of(), FirstOperation.class);
        assertThat(printed.lines()).last().isEqualTo("3.0 false");
    }

    /** What the process runs. */
    static final class FirstOperation {
        private FirstOperation() {}

        public static void main(String[] args) {
            double sum = Tensor.of(1f).add(Tensor.of(2f)).item();
            System.out.println(sum + " " + FlightRecorder.isInitialized());
        }
    }
}
