package dev.lanewise.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class ScopeTest {
    private static void isReleased(Tensor tensor, String by) {
        assertThatThrownBy(() -> tensor.add(1))
                .isInstanceOf(ReleasedTensorException.class)
                .hasMessageContaining(by);
    }

    private static void isAlive(Tensor tensor) {
        assertThatCode(tensor::toFloatArray).doesNotThrowAnyException();
    }

    @Test
    void closingReleasesWhatWasMadeInside() {
        Tensor before = Tensor.ones(2);
        Tensor inside;
        try (var scope = Scope.open("first")) {
            assertThat(scope.name()).isEqualTo("first");
            inside = before.add(1);
            isAlive(inside);
        }
        isReleased(inside, "first");
        isAlive(before);
    }

    @Test
    void innermostScopeOwns() {
        try (var outer = Scope.open("outer")) {
            Tensor ofOuter = Tensor.ones(2);
            Tensor ofInner;
            try (var inner = Scope.open("inner")) {
                ofInner = Tensor.ones(2);
            }
            isReleased(ofInner, "inner");
            isAlive(ofOuter);
            assertThat(outer.name()).isEqualTo("outer");
        }
    }

    @Test
    void scopesLeftOpenAreClosedWithTheOneAround() {
        Tensor ofOuter;
        Tensor ofInner;
        Scope inner;
        try (var around = Scope.open("around")) {
            Scope outer = Scope.open("outer");
            ofOuter = Tensor.ones(2);
            inner = Scope.open("inner");
            ofInner = Tensor.ones(2);
            assertThatThrownBy(outer::close)
                    .isInstanceOf(TensorException.class)
                    .hasMessageContaining("'outer': closed out of order, with 'inner' open inside it");
            isReleased(ofInner, "inner");
            isReleased(ofOuter, "outer");
            inner.close();
            outer.close();
            Tensor ofAround = Tensor.ones(2);
            isAlive(ofAround);
            assertThat(around.name()).isEqualTo("around");
        }
        isAlive(Tensor.ones(2));
    }

    @Test
    void anotherThreadClosesNothing() {
        try (var scope = Scope.open("mine")) {
            Tensor made = Tensor.ones(2);
            assertThatThrownBy(() -> CompletableFuture.runAsync(scope::close).join())
                    .isInstanceOf(CompletionException.class)
                    .hasMessageContaining("'mine': closed by another thread");
            isAlive(made);
        }
    }

    @Test
    void keptTensorBelongsToTheEnclosingScope() {
        Tensor kept;
        try (var outer = Scope.open("outer")) {
            try (var inner = Scope.open("inner")) {
                kept = Tensor.ones(2);
                assertThat(inner.keep(kept)).isSameAs(kept);
            }
            isAlive(kept);
            assertThat(outer).isNotNull();
        }
        isReleased(kept, "outer");
    }

    @Test
    void tensorKeptByTheOutermostScopeOutlivesIt() {
        List<Tensor> kept;
        try (var scope = Scope.open()) {
            kept = scope.keepAll(List.of(Tensor.ones(2), Tensor.ones(3)));
        }
        kept.forEach(ScopeTest::isAlive);
    }

    @Test
    void viewsShareTheFateOfTheirMemory() {
        Tensor view;
        Tensor keptView;
        try (var scope = Scope.open("views")) {
            view = Tensor.ones(2, 3).transpose();
            keptView = scope.keep(Tensor.ones(4).reshape(2, 2));
        }
        isReleased(view, "views");
        isAlive(keptView);
    }

    @Test
    void scopesCloseFromTheInsideOut() {
        Scope outer = Scope.open("outer");
        Scope inner = Scope.open("inner");
        assertThatThrownBy(outer::close)
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("outer")
                .hasMessageContaining("inner");
        inner.close();
        outer.close();
        assertThatCode(outer::close).as("closing twice does nothing").doesNotThrowAnyException();
    }

    @Test
    void scopeBelongsToTheThreadThatOpenedIt() {
        try (var scope = Scope.open("mine")) {
            assertThatThrownBy(() -> CompletableFuture.runAsync(scope::close).join())
                    .isInstanceOf(CompletionException.class)
                    .cause()
                    .isInstanceOf(TensorException.class)
                    .hasMessageContaining("mine");
            Tensor ofOther = CompletableFuture.supplyAsync(() -> Tensor.ones(2)).join();
            isAlive(ofOther);
        }
    }

    @Test
    void adoptedTensorEndsWithTheScope() {
        Tensor tensor = Tensor.ones(2);
        try (var scope = Scope.open("adopter")) {
            assertThat(Scope.adopt(tensor)).isSameAs(tensor);
            isAlive(tensor);
            assertThat(scope.name()).isEqualTo("adopter");
        }
        isReleased(tensor, "adopter");
    }
}
