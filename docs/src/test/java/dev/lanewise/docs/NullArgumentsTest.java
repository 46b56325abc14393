package dev.lanewise.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Named.named;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.distributed.Communicator;
import dev.lanewise.lm.PretrainedModel;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.train.Callback;
import dev.lanewise.nn.train.Replicas;
import dev.lanewise.onnx.OnnxModel;
import dev.lanewise.serve.Server;
import dev.lanewise.serve.ServerObserver;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.text.HfTokenizer;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.lang.reflect.TypeVariable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every public constructor and method, called with one reference that is null where null is not allowed: an exception says
 * which one. Where the other arguments, which are made up, don't fit, what is wrong with them may be said instead.
 */
class NullArgumentsTest {
    /** Of every object, and those of every enum. */
    private static final Set<String> OTHERS_CALL = Set.of("equals", "valueOf");

    /** Users implement these, and the library calls them. */
    private static final List<Class<?>> CALLED_BY_LIBRARY =
            List.of(Callback.class, Replicas.class, ServerObserver.class);

    private final SampleArguments samples;

    NullArgumentsTest(@TempDir Path folder) {
        samples = new SampleArguments(folder);
    }

    static Stream<Arguments> modules() {
        return Stream.of(
                module(Tensor.class, 200),
                module(Autograd.class, 30),
                module(Layer.class, 600),
                module(Communicator.class, 10),
                module(OnnxModel.class, 30),
                module(HfTokenizer.class, 15),
                module(PretrainedModel.class, 90),
                module(Server.class, 25));
    }

    private static Arguments module(Class<?> member, int leastDecided) {
        return arguments(named(ExportedApi.of(member).name(), member), leastDecided);
    }

    @ParameterizedTest
    @MethodSource("modules")
    void aNullIsNamed(Class<?> member, int leastDecided) {
        List<String> found = new ArrayList<>();
        int decided = 0;
        for (Executable called : (Iterable<Executable>) calls(member)::iterator) {
            Parameter[] parameters = called.getParameters();
            for (int i = 0; i < parameters.length; i++) {
                if (mayBeNull(parameters[i])) {
                    continue;
                }
                String problem = problem(called, i);
                if (problem == null) {
                    decided++;
                } else if (!problem.isEmpty()) {
                    found.add(called + " " + parameters[i].getName() + ": " + problem);
                }
            }
        }
        assertThat(found).isEmpty();
        assertThat(decided).isGreaterThanOrEqualTo(leastDecided);
    }

    private static Stream<Executable> calls(Class<?> member) {
        return ExportedApi.of(member).classes().stream()
                .filter(type -> !type.getPackageName().startsWith("dev.lanewise.tensor.op")
                        && !type.getPackageName().startsWith("dev.lanewise.tensor.spi"))
                .flatMap(NullArgumentsTest::withMembers)
                .flatMap(type -> Stream.concat(
                        Modifier.isAbstract(type.getModifiers())
                                ? Stream.empty()
                                : Arrays.stream(type.getConstructors()),
                        Arrays.stream(type.getDeclaredMethods())))
                .filter(called -> Modifier.isPublic(called.getModifiers()) && !called.isSynthetic())
                // the JVM lists methods in another order each time
                .sorted(Comparator.comparing(Executable::toString))
                .filter(called -> !Modifier.isAbstract(called.getModifiers())
                        && !Throwable.class.isAssignableFrom(called.getDeclaringClass())
                        && !OTHERS_CALL.contains(called.getName())
                        && !isCalledByLibrary(called));
    }

    private static Stream<Class<?>> withMembers(Class<?> type) {
        return Stream.concat(
                Stream.of(type),
                Arrays.stream(type.getDeclaredClasses())
                        .filter(member -> Modifier.isPublic(member.getModifiers()))
                        .flatMap(NullArgumentsTest::withMembers));
    }

    private static boolean isCalledByLibrary(Executable called) {
        return CALLED_BY_LIBRARY.stream()
                .filter(type -> type.isAssignableFrom(called.getDeclaringClass()))
                .flatMap(type -> Arrays.stream(type.getMethods()))
                .anyMatch(method -> !Modifier.isStatic(method.getModifiers())
                        && method.getName().equals(called.getName())
                        && Arrays.equals(method.getParameterTypes(), called.getParameterTypes()));
    }

    private static boolean mayBeNull(Parameter parameter) {
        return parameter.getType().isPrimitive()
                || parameter.getName().equals("op") && parameter.getType() == String.class // for errors, by the library
                || parameter.getParameterizedType() instanceof TypeVariable
                || parameter.getAnnotatedType().isAnnotationPresent(Nullable.class);
    }

    /** What is wrong with how a null is taken; null if nothing is, empty if that can't be told. */
    private @Nullable String problem(Executable called, int at) {
        Throwable thrown;
        try {
            Object target = called instanceof Constructor || Modifier.isStatic(called.getModifiers())
                    ? null
                    : samples.of(called.getDeclaringClass());
            thrown = call(called, target, samples.of(called, at));
        } catch (SampleArguments.NoneException e) {
            return "";
        }
        if (thrown == null) {
            return "is accepted";
        }
        String message = String.valueOf(thrown.getMessage());
        Parameter parameter = called.getParameters()[at];
        boolean named = message.contains(parameter.getName())
                || message.contains(parameter.getType().getSimpleName());
        if (thrown instanceof NullPointerException) {
            return named ? null : thrown + " at " + thrown.getStackTrace()[0];
        }
        return named && thrown instanceof TensorException ? null : "";
    }

    private static void release(@Nullable Object result) {
        if (result instanceof AutoCloseable closeable) {
            try {
                closeable.close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static @Nullable Throwable call(Executable called, @Nullable Object target, @Nullable Object[] arguments) {
        try {
            if (called instanceof Constructor<?> constructor) {
                release(constructor.newInstance(arguments));
            } else {
                release(((Method) called).invoke(target, arguments));
            }
            return null;
        } catch (InvocationTargetException e) {
            return e.getCause();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(called.toString(), e);
        }
    }
}
