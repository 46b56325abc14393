package dev.lanewise.cpu.elementwise;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.util.List;

/**
 * The template loops. Each is compiled once as an ordinary class and then defined anew, as a hidden class, for every
 * function it runs: the function is a constant of that class, so the compiler inlines it, and the loop is as fast as
 * one written by hand for it.
 */
enum Template {
    F32_UNARY(F32UnaryLoop.class),
    F32_BINARY(F32BinaryLoop.class),
    F32_TERNARY(F32TernaryLoop.class),
    F32_TEST(F32TestLoop.class),
    F64_UNARY(F64UnaryLoop.class),
    F64_BINARY(F64BinaryLoop.class),
    F64_TERNARY(F64TernaryLoop.class),
    F64_TEST(F64TestLoop.class),
    REAL_UNARY(RealUnaryLoop.class),
    REAL_BINARY(RealBinaryLoop.class),
    INTEGER_UNARY(IntegerUnaryLoop.class),
    INTEGER_BINARY(IntegerBinaryLoop.class),
    INTEGER_TERNARY(IntegerTernaryLoop.class),
    INTEGER_TEST(IntegerTestLoop.class);

    private final byte[] bytes;

    Template(Class<? extends Loop> loop) {
        try (InputStream stream = loop.getResourceAsStream(loop.getSimpleName() + ".class")) {
            if (stream == null) {
                throw new IllegalStateException("class file of " + loop + " not found next to it; repackage the jar");
            }
            bytes = stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A loop of its own for these constants, in the order in which the template asks for them. */
    Loop specialise(Object... constants) {
        try {
            MethodHandles.Lookup hidden =
                    MethodHandles.lookup().defineHiddenClassWithClassData(bytes, List.of(constants), true);
            return (Loop) hidden.lookupClass().getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("template loop " + this + " could not be specialised", e);
        }
    }

    /** For the static initialiser of a template: its constant of that index. */
    static <T> T constant(MethodHandles.Lookup lookup, int index, Class<T> type) {
        try {
            return MethodHandles.classDataAt(lookup, "_", type, index);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }
}
