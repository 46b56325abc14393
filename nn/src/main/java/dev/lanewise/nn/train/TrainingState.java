package dev.lanewise.nn.train;

import dev.lanewise.nn.Checkpoint;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.io.AtomicFile;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.CheckpointException;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.SafetensorsFile;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything that training needs to continue bit for bit, in two files. One holds the weights as {@link Checkpoint}
 * writes them (the averages, if an average is kept), for inference and for PyTorch. The other, next to it, whose name
 * ends in {@value #SUFFIX}, holds everything: weights, optimizer, average, the positions of the random streams, and
 * notes. It is complete in itself and written first, so that a crash between the two loses nothing. {@link Trainer}
 * uses this class; a loop written by hand can use it as well.
 *
 * @param model the model
 * @param optimizer the optimizer that changes its weights
 * @param average the average of its weights, or null
 * @param streams the random streams it draws from
 */
public record TrainingState(
        Layer model, Optimizer optimizer, @Nullable WeightAverage average, List<Rng> streams) {
    /** Holds the given values, of which only {@code average} may be null. */
    public TrainingState {
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(optimizer, "optimizer");
        Objects.requireNonNull(streams, "streams");
    }

    /** The suffix of the state file's name. */
    public static final String SUFFIX = ".training";

    private static final String MODEL = "model";
    private static final String OPTIMIZER = "optimizer";
    private static final String AVERAGE = "average";
    private static final String STEPS = "lanewise.steps";
    private static final String NOTE = "note.";

    /**
     * The state of a model, without an average of its weights, that draws from the global random stream and from the
     * streams of its layers.
     *
     * <pre>{@code
     * TrainingState.of(model, optimizer).save(file);      // after an epoch of a loop of your own
     * TrainingState.of(model, optimizer).restore(file);   // before it continues
     * }</pre>
     *
     * @param model the model
     * @param optimizer its optimizer
     * @return the state, which is read when it is saved
     */
    public static TrainingState of(Layer model, Optimizer optimizer) {
        return of(model, optimizer, null);
    }

    /**
     * The state of a model that draws from the global random stream and from the streams of its layers.
     *
     * @param model the model
     * @param optimizer its optimizer
     * @param average the average of its weights, or null
     * @return the state, which is read when it is saved
     */
    public static TrainingState of(Layer model, Optimizer optimizer, @Nullable WeightAverage average) {
        Objects.requireNonNull(optimizer, "optimizer");
        Set<Rng> streams = new LinkedHashSet<>();
        streams.add(Rng.global());
        streams.addAll(model.randomStreams());
        return new TrainingState(model, optimizer, average, List.copyOf(streams));
    }

    /**
     * Writes the state without notes: the weights to a file, and all of it to another beside it.
     *
     * @param file the file for the weights
     */
    public void save(Path file) {
        save(file, Map.of());
    }

    /**
     * Writes the weights to a file, and all of the state with the notes to another beside it.
     *
     * @param file the file for the weights
     * @param notes figures by name, under headings: the position of training
     */
    public void save(Path file, Map<String, Map<String, Double>> notes) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        put(tensors, MODEL, model.stateDict());
        put(tensors, OPTIMIZER, optimizer.stateDict());
        put(tensors, AVERAGE, average == null ? Map.of() : average.tensors());
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put(MODEL, model.getClass().getSimpleName());
        facts.put(OPTIMIZER, optimizer.getClass().getSimpleName());
        facts.put(STEPS, Long.toString(optimizer.steps()));
        facts.put("optimizer.rate", Double.toString(optimizer.rate()));
        for (int i = 0; i < streams.size(); i++) {
            facts.put("rng." + i + ".seed", Long.toString(streams.get(i).seed()));
            facts.put("rng." + i + ".counter", Long.toString(streams.get(i).counter()));
        }
        notes.forEach((heading, figures) -> facts.put(NOTE + heading, Notes.text(figures)));
        Safetensors.writeTensors(stateFile(file), tensors, facts);
        Safetensors.writeTensors(file, weights(), Map.of(STEPS, Long.toString(optimizer.steps())));
    }

    /** The weights to use: the model's, with the averages in place of its parameters if there are any. */
    private Map<String, Tensor> weights() {
        Map<String, Tensor> weights = new LinkedHashMap<>(model.stateDict());
        if (average != null) {
            weights.putAll(average.tensors());
        }
        return weights;
    }

    private static void put(Map<String, Tensor> all, String kind, Map<String, Tensor> tensors) {
        tensors.forEach((name, tensor) -> all.put(kind + "." + name, tensor));
    }

    /**
     * Checks whether {@link #save} can write its files, by writing and deleting an empty one next to them, so that this
     * is known before training and not after its first epoch.
     *
     * @param file the file for the weights; the state is next to it
     * @throws BadFileException if it could not
     */
    public static void checkWritable(Path file) {
        for (Path target : List.of(file, stateFile(file))) {
            if (Files.exists(target) && !(Files.isRegularFile(target) && Files.isWritable(target))) {
                throw new BadFileException(
                        target,
                        Files.isDirectory(target) ? "a folder" : "something that can't be replaced",
                        "a file that may be written, or none",
                        "change its permissions, or name another file");
            }
        }
        Path trial = file.resolveSibling(file.getFileName() + SUFFIX + ".trial");
        try {
            AtomicFile.write(trial, channel -> {});
            Files.deleteIfExists(trial);
        } catch (BadFileException failure) {
            // the user knows only the other file
            throw failure.getCause() instanceof IOException cause ? BadFileException.unwritable(file, cause) : failure;
        } catch (IOException failure) {
            throw BadFileException.unwritable(file, failure);
        }
    }

    /**
     * Checks whether there is something for {@link #restore} to read, and whether it is complete.
     *
     * @param file the file of the weights; the state is next to it
     * @throws BadFileException if not
     */
    public static void checkReadable(Path file) {
        Path stateFile = stateFile(file);
        boolean state = Files.exists(stateFile);
        if (state) {
            Safetensors.open(stateFile).close();
        }
        if (!state || Files.exists(file)) {
            Safetensors.open(file).close();
        }
    }

    /**
     * Restores what {@link #save} wrote. If only the file of weights exists, those are loaded; if only the state
     * exists, because the first save was interrupted, that suffices.
     *
     * @param file the file of the weights; the state is next to it
     * @return the notes; none if there were only weights
     * @throws CheckpointException if a file is damaged, or belongs to another model or optimizer
     */
    public Map<String, Map<String, Double>> restore(Path file) {
        Path stateFile = stateFile(file);
        if (!Files.exists(stateFile)) {
            Checkpoint.loadWeights(file, model);
            return Map.of();
        }
        try (SafetensorsFile state = Safetensors.open(stateFile);
                var ignored = Scope.open("restore")) {
            Map<String, String> facts = state.metadata();
            if (Files.exists(file)) {
                checkBelongs(file, stateFile, whole(stateFile, facts, STEPS));
            }
            model.loadStateDict(tensors(state, MODEL));
            checkOptimizer(stateFile, facts);
            optimizer.loadStateDict(tensors(state, OPTIMIZER), whole(stateFile, facts, STEPS));
            optimizer.rate(Notes.number(stateFile, "optimizer.rate", facts.get("optimizer.rate")));
            if (average != null) {
                average.load(tensors(state, AVERAGE));
            }
            for (int i = 0; i < streams.size(); i++) {
                streams.get(i)
                        .seek(
                                whole(stateFile, facts, "rng." + i + ".seed"),
                                whole(stateFile, facts, "rng." + i + ".counter"));
            }
            return Notes.of(stateFile, facts, NOTE);
        } catch (TensorException e) {
            throw new CheckpointException(
                    stateFile,
                    Objects.toString(e.getMessage()),
                    "the state of a training of " + model.getClass().getSimpleName(),
                    "resume with the same model and optimizer",
                    e);
        }
    }

    /** After a crash between the two writes the state is newer than the weights; anything else is a mix-up. */
    private static void checkBelongs(Path file, Path stateFile, long steps) {
        try (SafetensorsFile weights = Safetensors.open(file)) {
            String of = weights.metadata().getOrDefault(STEPS, "");
            if (!of.matches("\\d{1,18}") || Long.parseLong(of) > steps) {
                throw new CheckpointException(
                        stateFile,
                        "the state of a training after " + steps + " steps beside weights "
                                + (of.isEmpty() ? "of no training" : "after " + of),
                        "the state that was saved with " + file,
                        "delete this file to start from the weights alone");
            }
        }
    }

    private static Map<String, Tensor> tensors(SafetensorsFile state, String kind) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (String name : state.names()) {
            if (name.startsWith(kind + ".")) {
                tensors.put(name.substring(kind.length() + 1), state.entry(name).toTensor());
            }
        }
        return tensors;
    }

    private void checkOptimizer(Path stateFile, Map<String, String> facts) {
        String kind = optimizer.getClass().getSimpleName();
        if (!kind.equals(facts.get(OPTIMIZER))) {
            throw new CheckpointException(
                    stateFile,
                    "the state of " + facts.get(OPTIMIZER),
                    "the state of " + kind,
                    "train with the same optimizer, or delete this file to start from the weights alone");
        }
    }

    private static long whole(Path file, Map<String, String> facts, String name) {
        try {
            return Long.parseLong(facts.getOrDefault(name, "nothing"));
        } catch (NumberFormatException e) {
            throw new CheckpointException(
                    file, "'" + facts.get(name) + "' for " + name, "a whole number", "save the checkpoint again", e);
        }
    }

    private static Path stateFile(Path file) {
        return file.resolveSibling(file.getFileName() + SUFFIX);
    }
}
