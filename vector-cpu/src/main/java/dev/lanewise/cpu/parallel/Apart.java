package dev.lanewise.cpu.parallel;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.UndeclaredThrowableException;
import java.util.function.IntConsumer;

/**
 * Calls that C2 leaves as calls, so that what is called is compiled on its own, with the whole of C2's budget. A method that
 * finds an operation's kernel and takes its loops in exceeds that budget (see {@link dev.lanewise.cpu}), and the loops that
 * come last keep calls to each access. C2 inlines through a method handle only if it knows the handle; one that is read
 * from a field that may change, it does not. Such a call takes a few nanoseconds.
 */
public final class Apart {
    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();

    @SuppressWarnings("NonFinalStaticField") // so that C2 does not know it
    private static MethodHandle range =
            of(LOOKUP, RangeBody.class, "run", MethodType.methodType(void.class, long.class, long.class));

    @SuppressWarnings("NonFinalStaticField") // likewise
    private static MethodHandle task =
            of(LOOKUP, IntConsumer.class, "accept", MethodType.methodType(void.class, int.class));

    static {
        // the JDK prepares such a call when it is first made: now, while there is stack to spare
        run((from, to) -> {}, 0, 0);
        run(number -> {}, 0);
    }

    private Apart() {}

    /**
     * The handle of a method; to be kept in a field that is not final.
     *
     * @throws LinkageError if there is no such method
     */
    public static MethodHandle of(MethodHandles.Lookup lookup, Class<?> type, String name, MethodType signature) {
        try {
            return lookup.findVirtual(type, name, signature);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(type + " has no " + name + signature, e);
        }
    }

    /** What a handle threw, unchecked: the methods called so declare nothing else. */
    public static RuntimeException unchecked(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        return thrown instanceof RuntimeException e ? e : new UndeclaredThrowableException(thrown);
    }

    static void run(RangeBody body, long from, long to) {
        try {
            range.invokeExact(body, from, to);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    static void run(IntConsumer body, int number) {
        try {
            task.invokeExact(body, number);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }
}
