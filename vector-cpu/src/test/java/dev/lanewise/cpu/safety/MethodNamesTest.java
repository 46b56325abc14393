package dev.lanewise.cpu.safety;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Fourier;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import dev.lanewise.tensor.op.Op;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every method of a tensor, and every static one that makes or takes tensors, called with arguments that mostly don't fit:
 * what it throws is a {@link TensorException} of one line that begins with the method's own name.
 */
class MethodNamesTest {
    private static final int CALLS = 16;

    private static final List<Tensor> TENSORS = tensors();

    private static List<Tensor> tensors() {
        Tensor closed;
        try (var ignored = Scope.open("closed")) {
            closed = Tensor.ones(2, 3);
        }
        return List.of(
                closed,
                Tensor.ones(2, 3),
                Tensor.ones(3, 2),
                Tensor.ones(3),
                Tensor.scalar(0.5),
                Tensor.zeros(0),
                Tensor.zeros(2, 0, 3),
                Tensor.ones(1, 2, 3, 3),
                Tensor.ones(1, 2, 3),
                Tensor.of(new double[][] {{1, 2}, {3, 4}}),
                Tensor.of(new float[][] {{Float.NaN, 1}, {Float.POSITIVE_INFINITY, 2}}),
                Tensor.zeros(2, 2),
                Tensor.ones(DType.F16, 2, 3),
                Tensor.ones(DType.BF16, 2, 2),
                Tensor.of(new long[] {-1, 5, 7}),
                Tensor.of(new long[] {0, 1}),
                Tensor.of(new int[][] {{0, 1, 2}, {9, -9, 1}}),
                Tensor.of(new int[] {0, 1}),
                Tensor.of(new byte[] {1, 2, 3}),
                Tensor.of(true, false, true),
                Tensor.of(new boolean[][] {{true, false, true}, {false, false, true}}));
    }

    static Stream<Method> methods() {
        return Stream.of(Tensor.class, Fourier.class, Rng.class)
                .flatMap(type -> Arrays.stream(type.getMethods()))
                .filter(method -> method.getDeclaringClass() != Object.class)
                .filter(method -> !List.of(method.getParameterTypes()).contains(Op.class))
                .filter(method -> !method.getName().equals("create"))
                .sorted((a, b) -> a.toString().compareTo(b.toString()));
    }

    @ParameterizedTest
    @MethodSource("methods")
    void errorsBeginWithTheMethodThatWasCalled(Method method) throws IllegalAccessException {
        Random random = new Random(method.toString().hashCode());
        for (int call = 0; call < CALLS; call++) {
            Object target =
                    Modifier.isStatic(method.getModifiers()) ? null : argument(method.getDeclaringClass(), random);
            Object[] arguments = Arrays.stream(method.getParameterTypes())
                    .map(type -> argument(type, random))
                    .toArray();
            try (var ignored = Scope.open(method.getName())) {
                method.invoke(target, arguments);
            } catch (InvocationTargetException thrown) {
                if (isSegments(thrown.getCause(), method)) {
                    continue;
                }
                assertThat(thrown.getCause()).as("%s", method).isInstanceOf(TensorException.class);
                assertThat(thrown.getCause())
                        .as("%s", method)
                        .message()
                        .startsWith(name(method) + ": ")
                        .matches("\\P{Cc}+");
            }
        }
    }

    /** Segments that can't be used at present throw what they throw everywhere, as is documented. */
    private static boolean isSegments(Throwable thrown, Method method) {
        return List.of(method.getParameterTypes()).contains(MemorySegment.class)
                && (thrown instanceof IllegalStateException || thrown instanceof IllegalArgumentException);
    }

    private static String name(Method method) {
        return method.getName().replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
    }

    @SafeVarargs
    private static <T> T one(Random random, T... of) {
        return of[random.nextInt(of.length)];
    }

    private static Object argument(Class<?> type, Random random) {
        if (type.isEnum()) {
            return one(random, type.getEnumConstants());
        }
        if (type.isAssignableFrom(Tensor.class) && type != Object.class) {
            return TENSORS.get(random.nextInt(TENSORS.size()));
        }
        if (type.isArray() && !type.getComponentType().isPrimitive()) {
            return Stream.generate(() -> argument(type.getComponentType(), random))
                    .limit(random.nextInt(4))
                    .toArray(n -> (Object[]) java.lang.reflect.Array.newInstance(type.getComponentType(), n));
        }
        return switch (type.getName()) {
            case "int" -> one(random, 0, 1, -1, 2, 9, -9, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case "long" -> one(random, 0L, 1L, -1L, 2L, 3L, -300L, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 62);
            case "double" -> one(random, 0.0, 1.0, -1.0, 0.5, 300.0, 1e300, Double.NaN, Double.POSITIVE_INFINITY);
            case "float" -> one(random, 0f, 1f, Float.NaN);
            case "byte" -> (byte) random.nextInt();
            case "boolean" -> random.nextBoolean();
            case "[I" -> one(random, new int[0], new int[] {1}, new int[] {0, 0}, new int[] {0, 1}, new int[] {9, -9});
            case "[J" ->
                one(
                        random,
                        new long[0],
                        new long[] {2},
                        new long[] {-1, -1},
                        new long[] {1, 1},
                        new long[] {-2, 3},
                        new long[] {0, -1},
                        new long[] {2, 3, 1},
                        new long[] {1L << 62, 4},
                        new long[] {Long.MIN_VALUE, Long.MAX_VALUE});
            case "[F" -> new float[random.nextInt(4)];
            case "[D" -> new double[random.nextInt(4)];
            case "[B" -> new byte[random.nextInt(4)];
            case "[Z" -> new boolean[random.nextInt(4)];
            case "java.lang.String" ->
                one(random, "", "ij,jk->ik", "0:2, :", "-9", "ii", "\u001b[2J", "a,b,c->", "...");
            case "java.lang.Object" -> one(random, "text", 3, new float[][] {{1}, {1, 2}}, new Object[0], new char[2]);
            case "java.lang.Number" -> one(random, (Number) 0, 1L << 40, -1, 0.5, Double.NaN);
            case "java.util.List" -> List.of((Object[]) argument(Tensor[].class, random));
            case "java.lang.foreign.MemorySegment" -> segment(random);
            case "dev.lanewise.tensor.Device" -> one(random, Device.CPU, Device.parse("cuda:7"));
            case "dev.lanewise.tensor.Shape" -> one(random, Shape.of(), Shape.of(2, 3), Shape.of(1L << 40));
            case "dev.lanewise.tensor.Rng" -> new Rng(1);
            case "dev.lanewise.tensor.Window" ->
                one(
                        random,
                        Window.of(2),
                        Window.of(3, 3).stride(2),
                        Window.of(1, 2, 3),
                        Window.of(3).padding(Integer.MAX_VALUE),
                        Window.of(2).dilation(3),
                        Window.of(Integer.MAX_VALUE),
                        Window.of(3).ceil());
            default -> throw new IllegalStateException("no argument of type " + type);
        };
    }

    private static MemorySegment segment(Random random) {
        Arena arena = Arena.ofConfined();
        MemorySegment closed = arena.allocate(24);
        arena.close();
        MemorySegment open = Arena.ofAuto().allocate(25);
        return one(
                random,
                closed,
                open.asSlice(1, 24),
                open.asSlice(0, 24),
                MemorySegment.NULL,
                MemorySegment.ofArray(new byte[24]),
                MemorySegment.ofArray(new byte[24]).asReadOnly());
    }
}
