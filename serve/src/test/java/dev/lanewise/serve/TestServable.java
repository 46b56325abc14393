package dev.lanewise.serve;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;

/** A model of one input "x" and one output "y", made of a function. */
record TestServable(Signature signature, UnaryOperator<Tensor> function) implements Servable {
    /** A request for {@link #doubling}. */
    static final String ROW = "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"datatype\":\"FP32\",\"data\":[1,2,3]}]}";

    static TestServable of(DType dtype, UnaryOperator<Tensor> function, long... sizes) {
        return new TestServable(
                new Signature(List.of(TensorInfo.of("x", dtype, sizes)), List.of(TensorInfo.of("y", dtype, sizes))),
                function);
    }

    /** y = 2 x of F32 rows of three. */
    static TestServable doubling() {
        return of(DType.F32, x -> x.mul(2), TensorInfo.OPEN, 3);
    }

    /** Waits as long as it takes, in a model that computes. */
    static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Map<String, Tensor> compute(Map<String, Tensor> inputs) {
        return Map.of("y", function.apply(inputs.get("x")));
    }
}
