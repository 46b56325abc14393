package dev.lanewise.docs;

import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The public API as text, one line for each class and member that users can name: {@code module package type signature}.
 * Protected members count where the class can be extended. Types are written without their packages, which keeps lines short
 * and still shows every change.
 */
final class ApiListing {
    private ApiListing() {}

    /** The sorted lines of some modules. */
    static String of(List<ExportedApi> modules) {
        return modules.stream()
                .flatMap(module -> module.classes().stream().flatMap(type -> lines(module.name(), type)))
                .sorted()
                .distinct()
                .map(line -> line + "\n")
                .collect(Collectors.joining());
    }

    private static Stream<String> lines(String module, Class<?> type) {
        String prefix = module + " " + type.getPackageName() + " " + name(type) + " ";
        Stream<String> members = Stream.of(
                        Arrays.stream(type.getDeclaredFields())
                                .filter(field -> isShown(type, field.getModifiers(), field.isSynthetic()))
                                .map(ApiListing::field),
                        Arrays.stream(type.getDeclaredConstructors())
                                .filter(made -> isShown(type, made.getModifiers(), made.isSynthetic()))
                                .map(ApiListing::constructor),
                        Arrays.stream(type.getDeclaredMethods())
                                .filter(method -> isShown(type, method.getModifiers(), method.isSynthetic()))
                                .filter(method -> !isImplied(type, method))
                                .map(ApiListing::method))
                .flatMap(lines -> lines);
        Stream<String> nested = Arrays.stream(type.getDeclaredClasses())
                .filter(inner -> isShown(type, inner.getModifiers(), inner.isSynthetic()))
                .flatMap(inner -> lines(module, inner));
        return Stream.concat(
                Stream.concat(Stream.of(declaration(type)), members).map(prefix::concat), nested);
    }

    static boolean isShown(Class<?> type, int modifiers, boolean synthetic) {
        boolean extensible = !Modifier.isFinal(type.getModifiers()) && !type.isSealed();
        return !synthetic && (Modifier.isPublic(modifiers) || extensible && Modifier.isProtected(modifiers));
    }

    /** What the compiler gives every enum, and what every class has from {@link Object}. */
    private static boolean isImplied(Class<?> type, Method method) {
        return switch (method.getName()) {
            case "values", "valueOf" -> type.isEnum();
            case "equals", "hashCode", "toString" -> true;
            default -> false;
        };
    }

    private static String declaration(Class<?> type) {
        String kind = type.isAnnotation()
                ? "@interface"
                : type.isInterface() ? "interface" : type.isEnum() ? "enum" : type.isRecord() ? "record" : "class";
        int shown = Modifier.ABSTRACT | Modifier.FINAL;
        boolean implied = type.isInterface() || type.isEnum() || type.isRecord();
        String modifiers = implied ? "" : spaced(Modifier.toString(type.getModifiers() & shown));
        String components = type.isRecord()
                ? Arrays.stream(type.getRecordComponents())
                        .map(RecordComponent::getGenericType)
                        .map(ApiListing::type)
                        .collect(Collectors.joining(", ", "(", ")"))
                : "";
        String parent = type.isInterface() || type.isEnum() || type.isRecord() || type.getSuperclass() == Object.class
                ? ""
                : " extends " + type(type.getGenericSuperclass());
        return (type.isSealed() ? "sealed " : "")
                + modifiers
                + kind
                + variables(type.getTypeParameters())
                + components
                + parent
                + joined(type.isInterface() ? " extends " : " implements ", type.getGenericInterfaces());
    }

    private static String field(Field field) {
        return field.isEnumConstant()
                ? "constant " + field.getName()
                : spaced(Modifier.toString(field.getModifiers() & ~Modifier.PUBLIC)) + type(field.getGenericType())
                        + " " + field.getName();
    }

    private static String constructor(Constructor<?> made) {
        return spaced(Modifier.toString(made.getModifiers() & Modifier.PROTECTED)) + "new"
                + variables(made.getTypeParameters()) + parameters(made.getParameters(), made.isVarArgs())
                + joined(" throws ", made.getGenericExceptionTypes());
    }

    private static String method(Method method) {
        int shown = Modifier.PROTECTED | Modifier.STATIC | Modifier.ABSTRACT | Modifier.FINAL;
        return spaced(Modifier.toString(method.getModifiers() & shown))
                + spaced(variables(method.getTypeParameters()))
                + type(method.getGenericReturnType())
                + " "
                + method.getName()
                + parameters(method.getParameters(), method.isVarArgs())
                + joined(" throws ", method.getGenericExceptionTypes());
    }

    static String parameters(Parameter[] parameters, boolean varArgs) {
        String list = Arrays.stream(parameters)
                .map(Parameter::getParameterizedType)
                .map(ApiListing::type)
                .collect(Collectors.joining(", ", "(", ")"));
        return varArgs ? list.replaceAll("\\[\\]\\)$", "...)") : list;
    }

    private static String variables(TypeVariable<?>[] variables) {
        return variables.length == 0
                ? ""
                : Arrays.stream(variables)
                        .map(variable -> variable.getName()
                                + joined(
                                        " extends ",
                                        Arrays.stream(variable.getBounds())
                                                .filter(bound -> bound != Object.class)
                                                .toArray(Type[]::new)))
                        .collect(Collectors.joining(", ", "<", ">"));
    }

    private static String type(Type type) {
        return switch (type) {
            case Class<?> simple -> simple.isArray() ? type(simple.getComponentType()) + "[]" : name(simple);
            case ParameterizedType generic ->
                type(generic.getRawType())
                        + Arrays.stream(generic.getActualTypeArguments())
                                .map(ApiListing::type)
                                .collect(Collectors.joining(", ", "<", ">"));
            case GenericArrayType array -> type(array.getGenericComponentType()) + "[]";
            case WildcardType wildcard ->
                wildcard.getLowerBounds().length > 0
                        ? "? super " + type(wildcard.getLowerBounds()[0])
                        : wildcard.getUpperBounds()[0] == Object.class
                                ? "?"
                                : "? extends " + type(wildcard.getUpperBounds()[0]);
            default -> type.getTypeName();
        };
    }

    /** With the classes around it, without the package. */
    static String name(Class<?> type) {
        Class<?> outer = type.getDeclaringClass();
        return outer == null ? type.getSimpleName() : name(outer) + "." + type.getSimpleName();
    }

    private static String joined(String before, Type[] types) {
        return types.length == 0
                ? ""
                : Arrays.stream(types).map(ApiListing::type).collect(Collectors.joining(", ", before, ""));
    }

    private static String spaced(String text) {
        return text.isEmpty() ? "" : text + " ";
    }
}
