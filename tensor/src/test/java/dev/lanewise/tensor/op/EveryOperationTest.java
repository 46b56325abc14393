package dev.lanewise.tensor.op;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** No operation is without a test of what it infers and of what it refuses. */
class EveryOperationTest {
    @Test
    void everyKindOfOperationInfers() {
        assertThat(kinds(Stream.of(
                                ElementwiseInferenceTest.inferred(),
                                ReductionInferenceTest.inferred(),
                                ViewInferenceTest.inferred(),
                                MatrixInferenceTest.inferred(),
                                NeuralInferenceTest.inferred())
                        .flatMap(cases -> cases)))
                .containsExactlyInAnyOrderElementsOf(all());
    }

    private static Set<Class<?>> kinds(Stream<Inference> cases) {
        return cases.map(each -> each.op() instanceof Enum<?> constant
                        ? constant.getDeclaringClass()
                        : each.op().getClass())
                .collect(Collectors.toSet());
    }

    private static Set<Class<?>> all() {
        Set<Class<?>> types = new LinkedHashSet<>();
        collect(Op.class, types);
        return types;
    }

    private static void collect(Class<?> type, Set<Class<?>> types) {
        if (type.isSealed() && !type.isEnum()) {
            for (Class<?> permitted : type.getPermittedSubclasses()) {
                collect(permitted, types);
            }
        } else {
            types.add(type);
        }
    }
}
