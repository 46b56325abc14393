package dev.lanewise.testkit.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Graph;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.spi.Storage;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What the record of operations keeps, and what it does when that was overwritten. */
final class SavedTensorsTest {
    private static final Map<String, BinaryOperator<Tensor>> PRODUCTS = Map.of(
            "mul", Tensor::mul,
            "matmul", (a, b) -> a.flatten(1).matmul(b.flatten(1).transpose()),
            "linear", (a, b) -> a.flatten(1).linear(b.flatten(1), null),
            "conv2d", (a, b) -> a.conv2d(b, null));

    /** One operand is computed, used and left to the record; the other one is watched. */
    private static boolean isKept(BinaryOperator<Tensor> product, boolean watchedFirst, boolean other) {
        Tensor watched = Autograd.watch(new Rng(1).randn(DType.F32, 2, 3, 4, 4));
        try (Scope outer = Scope.open("outer")) {
            Tensor frozen;
            Tensor used;
            try (Scope inner = Scope.open("inner")) {
                frozen = new Rng(2).randn(DType.F32, 2, 3, 4, 4);
                used = watched.mul(1);
                Tensor y = watchedFirst ? product.apply(used, frozen) : product.apply(frozen, used);
                inner.keep(y);
            }
            return !Storage.buffer(other ? frozen : used).isReleased();
        }
    }

    @TestFactory
    Stream<DynamicTest> anOperandIsKeptOnlyForTheGradientOfTheOther() {
        return PRODUCTS.entrySet().stream()
                .flatMap(entry -> Stream.of(true, false)
                        .map(first -> DynamicTest.dynamicTest(entry.getKey() + (first ? " left" : " right"), () -> {
                            assertThat(isKept(entry.getValue(), first, true))
                                    .as("the frozen operand")
                                    .isTrue();
                            assertThat(isKept(entry.getValue(), first, false))
                                    .as("the operand whose gradient is wanted")
                                    .isFalse();
                        })));
    }

    @Test
    void aBiasAloneKeepsNeitherInputNorWeight() {
        Tensor bias = Autograd.watch(Tensor.zeros(3));
        try (Scope outer = Scope.open("outer")) {
            Tensor x;
            Tensor weight;
            Tensor y;
            try (Scope inner = Scope.open("inner")) {
                x = Tensor.ones(2, 4);
                weight = Tensor.ones(3, 4);
                y = x.linear(weight, bias);
                inner.keep(y);
            }
            assertThat(Storage.buffer(x).isReleased()).isTrue();
            assertThat(Storage.buffer(weight).isReleased()).isTrue();
            assertThat(Autograd.gradients(y.sum()).of(bias).toFloatArray()).containsExactly(2, 2, 2);
        }
    }

    @Test
    void aCastKeepsNothing() {
        Tensor watched = Autograd.watch(Tensor.ones(4));
        try (Scope outer = Scope.open("outer")) {
            Tensor x;
            try (Scope inner = Scope.open("inner")) {
                x = watched.add(1);
                inner.keep(x.to(DType.F64));
            }
            assertThat(Storage.buffer(x).isReleased()).isTrue();
        }
    }

    /** Every function's result is overwritten through a view before its gradient is asked for. */
    @TestFactory
    Stream<DynamicTest> anOverwrittenResultIsRefused() {
        Map<String, UnaryOperator<Tensor>> functions = Map.of(
                "exp", Tensor::exp,
                "mul", x -> x.mul(2),
                "add", x -> x.add(x),
                "softmax", x -> x.softmax(0),
                "reshape", x -> x.reshape(2, 2),
                "cumsum", x -> x.cumsum(0),
                "relu", Tensor::relu,
                "where", x -> x.gt(0).where(x, x.neg()));
        return functions.entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> {
                    Tensor x = Autograd.watch(Tensor.of(1f, 2, 3, 4));
                    Tensor y = entry.getValue().apply(x);
                    Tensor before = y.square().sum();
                    y.flatten().narrow(0, 0, 1).assign(Tensor.zeros(1));
                    assertThatThrownBy(() -> Autograd.gradients(y.sum()))
                            .isInstanceOf(TensorException.class)
                            .hasMessageContaining("changed in place");
                    assertThatThrownBy(() ->
                                    Autograd.gradients(new Tensor[] {y}, new Tensor[] {y.onesLike()}, Graph.RETAIN))
                            .isInstanceOf(TensorException.class)
                            .hasMessageContaining("changed in place");
                    assertThatThrownBy(() -> Autograd.gradients(before))
                            .isInstanceOf(TensorException.class)
                            .hasMessageContaining("changed in place");
                }));
    }

    @Test
    void whatWasComputedBeforeAResultWasOverwrittenKeepsItsGradient() {
        Tensor x = Autograd.watch(Tensor.of(1f, 2));
        Tensor y = x.mul(2);
        Tensor sum = y.sum();
        y.assign(Tensor.zeros(2));
        assertThat(Autograd.gradients(sum).of(x).toFloatArray()).containsExactly(2, 2);
        assertThat(Autograd.detach(y).add(1).toFloatArray()).containsExactly(1, 1);
    }

    @Test
    void aLeafMayBeOverwrittenBetweenUses() {
        Tensor x = Autograd.watch(Tensor.of(1f, 2));
        x.assign(Tensor.of(3f, 4));
        assertThat(Autograd.gradients(x.square().sum()).of(x).toFloatArray()).containsExactly(6, 8);
    }
}
