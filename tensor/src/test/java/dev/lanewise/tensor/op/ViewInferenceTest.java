package dev.lanewise.tensor.op;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.op.index.SliceGrad;
import dev.lanewise.tensor.op.view.Expand;
import dev.lanewise.tensor.op.view.Permute;
import dev.lanewise.tensor.op.view.Reshape;
import dev.lanewise.tensor.op.view.Slice;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Views infer their shape, or say what is wrong. */
class ViewInferenceTest {
    static Stream<Inference> inferred() {
        return Stream.of(
                Inference.inferred(new SliceGrad(new Slice(0, 1, 3, 2), 7), "F32[3, 2]", "F32[7, 2]"),
                Inference.inferred(new Reshape(Shape.of(3, 2)), "F32[2, 3]", "F32[3, 2]"),
                Inference.inferred(new Permute(List.of(2, 0, 1)), "F32[2, 3, 4]", "F32[4, 2, 3]"),
                Inference.inferred(new Expand(Shape.of(5, 2, 3)), "F32[2, 1]", "F32[5, 2, 3]"),
                Inference.inferred(new Slice(1, 0, 2, 2), "F32[2, 4]", "F32[2, 2]"),
                Inference.inferred(new Transfer(Device.cuda(0)), "F32[2, 4]", "F32[2, 4]"));
    }

    static Stream<Inference> refused() {
        return Stream.of(
                Inference.refused(
                        new SliceGrad(new Slice(0, 1, 3, 2), 7),
                        "F32[4, 2]",
                        "slice_grad: got F32[4, 2] for Slice[dim=0, start=1, length=3, step=2]; give the gradient of the slice's result"),
                Inference.refused(
                        new Reshape(Shape.of(4, 2)),
                        "F32[2, 3]",
                        "reshape: F32[2, 3] has 6 elements, [4, 2] has 8; give sizes with the same product, one of them may be -1"),
                Inference.refused(
                        new Permute(List.of(0, 0, 1)),
                        "F32[2, 3, 4]",
                        "permute: [0, 0, 1] of F32[2, 3, 4]; name each of the 3 dimensions once"),
                Inference.refused(
                        new Permute(List.of(1, 0)),
                        "F32[2, 3, 4]",
                        "permute: [1, 0] of F32[2, 3, 4]; name each of the 3 dimensions once"),
                Inference.refused(
                        new Expand(Shape.of(2, 4)),
                        "F32[2, 3]",
                        "expand: F32[2, 3] does not expand to [2, 4] (only dimensions of size 1 can grow, and new ones come first); reshape it?"),
                Inference.refused(
                        new Slice(1, 2, 3, 1),
                        "F32[2, 4]",
                        "slice: 3 elements from 2 in steps of 1 leave dimension 1 of F32[2, 4]; stay between 0 and 4 with a step of 1 or more"),
                Inference.refused(
                        new Slice(2, 0, 1, 1),
                        "F32[2, 4]",
                        "slice: no dimension 2 in shape [2, 4] (expected -2 to 1); check the dimension"));
    }

    @ParameterizedTest
    @MethodSource("inferred")
    void typeAndShapeAreInferred(Inference each) {
        each.check();
    }

    @ParameterizedTest
    @MethodSource("refused")
    void operandsThatDoNotFitAreNamed(Inference each) {
        each.check();
    }
}
