package dev.lanewise.tensor;

import java.lang.StackWalker.StackFrame;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The name that a message begins with. Many methods of a tensor are made of operations that have names of their own, and
 * an operation that refuses its operands can't know who called it: what the caller wrote is read from the stack, which
 * costs nothing until there is an error.
 */
final class CalledMethod {
    private static final StackWalker STACK = StackWalker.getInstance();

    /** Methods that run an operation's record, which has the name that belongs into the message. */
    private static final Set<String> RUN_A_RECORD = Set.of("apply", "applyAll", "create");

    /** Methods in which a backend learns what became of operations that were called before. */
    private static final Set<String> WAITING = Set.of("copyOut", "copyIn", "synchronize");

    /** Of lambdas, constructors and initializers. */
    private static final Pattern INNER = Pattern.compile("[$<]");

    /** What a message about a setting of the process begins with: it is wrong whatever is called. */
    private static final String SETTING = "lanewise.";

    private static final Pattern OPERATION = Pattern.compile("[a-z][a-z0-9_]*: ");
    private static final Pattern HUMP = Pattern.compile("([a-z0-9])([A-Z])");

    private CalledMethod() {}

    /** The message, with the name of the tensor's method that was called in place of that of what failed inside. */
    static String named(String message) {
        if (message.startsWith(SETTING)) {
            return message;
        }
        String method = STACK.walk(CalledMethod::outermost);
        if (method == null || RUN_A_RECORD.contains(method)) {
            return message;
        }
        String name = HUMP.matcher(method).replaceAll("$1_$2").toLowerCase(Locale.ROOT);
        Matcher operation = OPERATION.matcher(message);
        return name + ": " + (operation.lookingAt() ? message.substring(operation.end()) : message);
    }

    /**
     * Of the calls since the user's code, backends' among them, the first of a tensor's method. None if a backend failed
     * while it waited for its device: that error is of an earlier operation, which it names.
     */
    private static @Nullable String outermost(Stream<StackFrame> stack) {
        String method = null;
        for (StackFrame call : (Iterable<StackFrame>) stack::iterator) {
            String className = call.getClassName();
            if (!isLibrary(className)) {
                return method;
            }
            if (isBackend(className) && WAITING.contains(call.getMethodName())) {
                return null;
            }
            if (isOfTensors(className) && !INNER.matcher(call.getMethodName()).find()) {
                method = call.getMethodName();
            }
        }
        return method;
    }

    private static boolean isBackend(String className) {
        return !className.startsWith(Tensor.class.getPackageName() + '.');
    }

    private static boolean isLibrary(String className) {
        return className.startsWith("dev.lanewise.") || className.startsWith("java.") || className.startsWith("jdk.");
    }

    /** {@link Tensor} with the interfaces that hold its methods, and what else makes tensors. */
    private static boolean isOfTensors(String className) {
        return className.equals(Tensor.class.getName())
                || className.equals(Fourier.class.getName())
                || className.equals(Rng.class.getName())
                || className.endsWith("Methods")
                        && className.startsWith(Tensor.class.getPackageName())
                        && className.lastIndexOf('.')
                                == Tensor.class.getPackageName().length();
    }
}
