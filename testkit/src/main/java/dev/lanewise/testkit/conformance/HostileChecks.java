package dev.lanewise.testkit.conformance;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.Update;
import dev.lanewise.tensor.spi.Storage;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicNode;

/**
 * Absurd attributes, shapes and positions: whatever it is given, each operation gives a result or a
 * {@link TensorException}, and changes no memory except that of its results.
 */
final class HostileChecks {
    private static final List<Integer> INTS =
            List.of(Integer.MIN_VALUE, -1, 0, 1, 2, 3, 65_536, Integer.MAX_VALUE / 2, Integer.MAX_VALUE);
    private static final List<Long> LONGS = List.of(
            Long.MIN_VALUE,
            Long.MIN_VALUE + 1,
            -1L,
            0L,
            1L,
            5L,
            1L << 31,
            1L << 61,
            Long.MAX_VALUE - 1,
            Long.MAX_VALUE);
    private static final List<Double> DOUBLES =
            List.of(Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -0.0, 1e308, -1.0);

    /** Sizes of shapes that are only inferred, never computed. */
    private static final long[] SIZES = {0, 1, 2, 3, 7, 1L << 20, 1L << 31, 1L << 40, (1L << 55) + 1};

    private static final int INFERRED = 300;
    private static final int COMPUTED = 12;

    /** Results larger than this are not computed here: that would take long, and no longer be hostile. */
    private static final long MOST_ELEMENTS = 1 << 16;

    private static final float GUARD = 1234.5f;

    private final Device device;
    private final BiPredicate<Op, DType> included;
    private final int rounds;

    /** @param rounds how often an operation with an absurd attribute is computed: a divisor of 12 */
    HostileChecks(Device device, BiPredicate<Op, DType> included, int rounds) {
        this.device = device;
        this.included = included;
        this.rounds = rounds;
    }

    /** A test per operation. */
    Stream<DynamicNode> all() {
        return OpCatalogue.ops().stream().map(op -> dynamicTest(OracleChecks.name(op), () -> attack(op)));
    }

    private void attack(Op op) {
        DType dtype = op.dtypes().contains(DType.F32)
                ? DType.F32
                : op.dtypes().iterator().next();
        if (!included.test(op, dtype)) {
            // shapes are inferred in the same way whatever the backend: one that tries every operation has seen it
            return;
        }
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(op.hashCode());
        List<Op> variants = new ArrayList<>(variants(op));
        variants.add(op);
        for (Op variant : variants) {
            for (int i = 0; i < INFERRED / variants.size() + 3; i++) {
                infer(variant, specs(random, OracleChecks.dtypes(op)));
            }
        }
        for (int i = 0; i < COMPUTED; i++) {
            compute(op, op, dtype, i, random);
        }
        variants.removeLast();
        int step = COMPUTED / rounds;
        for (int v = 0; v < variants.size(); v++) {
            for (int i = v % step; i < COMPUTED; i += step) {
                compute(op, variants.get(v), dtype, i, random);
            }
        }
    }

    // ---- attributes

    /** The record with each component in turn replaced by an absurd value, as far as it can be constructed. */
    private static List<Op> variants(Op op) {
        return op instanceof Record entry
                ? variants(entry).stream().map(Op.class::cast).toList()
                : List.of();
    }

    private static List<Record> variants(Record entry) {
        RecordComponent[] components = entry.getClass().getRecordComponents();
        List<Record> variants = new ArrayList<>();
        for (int i = 0; i < components.length; i++) {
            for (Object value : values(components[i], get(components[i], entry))) {
                @Nullable Object[] arguments = new Object[components.length];
                for (int j = 0; j < components.length; j++) {
                    arguments[j] = j == i ? value : get(components[j], entry);
                }
                construct(entry, components, arguments).ifPresent(variants::add);
            }
        }
        return variants;
    }

    private static List<@Nullable Object> values(RecordComponent component, Object now) {
        Class<?> type = component.getType();
        List<@Nullable Object> values = new ArrayList<>();
        if (type == int.class) {
            values.addAll(INTS);
        } else if (type == long.class) {
            values.addAll(LONGS);
        } else if (type == double.class) {
            values.addAll(DOUBLES);
        } else if (type == boolean.class) {
            values.add(!(boolean) now);
        } else {
            values.add(null);
            if (now instanceof Record inner) {
                values.addAll(variants(inner));
            } else if (now instanceof Shape) {
                values.addAll(List.of(Shape.SCALAR, Shape.of(0), Shape.of(1L << 40, 1L << 16), Shape.of(7)));
            } else if (now instanceof List<?> list) {
                lists(list, values);
            } else if (type.isEnum()) {
                values.addAll(Arrays.asList(type.getEnumConstants()));
            }
        }
        return values;
    }

    private static void lists(List<?> now, List<@Nullable Object> values) {
        values.add(List.of());
        values.add(Collections.singletonList(null));
        boolean wide = !now.isEmpty() && now.getFirst() instanceof Long;
        for (Object value : wide ? LONGS : INTS) {
            values.add(List.of(value));
            List<Object> changed = new ArrayList<>(now);
            if (!changed.isEmpty()) {
                changed.set(changed.size() - 1, value);
            }
            values.add(changed);
            values.add(Collections.nCopies(now.size(), value));
        }
    }

    private static Object get(RecordComponent component, Record entry) {
        try {
            return component.getAccessor().invoke(entry);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }

    private static Optional<Record> construct(
            Record entry, RecordComponent[] components, @Nullable Object[] arguments) {
        Class<?>[] types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        try {
            return Optional.of(entry.getClass().getDeclaredConstructor(types).newInstance(arguments));
        } catch (InvocationTargetException e) {
            check("new " + entry.getClass().getSimpleName() + Arrays.toString(arguments), e.getCause());
            return Optional.empty();
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }

    // ---- shapes

    private static TensorSpec[] specs(RandomGenerator random, Iterable<DType> dtypes) {
        List<DType> types = new ArrayList<>();
        dtypes.forEach(types::add);
        DType first = types.get(random.nextInt(types.size()));
        TensorSpec[] specs = new TensorSpec[random.nextInt(8)];
        Shape shape = shape(random);
        for (int i = 0; i < specs.length; i++) {
            DType type = random.nextInt(3) == 0 ? DType.I64 : first;
            specs[i] = new TensorSpec(type, random.nextInt(3) == 0 ? shape(random) : shape);
        }
        return specs;
    }

    private static Shape shape(RandomGenerator random) {
        while (true) {
            long[] sizes = new long[random.nextInt(6)];
            for (int d = 0; d < sizes.length; d++) {
                sizes[d] = SIZES[random.nextInt(SIZES.length)];
            }
            try {
                Shape shape = Shape.of(sizes);
                TensorSpec unused = new TensorSpec(DType.F64, shape);
                return unused.shape();
            } catch (TensorException e) {
                // too many elements: another one
            }
        }
    }

    private static void infer(Op op, TensorSpec[] specs) {
        try {
            op.infer(specs);
        } catch (Throwable e) {
            check(op + " of " + Arrays.toString(specs), e);
        }
    }

    // ---- contents

    /** Fitting operands of the original with hostile positions, or one operand of another shape. */
    private void compute(Op original, Op op, DType dtype, int round, RandomGenerator random) {
        try (var ignored = Scope.open(op.opName())) {
            List<Sample> samples = Samples.of(original, dtype);
            Tensor[] operands = samples.get(random.nextInt(samples.size()))
                    .operands()
                    .apply(new Operands(device, dtype, Layout.CONTIGUOUS, round));
            Tensor guard = guard();
            for (int i = 0; i < operands.length; i++) {
                if (operands[i].dtype() == DType.I64) {
                    operands[i] = positions(operands[i].shape(), random);
                } else if (round > COMPUTED / 2 && random.nextInt(operands.length) == 0) {
                    operands[i] = changed(operands[i], random);
                }
            }
            if (isSmall(op, operands)) {
                run(op, operands);
            }
            float[] after = guard.toFloatArray();
            for (float value : after) {
                if (value != GUARD) {
                    throw new AssertionError(describe(op, operands) + " wrote into another tensor");
                }
            }
        }
    }

    private Tensor guard() {
        Tensor guard = Tensor.full(GUARD, DType.F32, device, 256);
        guard.toFloatArray();
        return guard;
    }

    private void run(Op op, Tensor[] operands) {
        try {
            if (op instanceof Source source) {
                Tensor.create(source, device);
            } else if (op instanceof Update update) {
                Storage.update(update, OracleChecks.changed(update, operands), operands);
            } else {
                Tensor.applyAll(op, operands);
            }
            // a device that works on its own reports when the host waits for it
            guard();
        } catch (Throwable e) {
            check(describe(op, operands), e);
        }
    }

    private static boolean isSmall(Op op, Tensor[] operands) {
        try {
            TensorSpec[] specs = Arrays.stream(operands).map(Tensor::spec).toArray(TensorSpec[]::new);
            return Arrays.stream(op.infer(specs)).allMatch(spec -> spec.shape().elements() < MOST_ELEMENTS);
        } catch (TensorException e) {
            // computing must fail the same way
            return true;
        }
    }

    private Tensor positions(Shape shape, RandomGenerator random) {
        long[] values = new long[Math.toIntExact(shape.elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(4) == 0 ? LONGS.get(random.nextInt(LONGS.size())) : random.nextInt(3);
        }
        return Tensor.of(values, shape.toArray()).to(device);
    }

    private static Tensor changed(Tensor tensor, RandomGenerator random) {
        int rank = tensor.shape().rank();
        if (rank == 0) {
            return tensor.reshape(1);
        }
        int dim = random.nextInt(rank);
        return switch (random.nextInt(4)) {
            case 0 -> tensor.narrow(dim, 0, 0);
            case 1 -> tensor.narrow(dim, 0, Math.min(1, tensor.shape().size(dim)));
            case 2 -> tensor.transpose(dim, random.nextInt(rank));
            default -> tensor.flatten();
        };
    }

    private static String describe(Op op, Tensor[] operands) {
        return op + " of "
                + Arrays.stream(operands).map(t -> t.spec().toString()).collect(Collectors.joining(" x "));
    }

    private static void check(String what, @Nullable Throwable thrown) {
        if (!(thrown instanceof TensorException e)) {
            throw new AssertionError(what + ": " + thrown + " (expected a result or a TensorException)", thrown);
        }
        String message = String.valueOf(e.getMessage());
        if (!message.matches("(?s).*[:].*; \\S.*") && !message.startsWith("shape: ")) {
            throw new AssertionError(what + ": the message names no remedy: " + message, thrown);
        }
    }
}
