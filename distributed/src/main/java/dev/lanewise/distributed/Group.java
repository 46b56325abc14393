package dev.lanewise.distributed;

import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.optim.Optimizer;
import dev.lanewise.nn.optim.SparseAdam;
import dev.lanewise.nn.train.Replicas;
import dev.lanewise.nn.train.TrainingState;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** The ranks of one training, as its trainer sees them. */
final class Group implements Replicas {
    /** A process without others. */
    static final Replicas ALONE = new Replicas() {};

    /** Far more blocks than the draws of one step take, so that no two steps share numbers. */
    private static final int STEP_BITS = 32;

    private static final int MOST_DIMENSIONS = 16;

    private final Courier courier;
    private final Shipping shipping;
    private final DataParallel.Options options;
    private final Path folder;
    private @Nullable TrainingState state;
    private @Nullable GradientBuckets buckets;
    private @Nullable OptimizerShards shards;
    private long[] seeds = {};

    /**
     * The ranks of a training.
     *
     * @param folder of this process alone, for what others send
     */
    Group(Courier courier, DataParallel.Options options, Path folder) {
        this.courier = courier;
        this.shipping = new Shipping(courier);
        this.options = options;
        this.folder = folder;
    }

    @Override
    public int size() {
        return courier.size();
    }

    @Override
    public boolean writes() {
        return courier.rank() == 0;
    }

    @Override
    public @Nullable Path resume(@Nullable Path file) {
        boolean first = courier.rank() == 0;
        Path state = file == null ? null : file.resolveSibling(file.getFileName() + TrainingState.SUFFIX);
        // the state is complete in itself; without one there are only weights
        double kind = !first || file == null ? 0 : Files.exists(Objects.requireNonNull(state)) ? 2 : 1;
        double agreed = courier.sums(kind).get()[0];
        if (agreed == 0) {
            return null;
        }
        Path own = folder.resolve("resumed");
        Path received = agreed == 2 ? folder.resolve("resumed" + TrainingState.SUFFIX) : own;
        shipping.file(first ? Objects.requireNonNull(agreed == 2 ? state : file) : received, 0);
        return first ? file : own;
    }

    @Override
    public void begin(TrainingState training) {
        state = training;
        checkEqual(training);
        Map<String, Tensor> weights = new LinkedHashMap<>();
        try (var ignored = Scope.open("weights of rank 0")) {
            training.model().stateDict().forEach((name, tensor) -> weights.put(name, shipping.of(tensor, 0)));
            if (courier.rank() != 0) {
                training.model().loadStateDict(weights);
            }
            Tensor own =
                    Tensor.of(training.streams().stream().mapToLong(Rng::seed).toArray());
            seeds = shipping.of(own, 0).toLongArray();
        }
        if (training.optimizer() instanceof SparseAdam) {
            throw new TensorException(
                    "data parallel: SparseAdam changes only rows that have a gradient, but gradients are"
                            + " summed whole (expected another optimizer); train with Adam or Adagrad");
        }
        shards = options.shardOptimizer() ? new OptimizerShards(courier, training.optimizer()) : null;
    }

    /** Ranks with other models would add what does not belong together. */
    private void checkEqual(TrainingState training) {
        CRC32 names = new CRC32();
        training.model()
                .stateDict()
                .forEach((name, tensor) -> names.update((name + tensor.spec()).getBytes(StandardCharsets.UTF_8)));
        names.update(training.optimizer().getClass().getName().getBytes(StandardCharsets.UTF_8));
        double[][] all = courier.gather(names.getValue(), training.optimizer().steps());
        for (int rank = 1; rank < all.length; rank++) {
            if (all[rank][0] != all[0][0] || all[rank][1] != all[0][1]) {
                throw new TensorException(
                        "data parallel: rank " + rank + " trains another model, by another optimizer or after other"
                                + " steps than rank 0 (expected the same on all ranks); start"
                                + " all with the same program and settings");
            }
        }
    }

    @Override
    public DataLoader training(DataLoader data) {
        return data.part(courier.rank(), size());
    }

    @Override
    public DataLoader evaluation(DataLoader data) {
        return data.every(courier.rank(), size());
    }

    @Override
    public void beginStep(List<Rng> streams, long step) {
        for (int i = 0; i < streams.size(); i++) {
            // Weyl's sequence of the golden ratio; rank 0 keeps the seed, which a checkpoint then has
            streams.get(i).seek(seeds[i] + courier.rank() * 0x9E3779B97F4A7C15L, step << STEP_BITS);
        }
    }

    @Override
    public Supplier<double[]> sums(double... mine) {
        return courier.sums(mine);
    }

    @Override
    public Gradients gradients(Tensor loss) {
        return buckets().of(loss);
    }

    @Override
    public Gradients sum(Gradients mine) {
        return buckets().sum(mine);
    }

    private GradientBuckets buckets() {
        List<Parameter> trained = Objects.requireNonNull(state).optimizer().parameters().stream()
                .filter(parameter -> !parameter.isFrozen())
                .toList();
        GradientBuckets present = buckets;
        if (present == null || !present.parameters().equals(trained)) {
            present = new GradientBuckets(courier, trained, options.bucketBytes());
            buckets = present;
        }
        return present;
    }

    @Override
    public void step(Optimizer optimizer, Gradients gradients) {
        if (shards == null) {
            optimizer.step(gradients);
        } else {
            shards.step(gradients);
        }
    }

    @Override
    public void beginEvaluation() {
        if (state == null) {
            return;
        }
        try (var ignored = Scope.open("buffers")) {
            for (Tensor buffer : state.model().namedBuffers().values()) {
                boolean averaged =
                        buffer.dtype().isFloating() && options.batchNorm() == DataParallel.BatchNormStatistics.AVERAGED;
                Tensor agreed = averaged ? mean(buffer) : shipping.of(buffer, 0);
                buffer.assign(agreed.to(buffer.dtype()).to(buffer.device()));
            }
        }
    }

    private Tensor mean(Tensor mine) {
        double[] sums =
                courier.sums(mine.to(DType.F64).flatten().toDoubleArray()).get();
        return Tensor.of(sums).div(size()).reshape(mine.shape());
    }

    @Override
    public List<Measured> gathered(@Nullable Measured mine) {
        double[][] heads = courier.gather(mine == null ? new double[head().length] : head(mine));
        List<Measured> all = new ArrayList<>();
        for (int rank = 0; rank < heads.length; rank++) {
            double[] head = heads[rank];
            if (head[0] == 0) {
                continue;
            }
            boolean own = rank == courier.rank() && mine != null;
            Tensor output = tensor(head, 4, own ? Objects.requireNonNull(mine).output() : null, rank);
            Tensor target = tensor(
                    head,
                    6 + MOST_DIMENSIONS,
                    own ? Objects.requireNonNull(mine).target() : null,
                    rank);
            OptionalDouble over = head[2] == 0 ? OptionalDouble.empty() : OptionalDouble.of(head[3]);
            all.add(new Measured(output, target, head[1], over));
        }
        return all;
    }

    private static double[] head() {
        return new double[4 + 2 * (2 + MOST_DIMENSIONS)];
    }

    private static double[] head(Measured mine) {
        double[] head = head();
        head[0] = 1;
        head[1] = mine.loss();
        head[2] = mine.averagedOver().isPresent() ? 1 : 0;
        head[3] = mine.averagedOver().orElse(0);
        describe(head, 4, mine.output());
        describe(head, 6 + MOST_DIMENSIONS, mine.target());
        return head;
    }

    @SuppressWarnings("EnumOrdinal") // ranks run the same version
    private static void describe(double[] head, int at, Tensor tensor) {
        head[at] = tensor.dtype().ordinal();
        head[at + 1] = tensor.shape().rank();
        for (int i = 0; i < tensor.shape().rank(); i++) {
            head[at + 2 + i] = tensor.shape().size(i);
        }
    }

    @SuppressWarnings("EnumOrdinal") // as written
    private Tensor tensor(double[] head, int at, @Nullable Tensor mine, int rank) {
        long[] sizes = LongStream.range(0, (long) head[at + 1])
                .map(i -> (long) head[at + 2 + (int) i])
                .toArray();
        DType type = DType.values()[(int) head[at]];
        return shipping.of(type, Shape.of(sizes), mine, rank);
    }

    @Override
    public void save(TrainingState training, Path file, Map<String, Map<String, Double>> notes) {
        beginEvaluation();
        if (shards != null) {
            shards.withWholeState(() -> training.save(file, notes));
        } else if (writes()) {
            training.save(file, notes);
        }
    }
}
