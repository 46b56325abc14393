package dev.lanewise.cuda.api;

import static dev.lanewise.cuda.api.CudnnStatus.at;
import static dev.lanewise.cuda.api.CudnnStatus.check;

import dev.lanewise.cuda.api.Cudnn.Handle;
import dev.lanewise.cuda.api.Cudnn.ScaleBias;
import dev.lanewise.cuda.api.Cudnn.Statistics;
import dev.lanewise.cuda.api.Cudnn.TensorRef;
import dev.lanewise.cuda.api.CudnnStatus.Scales;
import dev.lanewise.cuda.generated.cudnn.CudnnBindings;

/** Batch normalization by channel, over batch, height and width. */
final class CudnnBatchNorm {
    private CudnnBatchNorm() {}

    static void training(
            Handle handle,
            TensorRef x,
            TensorRef y,
            ScaleBias scaleBias,
            double momentum,
            Statistics running,
            double epsilon,
            Statistics saved) {
        Scales scales = Scales.of(x.descriptor(), 1, 0);
        check(
                "cudnnBatchNormalizationForwardTraining",
                CudnnBindings.cudnnBatchNormalizationForwardTraining(
                        handle.address(),
                        CudnnBindings.CUDNN_BATCHNORM_SPATIAL(),
                        scales.alpha(),
                        scales.beta(),
                        x.descriptor().address(),
                        at(x.address()),
                        y.descriptor().address(),
                        at(y.address()),
                        scaleBias.descriptor().address(),
                        at(scaleBias.scale()),
                        at(scaleBias.bias()),
                        momentum,
                        at(running.mean()),
                        at(running.variance()),
                        epsilon,
                        at(saved.mean()),
                        at(saved.variance())));
    }

    static void inference(
            Handle handle, TensorRef x, TensorRef y, ScaleBias scaleBias, Statistics estimated, double epsilon) {
        Scales scales = Scales.of(x.descriptor(), 1, 0);
        check(
                "cudnnBatchNormalizationForwardInference",
                CudnnBindings.cudnnBatchNormalizationForwardInference(
                        handle.address(),
                        CudnnBindings.CUDNN_BATCHNORM_SPATIAL(),
                        scales.alpha(),
                        scales.beta(),
                        x.descriptor().address(),
                        at(x.address()),
                        y.descriptor().address(),
                        at(y.address()),
                        scaleBias.descriptor().address(),
                        at(scaleBias.scale()),
                        at(scaleBias.bias()),
                        at(estimated.mean()),
                        at(estimated.variance()),
                        epsilon));
    }

    static void gradient(
            Handle handle,
            TensorRef x,
            TensorRef dy,
            TensorRef dx,
            ScaleBias scaleBias,
            ScaleBias gradients,
            double epsilon,
            Statistics saved) {
        Scales scales = Scales.of(x.descriptor(), 1, 0);
        check(
                "cudnnBatchNormalizationBackward",
                CudnnBindings.cudnnBatchNormalizationBackward(
                        handle.address(),
                        CudnnBindings.CUDNN_BATCHNORM_SPATIAL(),
                        scales.alpha(),
                        scales.beta(),
                        scales.alpha(),
                        scales.beta(),
                        x.descriptor().address(),
                        at(x.address()),
                        dy.descriptor().address(),
                        at(dy.address()),
                        dx.descriptor().address(),
                        at(dx.address()),
                        scaleBias.descriptor().address(),
                        at(scaleBias.scale()),
                        at(gradients.scale()),
                        at(gradients.bias()),
                        epsilon,
                        at(saved.mean()),
                        at(saved.variance())));
    }
}
