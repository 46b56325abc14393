package dev.lanewise.cuda.api;

import static dev.lanewise.cuda.api.CudnnStatus.at;
import static dev.lanewise.cuda.api.CudnnStatus.check;

import dev.lanewise.cuda.api.Cudnn.ActivationDescriptor;
import dev.lanewise.cuda.api.Cudnn.Handle;
import dev.lanewise.cuda.api.Cudnn.TensorRef;
import dev.lanewise.cuda.api.CudnnStatus.Scales;
import dev.lanewise.cuda.generated.cudnn.CudnnBindings;

/** Activations and softmax. */
final class CudnnPointwise {
    private CudnnPointwise() {}

    static void activate(
            Handle handle, ActivationDescriptor activation, double alpha, TensorRef x, double beta, TensorRef y) {
        Scales scales = Scales.of(x.descriptor(), alpha, beta);
        check(
                "cudnnActivationForward",
                CudnnBindings.cudnnActivationForward(
                        handle.address(),
                        activation.address(),
                        scales.alpha(),
                        x.descriptor().address(),
                        at(x.address()),
                        scales.beta(),
                        y.descriptor().address(),
                        at(y.address())));
    }

    static void activateGradient(
            Handle handle,
            ActivationDescriptor activation,
            double alpha,
            TensorRef y,
            TensorRef dy,
            TensorRef x,
            double beta,
            TensorRef dx) {
        Scales scales = Scales.of(x.descriptor(), alpha, beta);
        check(
                "cudnnActivationBackward",
                CudnnBindings.cudnnActivationBackward(
                        handle.address(),
                        activation.address(),
                        scales.alpha(),
                        y.descriptor().address(),
                        at(y.address()),
                        dy.descriptor().address(),
                        at(dy.address()),
                        x.descriptor().address(),
                        at(x.address()),
                        scales.beta(),
                        dx.descriptor().address(),
                        at(dx.address())));
    }

    private static int softmaxAlgorithm(boolean logarithm) {
        return logarithm ? CudnnBindings.CUDNN_SOFTMAX_LOG() : CudnnBindings.CUDNN_SOFTMAX_ACCURATE();
    }

    static void softmax(Handle handle, boolean logarithm, double alpha, TensorRef x, double beta, TensorRef y) {
        Scales scales = Scales.of(x.descriptor(), alpha, beta);
        check(
                "cudnnSoftmaxForward",
                CudnnBindings.cudnnSoftmaxForward(
                        handle.address(),
                        softmaxAlgorithm(logarithm),
                        CudnnBindings.CUDNN_SOFTMAX_MODE_CHANNEL(),
                        scales.alpha(),
                        x.descriptor().address(),
                        at(x.address()),
                        scales.beta(),
                        y.descriptor().address(),
                        at(y.address())));
    }

    static void softmaxGradient(
            Handle handle, boolean logarithm, double alpha, TensorRef y, TensorRef dy, double beta, TensorRef dx) {
        Scales scales = Scales.of(y.descriptor(), alpha, beta);
        check(
                "cudnnSoftmaxBackward",
                CudnnBindings.cudnnSoftmaxBackward(
                        handle.address(),
                        softmaxAlgorithm(logarithm),
                        CudnnBindings.CUDNN_SOFTMAX_MODE_CHANNEL(),
                        scales.alpha(),
                        y.descriptor().address(),
                        at(y.address()),
                        dy.descriptor().address(),
                        at(dy.address()),
                        scales.beta(),
                        dx.descriptor().address(),
                        at(dx.address())));
    }
}
