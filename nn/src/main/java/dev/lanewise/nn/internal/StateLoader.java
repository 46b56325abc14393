package dev.lanewise.nn.internal;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.io.Loaded;
import dev.lanewise.nn.io.Loading;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/** Overwrites a model's tensors, one after the other, with those of a state. */
public final class StateLoader {
    /** A saved state. */
    public interface Source {
        /** The names of its tensors. */
        Set<String> names();

        /** The shape of one of them. */
        Shape shape(String name);

        /** Overwrites a tensor of the same shape, of whatever type and device, with one of them. */
        void read(String name, Tensor target);
    }

    private static final String COUNTER = "num_batches_tracked";

    private StateLoader() {}

    /**
     * Loads what matches.
     *
     * @param misfit makes the exception from a message that says what does not match, if all must
     */
    public static Loaded load(Layer model, Source source, Loading loading, Function<String, RuntimeException> misfit) {
        Map<String, String> savedNames = savedNames(source, loading);
        Map<String, Tensor> own = model.stateDict();
        Loaded found = compare(own, source, savedNames);
        if (loading.strict() && !found.isComplete()) {
            throw misfit.apply(found.problems());
        }
        for (String name : found.loaded()) {
            Tensor target = own.get(name);
            String saved = savedNames.get(name);
            if (target != null && saved != null) {
                source.read(saved, target);
            }
        }
        return found;
    }

    /** Which tensors of a state with the model's own names would match. */
    public static Loaded compare(Layer model, Map<String, Tensor> state) {
        Source source = new InMemory(state);
        return compare(model.stateDict(), source, savedNames(source, Loading.exact()));
    }

    /** The saved names by the model's names for them. */
    private static Map<String, String> savedNames(Source source, Loading loading) {
        Map<String, String> savedNames = new LinkedHashMap<>();
        for (String saved : source.names()) {
            String name = loading.nameOf(saved);
            String other = name == null ? null : savedNames.put(name, saved);
            if (other != null) {
                throw new TensorException("load: '" + other + "' and '" + saved + "' are both '" + name
                        + "' in the model (expected different names); check the renaming");
            }
        }
        return savedNames;
    }

    @SuppressWarnings("ReferenceEquality") // identity, not equality: shared tensors are the same object
    private static Loaded compare(Map<String, Tensor> own, Source source, Map<String, String> savedNames) {
        List<String> loaded = new ArrayList<>();
        TreeSet<String> missing = new TreeSet<>();
        TreeMap<String, String> mismatched = new TreeMap<>();
        own.forEach((name, tensor) -> {
            String saved = savedNames.get(name);
            if (saved == null) {
                missing.add(name);
            } else if (source.shape(saved).equals(tensor.shape())) {
                loaded.add(name);
            } else {
                mismatched.put(name, name + " is " + source.shape(saved) + " (expected " + tensor.shape() + ")");
            }
        });
        // a tied parameter is present under one of its names
        missing.removeIf(name -> isCounter(name) || loaded.stream().anyMatch(other -> own.get(other) == own.get(name)));
        TreeSet<String> unexpected = new TreeSet<>(savedNames.keySet());
        unexpected.removeAll(own.keySet());
        return new Loaded(loaded, List.copyOf(missing), List.copyOf(unexpected), List.copyOf(mismatched.values()));
    }

    /** Batch normalization computes nothing of its counter, and PyTorch once did not save it. */
    private static boolean isCounter(String name) {
        return name.equals(COUNTER) || name.endsWith("." + COUNTER);
    }

    /** A state in memory. */
    public record InMemory(Map<String, Tensor> state) implements Source {
        @Override
        public Set<String> names() {
            return state.keySet();
        }

        @Override
        public Shape shape(String name) {
            return tensor(name).shape();
        }

        @Override
        public void read(String name, Tensor target) {
            target.assign(tensor(name).to(target.dtype()).to(target.device()));
        }

        private Tensor tensor(String name) {
            Tensor tensor = state.get(name);
            if (tensor == null) {
                throw new TensorException("load: the state has null for '" + name + "'; give a tensor");
            }
            return tensor;
        }
    }
}
