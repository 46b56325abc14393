package dev.lanewise.nn.train;

import dev.lanewise.nn.io.CheckpointException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The position of training between two steps.
 *
 * @param epoch how many epochs are finished
 * @param step how many updates have been made
 * @param batches how many batches of the current epoch are done
 * @param samples how many samples they had
 * @param losses the sum of the samples' losses
 * @param nanos how long they took
 */
record Position(int epoch, long step, long batches, long samples, double losses, long nanos) {
    static final Position START = new Position(0, 0, 0, 0, 0, 0);
    static final String HEADING = "position";

    private static final String OF = "of";

    /** Larger whole numbers are not exact in the file. */
    private static final long MOST = 1L << 53;

    Position after(long moreBatches, long moreSamples, double loss, long moreNanos) {
        return new Position(
                epoch,
                step + 1,
                batches + moreBatches,
                samples + moreSamples,
                losses + loss * moreSamples,
                nanos + moreNanos);
    }

    Position nextEpoch() {
        return new Position(epoch + 1, step, 0, 0, 0, 0);
    }

    StepFigures figures(long size, double loss, double rate, Map<String, Double> more) {
        return new StepFigures(epoch + 1, step, samples, size, loss, losses / samples, rate, more);
    }

    EpochFigures figures(double rate, Map<String, Double> validation) {
        return new EpochFigures(epoch + 1, step, samples, nanos / 1e9, losses / samples, rate, validation);
    }

    /**
     * The position as figures.
     *
     * @param ofBatches how many batches the epoch has
     */
    Map<String, Double> note(long ofBatches) {
        Map<String, Double> note = new LinkedHashMap<>();
        note.put("epoch", (double) epoch);
        note.put("step", (double) step);
        note.put("batches", (double) batches);
        note.put(OF, (double) ofBatches);
        note.put("samples", (double) samples);
        note.put("losses", losses);
        note.put("nanos", (double) nanos);
        return note;
    }

    /**
     * The position that {@link #note(long)} wrote.
     *
     * @throws CheckpointException if a number makes no sense, or it is in the middle of an epoch with another number of
     *     batches
     */
    static Position of(Path file, Map<String, Double> note, long ofBatches) {
        Position position = new Position(
                (int) whole(file, note, "epoch", Integer.MAX_VALUE),
                whole(file, note, "step", MOST),
                whole(file, note, "batches", MOST),
                whole(file, note, "samples", MOST),
                note.getOrDefault("losses", 0.0),
                whole(file, note, "nanos", MOST));
        if (!Double.isFinite(position.losses)) {
            throw refused(file, "losses", position.losses, "a finite number");
        }
        long of = whole(file, note, OF, MOST);
        if (position.batches > 0 && of != ofBatches) {
            throw new CheckpointException(
                    file,
                    "a training in the middle of an epoch of " + of + " batches",
                    "one of " + ofBatches + " batches",
                    "resume with the same data and batch size");
        }
        return position;
    }

    private static long whole(Path file, Map<String, Double> note, String name, long most) {
        double value = note.getOrDefault(name, 0.0);
        if (!(value >= 0 && value <= most && value == Math.rint(value))) {
            throw refused(file, name, value, "a whole number from 0 to " + most);
        }
        return (long) value;
    }

    private static CheckpointException refused(Path file, String name, double found, String expected) {
        return new CheckpointException(
                file,
                found + " for '" + name + "' of the training",
                expected,
                "the file is damaged: take an earlier one");
    }

    /** An epoch's figures by name. */
    static Map<String, Double> note(EpochFigures figures) {
        Map<String, Double> note = new LinkedHashMap<>();
        note.put("step", (double) figures.step());
        note.put("samples", (double) figures.samples());
        note.put("seconds", figures.seconds());
        note.put("loss", figures.loss());
        note.put("rate", figures.rate());
        figures.validation().forEach((name, value) -> note.put(EpochFigures.VALIDATION + name, value));
        return note;
    }

    /** The figures that {@link #note(EpochFigures)} wrote. */
    static EpochFigures figures(Path file, int epoch, Map<String, Double> note) {
        Map<String, Double> validation = new LinkedHashMap<>();
        note.forEach((name, value) -> {
            if (name.startsWith(EpochFigures.VALIDATION)) {
                validation.put(name.substring(EpochFigures.VALIDATION.length()), value);
            }
        });
        return new EpochFigures(
                epoch,
                whole(file, note, "step", MOST),
                whole(file, note, "samples", MOST),
                note.getOrDefault("seconds", 0.0),
                note.getOrDefault("loss", Double.NaN),
                note.getOrDefault("rate", 0.0),
                validation);
    }
}
