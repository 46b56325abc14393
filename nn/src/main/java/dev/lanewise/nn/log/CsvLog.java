package dev.lanewise.nn.log;

import de.siegmar.fastcsv.writer.CsvWriter;
import dev.lanewise.nn.io.AtomicFile;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.train.Callback;
import dev.lanewise.nn.train.EpochFigures;
import dev.lanewise.nn.train.Training;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Writes a CSV file with a row for every epoch: {@code epoch}, {@code step} and the figures of
 * {@link EpochFigures#asMap}. After every epoch it is rewritten as a whole, so that it never holds half a row, nor rows
 * that a resumed training did not come from. A figure that an epoch does not have is an empty cell.
 */
public final class CsvLog implements Callback {
    private final Path file;

    /**
     * Writes to a file in an existing folder; an existing file is replaced.
     *
     * @param file the file to write
     */
    public CsvLog(Path file) {
        Objects.requireNonNull(file, "file");
        this.file = file;
    }

    /**
     * Writes the epochs so far.
     *
     * @throws BadFileException if the file cannot be written; an old one is then unchanged
     */
    @Override
    public void onEpochEnd(Training training, EpochFigures figures) {
        write(file, training.history());
    }

    /**
     * Writes epochs as this log does.
     *
     * @param file the file to write
     * @param history one epoch after the other
     * @throws BadFileException if the file cannot be written; an old one is then unchanged
     */
    public static void write(Path file, List<EpochFigures> history) {
        Set<String> names = new LinkedHashSet<>();
        history.forEach(epoch -> names.addAll(epoch.asMap().keySet()));
        StringWriter text = new StringWriter();
        CsvWriter csv = CsvWriter.builder().bufferSize(0).build(text);
        List<String> header = new ArrayList<>(List.of("epoch", "step"));
        header.addAll(names);
        csv.writeRecord(header);
        for (EpochFigures epoch : history) {
            Map<String, Double> figures = epoch.asMap();
            List<String> row = new ArrayList<>();
            row.add(Integer.toString(epoch.epoch()));
            row.add(Long.toString(epoch.step()));
            for (String name : names) {
                Double figure = figures.get(name);
                row.add(figure == null ? "" : figure.toString());
            }
            csv.writeRecord(row);
        }
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text.toString());
        AtomicFile.write(file, channel -> {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        });
    }
}
