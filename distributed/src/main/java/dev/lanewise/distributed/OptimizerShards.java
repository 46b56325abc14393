package dev.lanewise.distributed;

import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.SafetensorsFile;
import dev.lanewise.nn.optim.Lbfgs;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The optimizer's state in shards (Rajbhandari et al. 2020, "ZeRO: memory optimizations toward training trillion parameter models",
 * stage 1): a parameter belongs to one rank, which alone keeps its state and makes its update; the others get its new values.
 */
final class OptimizerShards {
    private final Courier courier;
    private final Shipping shipping;
    private final Optimizer optimizer;
    private final int[] owner;

    OptimizerShards(Courier courier, Optimizer optimizer) {
        if (optimizer instanceof Lbfgs) {
            throw new TensorException(
                    "data parallel: the state of Lbfgs belongs to all parameters together (expected an"
                            + " optimizer with a state per parameter); train without sharding the optimizer");
        }
        this.courier = courier;
        this.shipping = new Shipping(courier);
        this.optimizer = optimizer;
        owner = owners(optimizer.parameters(), courier.size());
        optimizer.loadStateDict(own(optimizer.stateDict()), optimizer.steps());
    }

    /** The largest first, each to the rank that has least. */
    static int[] owners(List<Parameter> parameters, int ranks) {
        int[] owner = new int[parameters.size()];
        long[] load = new long[ranks];
        IntStream.range(0, owner.length)
                .boxed()
                .sorted((a, b) -> Long.compare(
                        parameters.get(b).leaf().shape().elements(),
                        parameters.get(a).leaf().shape().elements()))
                .forEach(index -> {
                    int least = IntStream.range(0, ranks)
                            .reduce((a, b) -> load[b] < load[a] ? b : a)
                            .orElseThrow();
                    owner[index] = least;
                    load[least] += parameters.get(index).leaf().shape().elements();
                });
        return owner;
    }

    /** Updates this rank's parameters and takes those of the others. */
    void step(Gradients gradients) {
        Map<Tensor, Tensor> own = new LinkedHashMap<>();
        boolean some = false;
        List<Parameter> parameters = optimizer.parameters();
        for (int i = 0; i < owner.length; i++) {
            Tensor leaf = parameters.get(i).leaf();
            boolean trained = !parameters.get(i).isFrozen() && gradients.has(leaf);
            some |= trained;
            if (trained && owner[i] == courier.rank()) {
                own.put(leaf, gradients.of(leaf));
            }
        }
        if (!own.isEmpty() || !some) {
            optimizer.step(Gradients.from(own, Map.of()));
        }
        try (var ignored = Scope.open("shards")) {
            for (int i = 0; i < owner.length; i++) {
                Tensor leaf = parameters.get(i).leaf();
                if (!parameters.get(i).isFrozen() && gradients.has(leaf)) {
                    Tensor updated = shipping.of(leaf, owner[i]);
                    if (owner[i] != courier.rank()) {
                        leaf.assign(updated.to(leaf.device()));
                    }
                }
            }
        }
    }

    /** Runs something on rank 0, whose optimizer has the whole state meanwhile. */
    void withWholeState(Runnable body) {
        Map<String, Tensor> whole = new LinkedHashMap<>(optimizer.stateDict());
        try (var ignored = Scope.open("optimizer state")) {
            Path folder = Files.createTempDirectory("lanewise-shards");
            try {
                for (int rank = 1; rank < courier.size(); rank++) {
                    Path file = folder.resolve(rank + ".safetensors");
                    if (rank == courier.rank()) {
                        Safetensors.writeTensors(file, optimizer.stateDict(), Map.of());
                    }
                    shipping.file(file, rank);
                    if (courier.rank() == 0) {
                        whole.putAll(read(file));
                    }
                    Files.delete(file);
                }
            } finally {
                delete(folder);
            }
            if (courier.rank() == 0) {
                optimizer.loadStateDict(whole, optimizer.steps());
                body.run();
                optimizer.loadStateDict(own(optimizer.stateDict()), optimizer.steps());
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the optimizer's state can't be gathered: " + e.getMessage(), e);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    private static Map<String, Tensor> read(Path file) {
        Map<String, Tensor> state = new LinkedHashMap<>();
        try (SafetensorsFile stored = Safetensors.open(file)) {
            stored.names().forEach(name -> state.put(name, stored.entry(name).toTensor()));
        }
        return state;
    }

    /** What belongs to this rank: a state's names end in the parameter's index. */
    private Map<String, Tensor> own(Map<String, Tensor> state) {
        Map<String, Tensor> own = new LinkedHashMap<>();
        state.forEach((name, tensor) -> {
            int index = Integer.parseInt(name.substring(name.lastIndexOf('.') + 1));
            if (owner[index] == courier.rank()) {
                own.put(name, tensor);
            }
        });
        return own;
    }
}
