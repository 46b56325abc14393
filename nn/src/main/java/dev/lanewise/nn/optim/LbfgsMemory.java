package dev.lanewise.nn.optim;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.optim.Optimizer.Trained;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The last changes of parameters and gradients, and the directions that follow from them. */
final class LbfgsMemory {
    /** Changes that curve less say nothing of a minimum. */
    private static final double LEAST_CURVATURE = 1e-10;

    private static final String GRADIENT = "gradient";
    private static final String MOVE = "move";
    private static final String STEP = "moves.";
    private static final String CHANGE = "changes.";

    private final int most;

    /** By kind and the parameter's index; of the pairs, those numbered lower are older. */
    private final Map<String, Map<Integer, Tensor>> state = new LinkedHashMap<>();

    private List<Integer> indices = List.of();

    LbfgsMemory(int most) {
        this.most = most;
        state.put(GRADIENT, new LinkedHashMap<>());
        state.put(MOVE, new LinkedHashMap<>());
        for (int i = 0; i < most; i++) {
            state.put(STEP + i, new LinkedHashMap<>());
            state.put(CHANGE + i, new LinkedHashMap<>());
        }
    }

    Map<String, Map<Integer, Tensor>> state() {
        return state;
    }

    /** Begins an iteration with these parameters; true if nothing is known of them yet. */
    boolean begin(List<Trained> trained) {
        indices = trained.stream().map(Trained::index).toList();
        Set<Integer> known = kind(MOVE).keySet();
        if (known.isEmpty() || !known.equals(new TreeSet<>(indices))) {
            state.values().forEach(Map::clear);
            return true;
        }
        return false;
    }

    /** The direction of the next step; the gradient becomes the one that the next one is compared with. */
    List<Tensor> direction(List<Tensor> gradient) {
        List<Tensor> direction;
        if (kind(MOVE).isEmpty()) {
            direction = Vectors.mul(gradient, -1);
        } else {
            remember(Vectors.add(gradient, get(GRADIENT), -1), get(MOVE));
            direction = newton(gradient);
        }
        put(GRADIENT, gradient);
        return direction;
    }

    /** The parameters moved. */
    void moved(List<Tensor> direction, double step) {
        put(MOVE, Vectors.mul(direction, step));
    }

    private void remember(List<Tensor> change, List<Tensor> move) {
        if (Vectors.dot(change, move) <= LEAST_CURVATURE) {
            return;
        }
        int count = pairs();
        if (count == most) {
            for (int i = 1; i < most; i++) {
                copy(STEP + i, STEP + (i - 1));
                copy(CHANGE + i, CHANGE + (i - 1));
            }
            count--;
        }
        put(STEP + count, move);
        put(CHANGE + count, change);
    }

    /** The older tensors of the place are let go; those of the other place stay where they are too. */
    private void copy(String from, String to) {
        kind(to).clear();
        kind(to).putAll(kind(from));
    }

    private int pairs() {
        int count = 0;
        while (count < most && !kind(STEP + count).isEmpty()) {
            count++;
        }
        return count;
    }

    /** The two loops that multiply the gradient by the inverse Hessian. */
    private List<Tensor> newton(List<Tensor> gradient) {
        int count = pairs();
        List<Tensor> direction = Vectors.mul(gradient, -1);
        double[] curvatures = new double[count];
        double[] parts = new double[count];
        List<List<Tensor>> steps = new ArrayList<>();
        List<List<Tensor>> changes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            steps.add(get(STEP + i));
            changes.add(get(CHANGE + i));
            curvatures[i] = Vectors.dot(changes.get(i), steps.get(i));
        }
        for (int i = count - 1; i >= 0; i--) {
            parts[i] = Vectors.dot(steps.get(i), direction) / curvatures[i];
            direction = Vectors.add(direction, changes.get(i), -parts[i]);
        }
        if (count > 0) {
            List<Tensor> last = changes.getLast();
            direction = Vectors.mul(direction, curvatures[count - 1] / Vectors.dot(last, last));
        }
        for (int i = 0; i < count; i++) {
            double part = Vectors.dot(changes.get(i), direction) / curvatures[i];
            direction = Vectors.add(direction, steps.get(i), parts[i] - part);
        }
        return direction;
    }

    private Map<Integer, Tensor> kind(String name) {
        return state.computeIfAbsent(name, n -> new LinkedHashMap<>());
    }

    private List<Tensor> get(String kind) {
        Map<Integer, Tensor> tensors = kind(kind);
        return indices.stream()
                .map(i -> {
                    Tensor tensor = tensors.get(i);
                    if (tensor == null) {
                        throw new IllegalStateException("no " + kind + " of parameter " + i);
                    }
                    return tensor;
                })
                .toList();
    }

    /** Keeps copies: what is given may be other memory's view, and dies with its scope. */
    private void put(String kind, List<Tensor> values) {
        Map<Integer, Tensor> tensors = kind(kind);
        tensors.clear();
        for (int i = 0; i < values.size(); i++) {
            tensors.put(indices.get(i), Autograd.detach(values.get(i)).copy().keep());
        }
    }
}
