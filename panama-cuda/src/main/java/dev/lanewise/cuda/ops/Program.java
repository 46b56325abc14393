package dev.lanewise.cuda.ops;

import dev.lanewise.cuda.kernel.KernelSource;
import dev.lanewise.tensor.DType;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A program of kernels by name. Its text is made when a device compiles it.
 *
 * @param name a name that no other program has
 * @param source makes it
 */
record Program(String name, Supplier<KernelSource> source) {
    /** Programs of one kind, one per element type. */
    static final class OfType {
        private final Map<DType, Program> programs = new EnumMap<>(DType.class);

        OfType(String kind, Function<DType, KernelSource> source) {
            for (DType type : DType.values()) {
                String name = kind + " " + type.name().toLowerCase(Locale.ROOT);
                programs.put(type, new Program(name, () -> source.apply(type)));
            }
        }

        Program of(DType type) {
            return Objects.requireNonNull(programs.get(type));
        }
    }

    /** Programs of several kinds, one per kind and element type. */
    static final class OfKind<K extends Enum<K>> {
        private final Map<K, OfType> programs;

        OfKind(Class<K> kinds, BiFunction<K, DType, KernelSource> source) {
            programs = new EnumMap<>(kinds);
            String group = kinds.getName().substring(kinds.getPackageName().length() + 1);
            for (K kind : kinds.getEnumConstants()) {
                programs.put(kind, new OfType(group + " " + kind, type -> source.apply(kind, type)));
            }
        }

        Program of(K kind, DType type) {
            return Objects.requireNonNull(programs.get(kind)).of(type);
        }
    }
}
