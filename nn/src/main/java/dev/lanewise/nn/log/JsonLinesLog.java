package dev.lanewise.nn.log;

import dev.lanewise.nn.io.AtomicFile;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.InputLimits;
import dev.lanewise.nn.shared.ReadLimits;
import dev.lanewise.nn.train.Callback;
import dev.lanewise.nn.train.EpochFigures;
import dev.lanewise.nn.train.StepFigures;
import dev.lanewise.nn.train.Training;
import dev.lanewise.tensor.TensorException;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Writes a file with a line of JSON for every n-th step and for every epoch:
 *
 * <pre>{@code
 * {"kind":"step","step":100,"epoch":1,"loss":0.31,"learning_rate":0.1,"gradient_norm":1.7}
 * {"kind":"epoch","step":469,"epoch":1,"train_loss":0.24,...}
 * }</pre>
 *
 * <p>A number that is not finite is a string: {@code "NaN"}. Resumed training continues its file, and lines of steps
 * that are repeated are dropped, so a file has every step once. Lines are written immediately.
 */
public final class JsonLinesLog implements Callback {
    private static final String KIND = "lines of JSON with a step each";
    private static final JsonFactory JSON = new JsonFactory();

    private final Path file;
    private final int everySteps;
    private boolean open;

    /**
     * A log that writes a line of JSON for every epoch.
     *
     * @param file the file to write
     * @throws TensorException if {@code everySteps} is negative
     */
    public JsonLinesLog(Path file) {
        this(file, 0);
    }

    /**
     * A log that writes a line of JSON for every epoch.
     *
     * @param file the file to write, in an existing folder
     * @param everySteps 1 for every step, 100 for every hundredth, 0 for none
     * @throws TensorException if {@code everySteps} is negative
     */
    public JsonLinesLog(Path file, int everySteps) {
        Objects.requireNonNull(file, "file");
        if (everySteps < 0) {
            throw new TensorException(
                    "json lines: every " + everySteps + " steps (expected 0 or more); check the number");
        }
        this.file = file;
        this.everySteps = everySteps;
    }

    @Override
    public void onStart(Training training) {
        open = false;
    }

    @Override
    public void onStep(Training training, StepFigures figures) {
        open(figures.step());
        if (everySteps > 0 && figures.step() % everySteps == 0) {
            Map<String, Double> values = new LinkedHashMap<>();
            values.put("loss", figures.loss());
            values.put("learning_rate", figures.rate());
            values.putAll(figures.more());
            append("step", figures.step(), figures.epoch(), values);
        }
    }

    @Override
    public void onEpochEnd(Training training, EpochFigures figures) {
        // without a step of its own, as when training was saved at its end, only the epoch's line is new
        open(figures.step() + 1);
        append("epoch", figures.step(), figures.epoch(), figures.asMap());
    }

    /** Begins the file, or drops the lines from a step on. */
    private void open(long firstStep) {
        if (open) {
            return;
        }
        try {
            List<String> lines = firstStep > 1 && Files.isRegularFile(file) ? lines() : List.of();
            List<String> kept = new ArrayList<>();
            for (int i = 0; i < lines.size(); i++) {
                OptionalLong step = step(lines.get(i));
                // only the last line can have been cut off when the previous run ended
                if (step.isEmpty() && i < lines.size() - 1) {
                    throw new BadFileException(file, "the line '" + lines.get(i) + "'", KIND, "choose another file");
                }
                if (step.isPresent() && step.getAsLong() < firstStep) {
                    kept.add(lines.get(i));
                }
            }
            // What is not a regular file, such as a terminal, is only appended to.
            if (!Files.exists(file) || Files.isRegularFile(file)) {
                replace(kept);
            }
            open = true;
        } catch (CharacterCodingException notText) {
            throw new BadFileException(file, "bytes that are not UTF-8", KIND, "choose another file", notText);
        } catch (IOException failure) {
            throw BadFileException.unwritable(file, failure);
        }
    }

    private List<String> lines() throws IOException {
        ReadLimits.checkHeap(file, 3 * InputLimits.length(file, KIND));
        return Files.readAllLines(file);
    }

    /** Replaces the file as a whole, so that a crash does not lose the lines of the previous run. */
    private void replace(List<String> lines) {
        StringBuilder text = new StringBuilder();
        lines.forEach(line -> text.append(line).append('\n'));
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text.toString());
        AtomicFile.write(file, channel -> channel.write(bytes));
    }

    /** The step that a line belongs to, empty if the line is not one of this log's. */
    private static OptionalLong step(String line) {
        try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), line)) {
            OptionalLong step = OptionalLong.empty();
            if (json.nextToken() != JsonToken.START_OBJECT) {
                return step;
            }
            for (String name = json.nextName(); name != null; name = json.nextName()) {
                JsonToken value = json.nextToken();
                if (name.equals("step") && value == JsonToken.VALUE_NUMBER_INT) {
                    step = OptionalLong.of(json.getLongValue());
                }
                json.skipChildren();
            }
            return json.currentToken() == JsonToken.END_OBJECT ? step : OptionalLong.empty();
        } catch (JacksonException malformed) {
            return OptionalLong.empty();
        }
    }

    private void append(String kind, long step, int epoch, Map<String, Double> values) {
        StringWriter line = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), line)) {
            json.writeStartObject();
            json.writeStringProperty("kind", kind);
            json.writeNumberProperty("step", step);
            json.writeNumberProperty("epoch", epoch);
            values.forEach(json::writeNumberProperty);
            json.writeEndObject();
        }
        try {
            Files.writeString(file, line.append('\n').toString(), StandardOpenOption.APPEND);
        } catch (IOException failure) {
            throw BadFileException.unwritable(file, failure);
        }
    }
}
