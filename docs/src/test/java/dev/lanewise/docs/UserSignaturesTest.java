package dev.lanewise.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.nn.Layer;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.spi.BackendProvider;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** No signature that users meet names the record of an operation, or a type that backends implement. */
class UserSignaturesTest {
    private static final Pattern INNER = Pattern.compile("dev\\.lanewise\\.tensor\\.(op|spi|internal)\\b.*");

    /** Where operations are run by their records: for those who add one, or write a backend. */
    private static final Set<String> DOORS = Set.of(
            "Tensor.apply(Op)",
            "Tensor.apply(Op, Tensor...)",
            "Tensor.applyAll(Op, Tensor...)",
            "Tensor.create(Source, Device)");

    private static Stream<Class<?>> userTypes() {
        return ExportedApi.ofAllModules().stream()
                .flatMap(module -> module.classes().stream())
                .filter(type -> !INNER.matcher(type.getPackageName()).matches())
                // a backend's entry, which users don't name
                .filter(type -> !BackendProvider.class.isAssignableFrom(type))
                .flatMap(UserSignaturesTest::withNested);
    }

    private static Stream<Class<?>> withNested(Class<?> type) {
        return Stream.concat(
                Stream.of(type),
                Arrays.stream(type.getDeclaredClasses())
                        .filter(inner -> ApiListing.isShown(type, inner.getModifiers(), inner.isSynthetic()))
                        .flatMap(UserSignaturesTest::withNested));
    }

    /** A file that imports several packages by stars can name every type. */
    @Test
    void noTwoTypesOfUsersHaveOneName() {
        assertThat(userTypes().filter(type -> type.getEnclosingClass() == null).map(Class::getSimpleName))
                .doesNotHaveDuplicates();
    }

    @Test
    void signaturesOfUserPackagesNameNoOperationAndNoBackend() {
        List<String> found = new ArrayList<>();
        Set<String> doors = new HashSet<>(DOORS);
        userTypes().forEach(type -> {
            members(type).filter(member -> names(member.types)).forEach(member -> {
                if (!doors.remove(member.text)) {
                    found.add(member.text);
                }
            });
        });
        assertThat(found).isEmpty();
        assertThat(doors).as("exceptions that nothing needs").isEmpty();
    }

    @Test
    void namesAreFoundWhereverASignatureHoldsThem() throws NoSuchMethodException {
        for (Method method : Hidden.class.getDeclaredMethods()) {
            assertThat(names(types(method))).as(method.getName()).isTrue();
        }
        assertThat(names(List.of(HiddenParent.class.getGenericSuperclass()))).isTrue();
        assertThat(names(types(Layer.class.getMethod("forward", Tensor.class)))).isFalse();
    }

    /** What {@link #names} has to find: a type itself, its arrays, arguments and bounds. */
    interface Hidden {
        void parameter(dev.lanewise.tensor.op.Op op);

        dev.lanewise.tensor.spi.Buffer result();

        List<? extends dev.lanewise.tensor.op.Op[]> arrays();

        <T extends dev.lanewise.tensor.spi.Backend> void bound(List<T> backends);

        void nested(dev.lanewise.tensor.op.reduce.Reduce.Kind kind);
    }

    private static class HiddenParent extends ArrayList<dev.lanewise.tensor.op.Op> {
        private static final long serialVersionUID = 1;
    }

    private record Member(String text, List<Type> types) {}

    private static Stream<Member> members(Class<?> type) {
        List<Type> parents = new ArrayList<>(List.of(type.getGenericInterfaces()));
        if (type.getGenericSuperclass() != null) {
            parents.add(type.getGenericSuperclass());
        }
        parents.addAll(List.of(type.getTypeParameters()));
        Stream<Member> fields = Arrays.stream(type.getDeclaredFields())
                .filter(field -> ApiListing.isShown(type, field.getModifiers(), field.isSynthetic()))
                .map(field -> new Member(ApiListing.name(type) + "." + field.getName(), types(field)));
        Stream<Member> executables = Stream.<Executable>concat(
                        Arrays.stream(type.getDeclaredConstructors()), Arrays.stream(type.getDeclaredMethods()))
                .filter(member -> ApiListing.isShown(type, member.getModifiers(), member.isSynthetic()))
                .map(member -> new Member(
                        ApiListing.name(type)
                                + (member instanceof Constructor ? "" : "." + member.getName())
                                + ApiListing.parameters(member.getParameters(), member.isVarArgs()),
                        types(member)));
        return Stream.of(Stream.of(new Member(ApiListing.name(type), parents)), fields, executables)
                .flatMap(all -> all);
    }

    private static List<Type> types(Field field) {
        return List.of(field.getGenericType());
    }

    private static List<Type> types(Executable member) {
        List<Type> types = new ArrayList<>(List.of(member.getGenericParameterTypes()));
        types.addAll(List.of(member.getGenericExceptionTypes()));
        types.addAll(List.of(member.getTypeParameters()));
        if (member instanceof Method method) {
            types.add(method.getGenericReturnType());
        }
        return types;
    }

    private static boolean names(List<Type> types) {
        Set<Type> seen = new HashSet<>();
        return types.stream().anyMatch(type -> names(type, seen));
    }

    /** @param seen what was looked at: a variable's bound can hold the variable */
    private static boolean names(Type type, Set<Type> seen) {
        if (!seen.add(type)) {
            return false;
        }
        return switch (type) {
            case Class<?> simple ->
                simple.isArray()
                        ? names(simple.getComponentType(), seen)
                        : INNER.matcher(simple.getPackageName()).matches();
            case ParameterizedType generic ->
                names(generic.getRawType(), seen)
                        || Arrays.stream(generic.getActualTypeArguments()).anyMatch(inner -> names(inner, seen));
            case GenericArrayType array -> names(array.getGenericComponentType(), seen);
            case TypeVariable<?> variable -> Arrays.stream(variable.getBounds()).anyMatch(bound -> names(bound, seen));
            case WildcardType wildcard ->
                Stream.concat(Arrays.stream(wildcard.getUpperBounds()), Arrays.stream(wildcard.getLowerBounds()))
                        .anyMatch(bound -> names(bound, seen));
            default -> throw new IllegalStateException("unknown kind of type: " + type);
        };
    }
}
