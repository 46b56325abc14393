package dev.lanewise.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.sequence.LSTM;
import dev.lanewise.nn.sequence.Positions;
import dev.lanewise.nn.spatial.Conv3d;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.Window;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Layers of sizes that no layer can have: the error names a size that was given, not what arithmetic made of it. */
class LayerSizesTest {
    private static final int CALLS = 30;
    private static final Pattern NEGATIVE = Pattern.compile("(?<![\\w\\])] ?)-\\d+");
    private static final Set<Class<?>> NUMBERS =
            Set.of(int.class, long.class, double.class, boolean.class, long[].class, Rng.class, Window.class);

    static Stream<Constructor<?>> constructors() throws IOException, URISyntaxException {
        Path classes = Path.of(
                Layer.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        try (Stream<Path> files = Files.walk(classes)) {
            List<String> names = files.map(file -> classes.relativize(file).toString())
                    .filter(file -> file.endsWith(".class") && !file.contains("-info"))
                    .map(file -> file.replace('/', '.').replaceFirst("\\.class$", ""))
                    .sorted()
                    .toList();
            return names.stream()
                    .map(LayerSizesTest::load)
                    .filter(Layer.class::isAssignableFrom)
                    .filter(type -> Modifier.isPublic(type.getModifiers()) && !Modifier.isAbstract(type.getModifiers()))
                    .flatMap(type -> Arrays.stream(type.getConstructors()))
                    .filter(made ->
                            made.getParameterCount() > 0 && NUMBERS.containsAll(List.of(made.getParameterTypes())));
        }
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name, false, Layer.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("constructors")
    void errorsNameSizesThatWereGiven(Constructor<?> layer) throws ReflectiveOperationException {
        Random random = new Random(layer.toString().hashCode());
        for (int call = 0; call < CALLS; call++) {
            Object[] arguments = Arrays.stream(layer.getParameterTypes())
                    .map(type -> argument(type, random))
                    .toArray();
            try (var ignored = Scope.open("layer")) {
                layer.newInstance(arguments);
            } catch (InvocationTargetException thrown) {
                String given = Arrays.deepToString(arguments);
                assertThat(thrown.getCause()).as(layer + given).isInstanceOf(TensorException.class);
                String message = String.valueOf(thrown.getCause().getMessage());
                assertThat(message).as(layer + given).matches("\\P{Cc}+");
                Set<String> negative = NEGATIVE.matcher(message)
                        .results()
                        .map(MatchResult::group)
                        .collect(Collectors.toSet());
                assertThat(negative).as(layer + given + ": " + message).allMatch(given::contains);
            }
        }
    }

    @Test
    void aLinearLayerWithoutInputsIsItsBias() {
        try (var ignored = Scope.open("layer")) {
            assertThat(new Linear(0, 3).forward(Tensor.zeros(2, 0)).toFloatArray())
                    .containsOnly(0f)
                    .hasSize(6);
            assertThat(new Linear(3, 0).forward(Tensor.zeros(2, 3)).shape()).isEqualTo(Shape.of(2, 0));
        }
    }

    @Test
    void layersOfNothingAndBatchesOfNothing() {
        Tensor images = Tensor.zeros(0, 4, 3, 3);
        try (var ignored = Scope.open("layer")) {
            assertThat(new InstanceNorm(4).forward(images).shape()).isEqualTo(images.shape());
            assertThat(new LSTM(3, 4).run(Tensor.zeros(0, 5, 3)).output().shape())
                    .isEqualTo(Shape.of(0, 5, 4));
            assertThatThrownBy(() -> new Conv2d(0, 4, 3)).hasMessageContaining("conv2d: 0 input and 4 output channels");
            assertThatThrownBy(() -> new LSTM(3, 4).run(Tensor.zeros(2, 0, 3)))
                    .isInstanceOf(TensorException.class)
                    .hasMessageContaining("lstm: input F32[2, 0, 3] has no times");
            assertThatThrownBy(() -> Tensor.zeros(2, 0, 8, 8).maxPool2d(Window.of(2)))
                    .hasMessageContaining("F32[2, 0, 8, 8] has no channels");
            assertThatThrownBy(() -> new Conv3d(1, 2, 5).forward(Tensor.zeros(1, 1, 6, 4, 6)))
                    .hasMessageStartingWith("conv3d:");
        }
    }

    private static Object argument(Class<?> type, Random random) {
        return switch (type.getName()) {
            case "int" -> one(random, 0, 1, 2, -1, Integer.MIN_VALUE, Integer.MIN_VALUE / 2);
            case "long" -> size(random);
            case "double" -> one(random, 0.0, 0.5, -1.0, Double.NaN, Double.POSITIVE_INFINITY);
            case "boolean" -> random.nextBoolean();
            case "[J" ->
                random.longs(random.nextInt(3)).map(any -> size(random)).toArray();
            case "dev.lanewise.tensor.Rng" -> new Rng(1);
            default ->
                one(
                        random,
                        Window.of(2),
                        Window.of(1, 2, 3),
                        Window.of(3).stride(2).padding(1));
        };
    }

    private static long size(Random random) {
        return one(random, 0L, 1L, 2L, 4L, -1L, 1L << 57, 1L << 61, 1L << 62, Long.MAX_VALUE, Long.MIN_VALUE);
    }

    @SafeVarargs
    private static <T> T one(Random random, T... of) {
        return of[random.nextInt(of.length)];
    }

    @Test
    void rotaryPositionsNameTheirInput() {
        assertThatThrownBy(() -> Positions.rotary(Tensor.ones(4))).hasMessageContaining("rotary: input F32[4]");
    }
}
