package dev.lanewise.cuda.api;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.lang.reflect.RecordComponent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Stands in for a library: writes down every call, gives a new handle where one is asked for, and keeps account of those
 * not destroyed. Answers and failures can be set by method name; each is used up once.
 */
public final class Recording implements InvocationHandler {
    private static final Set<String> DESTROYERS = Set.of("destroy", "abort", "free", "unload", "freePinned");
    private static final Set<String> MAKERS = Set.of("create", "join", "allocate", "load", "endCapture", "instantiate");

    /** The calls made, as {@code method(argument, ...)}. */
    public final List<String> calls = new ArrayList<>();

    /** The handles made and not destroyed, in the order they were made. */
    public final Set<Object> alive = new LinkedHashSet<>();

    private final Map<String, Deque<Object>> answers = new HashMap<>();
    private long nextAddress = 0x1000;

    /** A stand-in for one of the interfaces of this package. */
    public <T> T of(Class<T> library) {
        return library.cast(Proxy.newProxyInstance(library.getClassLoader(), new Class<?>[] {library}, this));
    }

    /** The next call of {@code method} gives {@code answer}, or throws it. */
    public Recording answer(String method, Object answer) {
        answers.computeIfAbsent(method, name -> new ArrayDeque<>()).add(answer);
        return this;
    }

    /** How often a method was called. */
    public synchronized long count(String method) {
        return methods().stream().filter(method::equals).count();
    }

    /** Forgets the calls so far, not the handles. */
    public synchronized Recording forgetCalls() {
        calls.clear();
        return this;
    }

    /** The names of the methods called. */
    public synchronized List<String> methods() {
        return calls.stream().map(call -> call.substring(0, call.indexOf('('))).toList();
    }

    @Override
    public synchronized Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
        Object[] given = arguments == null ? new Object[0] : arguments;
        calls.add(method.getName()
                + Arrays.stream(given).map(Recording::text).collect(Collectors.joining(", ", "(", ")")));
        Deque<Object> prepared = answers.get(method.getName());
        Object answer = prepared == null || prepared.isEmpty() ? null : prepared.remove();
        if (answer instanceof Throwable failure) {
            throw failure;
        }
        if (DESTROYERS.contains(method.getName()) && !alive.remove(given[0])) {
            throw new AssertionError(calls.getLast() + ": not alive");
        }
        if (answer != null) {
            return answer;
        }
        Object result = method.getReturnType() == MemorySegment.class
                ? Arena.ofAuto().allocate((long) given[0])
                : result(method.getReturnType());
        if (MAKERS.stream().anyMatch(method.getName()::startsWith)) {
            alive.add(result);
        }
        return result;
    }

    private Object result(Class<?> type) throws ReflectiveOperationException {
        if (type == long.class) {
            return nextAddress += 0x100;
        }
        if (type == int.class) {
            return 0;
        }
        if (type == boolean.class) {
            return true;
        }
        if (type.isEnum()) {
            return type.getEnumConstants()[0];
        }
        if (type == List.class) {
            return List.of();
        }
        return type.isRecord() ? handle(type) : null;
    }

    private Object handle(Class<?> type) throws ReflectiveOperationException {
        RecordComponent[] components = type.getRecordComponents();
        Constructor<?> constructor = type.getDeclaredConstructor(
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
        Object[] values = new Object[components.length];
        for (int i = 0; i < values.length; i++) {
            Class<?> component = components[i].getType();
            values[i] = component == MemorySegment.class
                    ? MemorySegment.ofAddress(nextAddress += 0x100)
                    : component == long.class ? (Object) 0L : component == int.class ? (Object) 0 : null;
        }
        return constructor.newInstance(values);
    }

    private static String text(Object argument) {
        return argument instanceof byte[] bytes ? bytes.length + " bytes" : String.valueOf(argument);
    }
}
