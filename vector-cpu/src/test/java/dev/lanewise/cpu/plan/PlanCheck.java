package dev.lanewise.cpu.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.cpu.memory.Dense;
import dev.lanewise.cpu.memory.Scratch;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.spi.Buffer;
import dev.lanewise.tensor.spi.Storage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** What every plan must be, found by reading all that it holds. */
public final class PlanCheck {
    /** What would keep the memory of an operand, or of one call, for as long as the plan is kept. */
    private static final List<Class<?>> MEMORY = List.of(
            MemorySegment.class,
            Arena.class,
            Tensor.class,
            Buffer.class,
            Storage.class,
            Dense.class,
            Scratch.class,
            Thread.class);

    private final IdentityHashMap<Object, Integer> seen = new IdentityHashMap<>();
    private final StringBuilder text = new StringBuilder();

    private PlanCheck() {}

    /** Plans a problem where other numbers of threads and another forced algorithm are set: the plans must be alike. */
    public static void dependsOnItsProblemAlone(Problem problem, String property) {
        String plan = text(problem.plan(3));
        String before = System.getProperty(property);
        int threads = Workers.threads();
        try {
            System.setProperty(property, "gemm");
            Workers.setThreads(threads + 5);
            assertThat(text(problem.plan(3))).as("%s", problem).isEqualTo(plan);
            System.setProperty(property, "direct");
            Workers.setThreads(1);
            assertThat(text(problem.plan(3))).as("%s", problem).isEqualTo(plan);
        } finally {
            Workers.setThreads(threads);
            if (before == null) {
                System.clearProperty(property);
            } else {
                System.setProperty(property, before);
            }
        }
    }

    /** Reads a plan that has run: it must hold no memory of its operands. */
    public static void holdsNoMemory(Kernel kernel) {
        text(kernel);
    }

    /** Whether two plans hold different things. */
    public static boolean differ(Kernel one, Kernel other) {
        return !text(one).equals(text(other));
    }

    private static String text(Kernel kernel) {
        PlanCheck check = new PlanCheck();
        check.read(kernel);
        return check.text.toString();
    }

    private void read(@Nullable Object object) {
        if (object == null || object instanceof Number || object instanceof Boolean || object instanceof String) {
            text.append(object).append('\n');
            return;
        }
        Integer number = seen.putIfAbsent(object, seen.size());
        text.append(object.getClass().getName().replaceAll("/0x.*", ""));
        if (number != null) {
            text.append(" again ").append(number).append('\n');
        } else if (object instanceof Enum) {
            text.append('.').append(object).append('\n');
        } else {
            assertThat(MEMORY).as("held: %s", object.getClass()).noneMatch(type -> type.isInstance(object));
            text.append('\n');
            readParts(object);
        }
    }

    private void readParts(Object object) {
        if (object.getClass().isArray()) {
            for (int i = 0; i < Array.getLength(object); i++) {
                read(Array.get(object, i));
            }
        } else if (object instanceof AtomicReferenceArray<?> array) {
            for (int i = 0; i < array.length(); i++) {
                read(array.get(i));
            }
        } else if (object instanceof List<?> list) {
            list.forEach(this::read);
        } else {
            assertThat(object.getClass().getName()).startsWith("dev.lanewise.");
            for (Class<?> type = object.getClass(); type != Object.class; type = type.getSuperclass()) {
                for (Field field : type.getDeclaredFields()) {
                    if (!Modifier.isStatic(field.getModifiers())) {
                        read(value(field, object));
                    }
                }
            }
        }
    }

    private static @Nullable Object value(Field field, Object object) {
        try {
            field.setAccessible(true);
            return field.get(object);
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }
}
