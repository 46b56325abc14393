package dev.lanewise.testkit.conformance;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Copy;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A method of {@link Tensor} or {@link Rng} with arguments of its parameters' types, most of which it must refuse. */
final class HostileCall {
    /** These hand memory or the caller's own code about, or leave a random stream that others use. */
    private static final Set<String> LEFT_OUT = Set.of("apply", "applyAll", "update", "keep", "global", "create");

    private static final String[] TEXTS = {
        "",
        "ij,jk->ik",
        "ii->i",
        "...i,...i",
        "ij->ji",
        "ij->",
        "i,i",
        "abc,cd->abd",
        "->",
        "i->ii",
        "1",
        ":",
        "::-1",
        "0:2, 1",
        "..., 0",
        "-1",
        "9223372036854775807:",
        ":-9223372036854775808:1",
        "1:2:0",
        "None",
        "x",
        ",",
        "2:1",
        "::3, -1"
    };

    /** The most that a method which makes a tensor is asked for: sizes up to a machine's memory take minutes. */
    private static final int MOST_MADE = 1 << 12;

    /** From here on no machine has the memory, which shows at once. */
    private static final long BEYOND_MEMORY = 1L << 50;

    private static final List<Method> METHODS = methods();

    private final Device device;
    private final Dice dice;
    private final StringBuilder text = new StringBuilder();
    private boolean makes;

    HostileCall(Device device, Dice dice) {
        this.device = device;
        this.dice = dice;
    }

    private static List<Method> methods() {
        List<Method> methods = new ArrayList<>();
        Stream.of(Tensor.class.getMethods(), Rng.class.getMethods())
                .flatMap(Arrays::stream)
                .filter(m -> m.getDeclaringClass() != Object.class && !m.isSynthetic())
                .filter(m -> !LEFT_OUT.contains(m.getName()))
                .filter(m -> Arrays.stream(m.getParameterTypes()).allMatch(HostileCall::isKnown))
                .sorted(Comparator.comparing(Method::toString))
                .forEach(methods::add);
        return List.copyOf(methods);
    }

    private static boolean isKnown(Class<?> type) {
        return type.isPrimitive()
                || type.isArray() && isKnown(type.getComponentType())
                || type.isEnum()
                || Set.of(
                                Tensor.class,
                                DType.class,
                                Device.class,
                                Shape.class,
                                Rng.class,
                                String.class,
                                Number.class,
                                List.class)
                        .contains(type);
    }

    void run(HostileCase.Teller teller) {
        Method method = dice.one(METHODS);
        boolean hostile = dice.chance(0.6);
        makes = Modifier.isStatic(method.getModifiers()) || method.getDeclaringClass() == Rng.class;
        Object target = Modifier.isStatic(method.getModifiers())
                ? null
                : method.getDeclaringClass() == Rng.class ? new Rng(1) : tensor(hostile);
        text.append(method.getDeclaringClass().getSimpleName()).append('.').append(method.getName());
        describe(target);
        Object[] arguments = Arrays.stream(method.getParameterTypes())
                .map(type -> argument(type, hostile))
                .toArray();
        teller.begins(text.toString());
        try {
            look(method.invoke(target, arguments));
        } catch (InvocationTargetException e) {
            switch (e.getTargetException()) {
                case RuntimeException thrown -> throw thrown;
                case Error thrown -> throw thrown;
                case Throwable thrown -> throw new IllegalStateException(thrown);
            }
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("not public: " + method, e);
        }
    }

    /** Reads what came out: a view that lies outside its memory shows now. */
    private static void look(@Nullable Object result) {
        if (result == null) {
            return;
        }
        if (result.toString().isEmpty()) {
            throw new AssertionError("a result prints as nothing");
        }
        switch (result) {
            case Tensor tensor -> {
                if (tensor.shape().elements() <= 1 << 16) {
                    tensor.copy();
                }
            }
            case Tensor[] tensors -> Arrays.stream(tensors).forEach(HostileCall::look);
            case List<?> list -> list.forEach(HostileCall::look);
            default -> {
                // numbers and arrays have been read
            }
        }
    }

    private void describe(@Nullable Object value) {
        switch (value) {
            case null -> text.append(" static");
            case Tensor tensor -> text.append(' ').append(tensor.spec());
            case Rng rng -> text.append(" rng");
            case Object[] array -> Arrays.stream(array).forEach(this::describe);
            case long[] array -> text.append(' ').append(Arrays.toString(array));
            case int[] array -> text.append(' ').append(Arrays.toString(array));
            case String string -> text.append(" '").append(string).append('\'');
            default ->
                text.append(' ').append(value.getClass().isArray() ? "array of " + Array.getLength(value) : value);
        }
    }

    private Object argument(Class<?> type, boolean hostile) {
        Object value = value(type, hostile);
        describe(value);
        return value;
    }

    private Object value(Class<?> type, boolean hostile) {
        boolean odd = hostile && dice.chance(0.5);
        if (type == int.class) {
            return odd
                    ? Math.clamp(dice.hostile(), Integer.MIN_VALUE, makes ? MOST_MADE : Integer.MAX_VALUE)
                    : dice.between(-2, 4);
        } else if (type == long.class) {
            return odd ? whole() : dice.between(-2, 8);
        } else if (type == double.class) {
            return odd ? dice.hostileReal() : dice.between(-8, 8) / 4.0;
        } else if (type == float.class) {
            return (float) (odd ? dice.hostileReal() : dice.between(-8, 8) / 4.0);
        } else if (type == boolean.class) {
            return dice.chance(0.5);
        } else if (type == byte.class) {
            return (byte) dice.below(256);
        } else if (type == Tensor.class) {
            return tensor(odd);
        } else if (type == DType.class) {
            return dice.one(List.of(DType.values()));
        } else if (type == Device.class) {
            return device;
        } else if (type == Shape.class) {
            return dice.shape(0, 4);
        } else if (type == Rng.class) {
            return new Rng(dice.below(9));
        } else if (type == String.class) {
            return TEXTS[dice.below(TEXTS.length)];
        } else if (type == Number.class) {
            return dice.chance(0.5) ? (Number) dice.hostile() : (Number) dice.hostileReal();
        } else if (type == List.class) {
            return List.of(tensor(odd), tensor(odd));
        } else if (type.isEnum()) {
            return dice.one(List.of(type.getEnumConstants()));
        }
        return array(type.getComponentType(), hostile);
    }

    private long whole() {
        long number = dice.hostile();
        return makes && number > MOST_MADE ? Math.max(number, BEYOND_MEMORY) : number;
    }

    private Object array(Class<?> type, boolean hostile) {
        Object array = Array.newInstance(type, dice.below(5));
        for (int i = 0; i < Array.getLength(array); i++) {
            Array.set(array, i, value(type, hostile && dice.chance(0.5)));
        }
        return array;
    }

    private Tensor tensor(boolean odd) {
        DType dtype = dice.chance(0.6) ? DType.F32 : dice.one(List.of(DType.values()));
        Shape shape = dice.shape(0, 4);
        Recipe.Operand operand = Recipe.Operand.any(dtype, shape);
        if (odd && dice.chance(0.3) && dtype.bytes() > 1) {
            return huge(operand);
        }
        Ingredients ingredients = new Ingredients(device, dice, dice.one(List.of(Spread.values())));
        return ingredients.make(new Recipe(Copy.COPY, operand))[0];
    }

    /** More bytes than there are addresses: only their number can be looked at. */
    private Tensor huge(Recipe.Operand operand) {
        Ingredients ingredients = new Ingredients(device, dice, Spread.ORDINARY);
        Tensor one = ingredients.make(new Recipe(Copy.COPY, operand.with(Shape.of(1))))[0];
        try {
            return one.expand(Long.MAX_VALUE / one.dtype().bytes() + 1);
        } catch (TensorException e) {
            return one;
        }
    }
}
