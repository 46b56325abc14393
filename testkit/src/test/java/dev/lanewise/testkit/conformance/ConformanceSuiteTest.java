package dev.lanewise.testkit.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.matrix.Linalg;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The suite itself: it has every operation, finds what is wrong, and accepts the oracle. */
class ConformanceSuiteTest {
    @Test
    void everyKindOfOperationHasSamples() {
        assertThat(OpCatalogue.missing()).isEmpty();
        assertThat(OpCatalogue.ops()).allSatisfy(op -> {
            DType dtype = OracleChecks.dtypes(op).iterator().next();
            assertThat(Samples.of(op, dtype)).isNotEmpty();
        });
    }

    /** What runs the suite without JUnit's engine, where a GPU is, leaves nothing out. */
    @Test
    void aProgramRunsAllOfTheSuite() {
        List<String> factories = Arrays.stream(BackendConformance.class.getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(TestFactory.class))
                .map(Method::getName)
                .toList();
        assertThat(factories).contains("agreesWithTheOracle");
        assertThat(ConformanceRunner.cases(Device.CPU).stream()
                        .map(ConformanceRunner.Case::suite)
                        .distinct())
                .containsExactlyInAnyOrderElementsOf(factories);
    }

    @TestFactory
    Stream<DynamicNode> errorsNameOperationShapesAndRemedy() {
        return new ErrorChecks(Device.CPU).all();
    }

    @TestFactory
    Stream<DynamicNode> theOracleHoldsAtTheExtremes() {
        return new OracleChecks(Device.CPU, (op, dtype) -> true).extremes();
    }

    @ParameterizedTest
    @EnumSource
    void aLayoutShowsTheShapeItWasAskedFor(Layout layout) {
        for (Shape shape : new Shape[] {Shape.SCALAR, Shape.of(0), Shape.of(3, 0, 2), Shape.of(2, 3, 5)}) {
            Operands make = new Operands(Device.CPU, DType.F32, layout, 1);
            assertThat(make.any(shape.toArray()).shape()).isEqualTo(shape);
        }
    }

    @Test
    void oneWrongElementIsFound() {
        Tensor x = Tensor.of(1f, 2f, 3f);
        Tensor wrong = Tensor.of(1f, 2f, 3.001f);
        assertThatThrownBy(() ->
                        Expectation.check(Unary.EXP, new Tensor[] {x}, new Tensor[] {wrong}, new Tensor[] {x}, false))
                .isInstanceOf(AssertionError.class)
                .hasMessageStartingWith("exp result 0[2] of F32[3] is 3.00");
    }

    @Test
    void infinitiesAndNanMustMatch() {
        Tensor nan = Tensor.of(Float.NaN);
        Tensor infinite = Tensor.of(Float.POSITIVE_INFINITY);
        Tolerance loose = new Tolerance(1, 1);
        assertThatCode(() -> Expectation.check("x", nan, nan, loose)).doesNotThrowAnyException();
        assertThatThrownBy(() -> Expectation.check("x", infinite, nan, loose)).isInstanceOf(AssertionError.class);
        assertThatThrownBy(() -> Expectation.check("x", infinite.neg(), infinite, loose))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void factorsMayHaveOtherSigns() {
        Tensor a = Tensor.of(new float[] {4, 1, 2, 3}, 2, 2);
        Tensor[] qr = Tensor.applyAll(Linalg.QR, a);
        Tensor[] other = {qr[0].neg(), qr[1].neg()};
        assertThatCode(() -> Expectation.check(Linalg.QR, new Tensor[] {a}, other, qr, false))
                .doesNotThrowAnyException();
    }
}
