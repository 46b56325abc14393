package dev.lanewise.cuda.ops;

import dev.lanewise.cuda.kernel.KernelSource;
import dev.lanewise.tensor.DType;
import java.util.Locale;
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
    /** Programs of one kind, one an element type. */
    static final class OfType {
        private final Program[] programs;

        OfType(String kind, Function<DType, KernelSource> source) {
            DType[] types = DType.values();
            programs = new Program[types.length];
            for (DType type : types) {
                programs[type.ordinal()] =
                        new Program(kind + " " + type.name().toLowerCase(Locale.ROOT), () -> source.apply(type));
            }
        }

        Program of(DType type) {
            return programs[type.ordinal()];
        }
    }

    /** Programs of several kinds, each one an element type. */
    static final class OfKind<K extends Enum<K>> {
        private final OfType[] programs;

        OfKind(Class<K> kinds, BiFunction<K, DType, KernelSource> source) {
            K[] constants = kinds.getEnumConstants();
            programs = new OfType[constants.length];
            for (K kind : constants) {
                String name = kinds.getName().substring(kinds.getPackageName().length() + 1) + " " + kind;
                programs[kind.ordinal()] = new OfType(name, type -> source.apply(kind, type));
            }
        }

        Program of(K kind, DType type) {
            return programs[kind.ordinal()].of(type);
        }
    }
}
