package dev.lanewise.testkit.tensor;

import static dev.lanewise.tensor.Tensor.einsum;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.GradCheck;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import org.junit.jupiter.api.Test;

class EinsumTest {
    private static final Rng RNG = new Rng(3);

    private static Tensor random(long... sizes) {
        return RNG.rand(DType.F64, sizes);
    }

    private static void same(Tensor got, Tensor want) {
        assertThat(got.shape()).isEqualTo(want.shape());
        assertThat(got.shape().isEmpty() ? 0 : got.sub(want).abs().amax().item())
                .isLessThan(1e-12);
    }

    @Test
    void productsOfMatricesAndBatches() {
        Tensor a = random(2, 3, 4);
        Tensor b = random(2, 4, 5);
        same(einsum("bij,bjk->bik", a, b), a.matmul(b));
        same(einsum("bij, bjk -> kib", a, b), a.matmul(b).permute(2, 1, 0));
        same(einsum("ij,jk", a.select(0, 0), b.select(0, 0)), a.select(0, 0).matmul(b.select(0, 0)));
    }

    @Test
    void repeatedLettersTakeTheDiagonal() {
        Tensor a = random(4, 4);
        Tensor diagonal = a.diagonal(0, 1);
        same(einsum("ii->i", a), diagonal);
        same(einsum("ii", a), diagonal.sum());
        Tensor cube = random(3, 3, 3);
        same(einsum("iii->i", cube), cube.diagonal(0, 1).diagonal(0, 1));
        same(einsum("ii,i->", a, diagonal), diagonal.square().sum());
    }

    @Test
    void ellipsisStandsForTheOtherDimensionsAndBroadcasts() {
        Tensor a = random(2, 1, 3, 4);
        Tensor b = random(5, 4, 6);
        same(einsum("...ij,...jk->...ik", a, b), a.matmul(b));
        same(einsum("...ij->...ji", a), a.transpose());
        same(einsum("i...->...", a), a.sum(0));
    }

    @Test
    void lettersOfOneOperandOnlyAreSummedFirst() {
        Tensor a = random(3, 4);
        Tensor b = random(5);
        same(einsum("ij,k->ik", a, b), a.sum(1).outer(b));
        same(einsum("ij,ij->", a, a), a.square().sum());
        same(einsum("i,j", b, b), b.outer(b));
    }

    @Test
    void gradientsGoThrough() {
        GradCheck.first(xs -> new Tensor[] {einsum("ij,kj->ik", xs)}, random(3, 4), random(2, 4));
        GradCheck.first(xs -> new Tensor[] {einsum("iij->ij", xs)}, random(3, 3, 2));
    }

    @Test
    void mistakesAreNamed() {
        Tensor a = random(3, 4);
        assertThatThrownBy(() -> einsum("ij,jk->ik", a, a))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("'j' the sizes 4 and 3");
        assertThatThrownBy(() -> einsum("ijk->i", a)).hasMessageContaining("names 3 dimensions");
        assertThatThrownBy(() -> einsum("ij->iz", a)).hasMessageContaining("'z' in the result only");
        assertThatThrownBy(() -> einsum("ij->ii", a)).hasMessageContaining("twice");
        assertThatThrownBy(() -> einsum("ii", a)).hasMessageContaining("diagonal");
        assertThatThrownBy(() -> einsum("ij,jk", a)).hasMessageContaining("names 2 operands, got 1");
        assertThatThrownBy(() -> einsum("i1", a)).hasMessageContaining("'1' as a name");
    }
}
