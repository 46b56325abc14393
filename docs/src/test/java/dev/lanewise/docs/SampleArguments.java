package dev.lanewise.docs;

import dev.lanewise.nn.Linear;
import dev.lanewise.nn.loss.Losses;
import dev.lanewise.nn.optim.Sgd;
import dev.lanewise.nn.train.Trainer;
import dev.lanewise.serve.Server;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.Writer;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Values of any type that a public method may take. */
final class SampleArguments {
    private static final int MOST_DEPTH = 3;

    private final Path folder;
    private int paths;

    /** Samples whose files are in an empty folder. */
    SampleArguments(Path folder) {
        this.folder = folder;
    }

    /** There is no way to make a value of a type. */
    static final class NoneException extends Exception {
        private static final long serialVersionUID = 1L;

        NoneException(Class<?> type) {
            super(type.getName());
        }
    }

    /** Arguments for a call, null at one position. */
    @Nullable
    Object[] of(Executable called, int nullAt) throws NoneException {
        Class<?>[] types = called.getParameterTypes();
        @Nullable Object[] arguments = new Object[types.length];
        for (int i = 0; i < types.length; i++) {
            arguments[i] = i == nullAt ? null : of(types[i], 0);
        }
        return arguments;
    }

    Object of(Class<?> type) throws NoneException {
        return of(type, 0);
    }

    private Object of(Class<?> type, int depth) throws NoneException {
        if (type.isEnum()) {
            return type.getEnumConstants()[0];
        }
        if (type.isArray()) {
            Object array = Array.newInstance(type.getComponentType(), 2);
            for (int i = 0; i < 2; i++) {
                Array.set(array, i, of(type.getComponentType(), depth));
            }
            return array;
        }
        Object plain = plain(type);
        if (plain != null) {
            return plain;
        }
        if (depth == MOST_DEPTH) {
            throw new NoneException(type);
        }
        return made(type, depth);
    }

    private @Nullable Object plain(Class<?> type) {
        return switch (type.getName()) {
            case "int" -> 1;
            case "long" -> 1L;
            case "double" -> 0.5;
            case "float" -> 0.5f;
            case "byte" -> (byte) 1;
            case "short" -> (short) 1;
            case "char" -> 'a';
            case "boolean" -> true;
            case "java.lang.String" -> "a";
            case "java.lang.Object", "java.lang.Number", "java.lang.Integer" -> 1;
            case "java.lang.Double" -> 1.0;
            case "java.lang.Long" -> 1L;
            case "java.util.List", "java.util.Collection", "java.lang.Iterable" -> List.of();
            case "java.util.Map" -> Map.of();
            case "java.util.Set" -> Set.of();
            case "java.util.Optional" -> Optional.empty();
            case "java.util.Random" -> new Random(1);
            // another one each time, as some of what is called makes the folder
            case "java.nio.file.Path" -> folder.resolve("no", "such", "folder" + paths++);
            case "java.util.stream.Stream" -> Stream.empty();
            case "java.util.Iterator" -> List.of().iterator();
            case "java.lang.Class" -> Object.class;
            case "java.io.PrintStream" -> new PrintStream(OutputStream.nullOutputStream());
            // by its own constructors it would be a file in the working folder
            case "java.io.PrintWriter" -> new PrintWriter(Writer.nullWriter());
            case "java.time.Duration" -> Duration.ofSeconds(10);
            case "java.lang.Throwable" -> new IllegalStateException();
            case "dev.lanewise.tensor.Shape" -> Shape.of(2, 3);
            case "dev.lanewise.tensor.Device" -> Device.CPU;
            case "dev.lanewise.tensor.Rng" -> new Rng(1);
            case "dev.lanewise.nn.Layer", "dev.lanewise.nn.WeightLayer" -> new Linear(3, 3);
            case "dev.lanewise.nn.optim.Optimizer" -> new Sgd(new Linear(3, 3).parameters(), 0.1);
            case "dev.lanewise.nn.train.Trainer" -> trainer();
            case "dev.lanewise.serve.Server$Builder" -> Server.builder();
            default -> type.isAssignableFrom(Tensor.class) ? Tensor.ones(2, 3) : null;
        };
    }

    private static Trainer trainer() {
        Linear model = new Linear(3, 3);
        return new Trainer(model, Losses.meanSquaredError(Reduction.MEAN), new Sgd(model.parameters(), 0.1));
    }

    private Object made(Class<?> type, int depth) throws NoneException {
        List<Executable> ways = Stream.concat(
                        Modifier.isAbstract(type.getModifiers())
                                ? Stream.<Executable>empty()
                                : Arrays.stream(type.getConstructors()),
                        Arrays.stream(type.getMethods())
                                .filter(method -> Modifier.isStatic(method.getModifiers())
                                        && type.isAssignableFrom(method.getReturnType())))
                // the JVM lists methods in another order each time
                .sorted(Comparator.comparingInt(Executable::getParameterCount).thenComparing(Executable::toString))
                .toList();
        for (Executable way : ways) {
            try {
                @Nullable Object[] arguments = new Object[way.getParameterCount()];
                for (int i = 0; i < arguments.length; i++) {
                    arguments[i] = of(way.getParameterTypes()[i], depth + 1);
                }
                Object made = way instanceof Constructor<?> constructor
                        ? constructor.newInstance(arguments)
                        : ((Method) way).invoke(null, arguments);
                if (made != null) {
                    return made;
                }
            } catch (NoneException | InvocationTargetException e) {
                // the next way
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(way.toString(), e);
            }
        }
        if (type.isInterface() && !type.isSealed()) {
            return standIn(type);
        }
        if (type.isSealed()) {
            for (Class<?> permitted : type.getPermittedSubclasses()) {
                try {
                    return of(permitted, depth + 1);
                } catch (NoneException e) {
                    // the next type
                }
            }
        }
        throw new NoneException(type);
    }

    @SuppressWarnings("ReferenceEquality") // a stand-in equals itself
    private Object standIn(Class<?> type) {
        return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
            if (method.isDefault()) {
                return InvocationHandler.invokeDefault(proxy, method, arguments);
            }
            return switch (method.getName()) {
                case "toString" -> type.getSimpleName();
                case "hashCode" -> 1;
                case "equals" -> proxy == arguments[0];
                default -> method.getReturnType() == void.class ? null : of(method.getReturnType(), MOST_DEPTH - 1);
            };
        });
    }
}
