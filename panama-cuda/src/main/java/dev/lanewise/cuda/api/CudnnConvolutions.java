package dev.lanewise.cuda.api;

import static dev.lanewise.cuda.api.CudnnStatus.at;
import static dev.lanewise.cuda.api.CudnnStatus.check;

import dev.lanewise.cuda.api.Cudnn.ConvolutionAlgorithm;
import dev.lanewise.cuda.api.Cudnn.ConvolutionDescriptor;
import dev.lanewise.cuda.api.Cudnn.ConvolutionPass;
import dev.lanewise.cuda.api.Cudnn.FilterDescriptor;
import dev.lanewise.cuda.api.Cudnn.FilterRef;
import dev.lanewise.cuda.api.Cudnn.Handle;
import dev.lanewise.cuda.api.Cudnn.TensorDescriptor;
import dev.lanewise.cuda.api.Cudnn.TensorRef;
import dev.lanewise.cuda.api.Cudnn.Workspace;
import dev.lanewise.cuda.api.CudnnStatus.Scales;
import dev.lanewise.cuda.generated.cudnn.CudnnBindings;
import dev.lanewise.cuda.generated.cudnn.cudnnConvolutionFwdAlgoPerfStruct;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Convolution in its three passes. Each pass has functions of its own, which differ in the order of their operands. */
final class CudnnConvolutions {
    private CudnnConvolutions() {}

    static List<ConvolutionAlgorithm> algorithms(
            Handle handle,
            ConvolutionPass pass,
            TensorDescriptor x,
            FilterDescriptor w,
            ConvolutionDescriptor convolution,
            TensorDescriptor y,
            int count) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment found = arena.allocate(ValueLayout.JAVA_INT);
            MemorySegment results = cudnnConvolutionFwdAlgoPerfStruct.allocateArray(count, arena);
            MemorySegment h = handle.address();
            MemorySegment xd = x.address();
            MemorySegment wd = w.address();
            MemorySegment cd = convolution.address();
            MemorySegment yd = y.address();
            switch (pass) {
                case FORWARD ->
                    check(
                            "cudnnGetConvolutionForwardAlgorithm_v7",
                            CudnnBindings.cudnnGetConvolutionForwardAlgorithm_v7(
                                    h, xd, wd, cd, yd, count, found, results));
                case BACKWARD_DATA ->
                    check(
                            "cudnnGetConvolutionBackwardDataAlgorithm_v7",
                            CudnnBindings.cudnnGetConvolutionBackwardDataAlgorithm_v7(
                                    h, wd, yd, cd, xd, count, found, results));
                case BACKWARD_FILTER ->
                    check(
                            "cudnnGetConvolutionBackwardFilterAlgorithm_v7",
                            CudnnBindings.cudnnGetConvolutionBackwardFilterAlgorithm_v7(
                                    h, xd, yd, cd, wd, count, found, results));
            }
            return usable(pass, results, Scratch.readInt(found));
        }
    }

    static List<ConvolutionAlgorithm> measure(
            Handle handle,
            ConvolutionPass pass,
            TensorRef x,
            FilterRef w,
            ConvolutionDescriptor convolution,
            TensorRef y,
            Workspace workspace,
            int count) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment found = arena.allocate(ValueLayout.JAVA_INT);
            MemorySegment results = cudnnConvolutionFwdAlgoPerfStruct.allocateArray(count, arena);
            MemorySegment h = handle.address();
            MemorySegment xd = x.descriptor().address();
            MemorySegment wd = w.descriptor().address();
            MemorySegment cd = convolution.address();
            MemorySegment yd = y.descriptor().address();
            MemorySegment xp = at(x.address());
            MemorySegment wp = at(w.address());
            MemorySegment yp = at(y.address());
            MemorySegment space = at(workspace.address());
            long bytes = workspace.bytes();
            switch (pass) {
                case FORWARD ->
                    check(
                            "cudnnFindConvolutionForwardAlgorithmEx",
                            CudnnBindings.cudnnFindConvolutionForwardAlgorithmEx(
                                    h, xd, xp, wd, wp, cd, yd, yp, count, found, results, space, bytes));
                case BACKWARD_DATA ->
                    check(
                            "cudnnFindConvolutionBackwardDataAlgorithmEx",
                            CudnnBindings.cudnnFindConvolutionBackwardDataAlgorithmEx(
                                    h, wd, wp, yd, yp, cd, xd, xp, count, found, results, space, bytes));
                case BACKWARD_FILTER ->
                    check(
                            "cudnnFindConvolutionBackwardFilterAlgorithmEx",
                            CudnnBindings.cudnnFindConvolutionBackwardFilterAlgorithmEx(
                                    h, xd, xp, yd, yp, cd, wd, wp, count, found, results, space, bytes));
            }
            return usable(pass, results, Scratch.readInt(found));
        }
    }

    /** The result structs of the three passes have one layout. */
    private static List<ConvolutionAlgorithm> usable(ConvolutionPass pass, MemorySegment results, int count) {
        List<ConvolutionAlgorithm> algorithms = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            MemorySegment result = cudnnConvolutionFwdAlgoPerfStruct.asSlice(results, i);
            if (cudnnConvolutionFwdAlgoPerfStruct.status(result) == CudnnBindings.CUDNN_STATUS_SUCCESS()) {
                algorithms.add(new ConvolutionAlgorithm(
                        cudnnConvolutionFwdAlgoPerfStruct.algo(result),
                        cudnnConvolutionFwdAlgoPerfStruct.memory(result),
                        transforms(pass, cudnnConvolutionFwdAlgoPerfStruct.algo(result)),
                        cudnnConvolutionFwdAlgoPerfStruct.determinism(result) == CudnnBindings.CUDNN_DETERMINISTIC(),
                        cudnnConvolutionFwdAlgoPerfStruct.mathType(result),
                        cudnnConvolutionFwdAlgoPerfStruct.time(result)));
            }
        }
        return algorithms;
    }

    /** The others sum products of elements: implicit GEMM, GEMM, direct. */
    private static boolean transforms(ConvolutionPass pass, int algorithm) {
        return switch (pass) {
            case FORWARD ->
                algorithm == CudnnBindings.CUDNN_CONVOLUTION_FWD_ALGO_FFT()
                        || algorithm == CudnnBindings.CUDNN_CONVOLUTION_FWD_ALGO_FFT_TILING()
                        || algorithm == CudnnBindings.CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD()
                        || algorithm == CudnnBindings.CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD_NONFUSED();
            case BACKWARD_DATA ->
                algorithm == CudnnBindings.CUDNN_CONVOLUTION_BWD_DATA_ALGO_FFT()
                        || algorithm == CudnnBindings.CUDNN_CONVOLUTION_BWD_DATA_ALGO_FFT_TILING()
                        || algorithm == CudnnBindings.CUDNN_CONVOLUTION_BWD_DATA_ALGO_WINOGRAD()
                        || algorithm == CudnnBindings.CUDNN_CONVOLUTION_BWD_DATA_ALGO_WINOGRAD_NONFUSED();
            case BACKWARD_FILTER ->
                algorithm == CudnnBindings.CUDNN_CONVOLUTION_BWD_FILTER_ALGO_FFT()
                        || algorithm == CudnnBindings.CUDNN_CONVOLUTION_BWD_FILTER_ALGO_FFT_TILING()
                        || algorithm == CudnnBindings.CUDNN_CONVOLUTION_BWD_FILTER_ALGO_WINOGRAD()
                        || algorithm == CudnnBindings.CUDNN_CONVOLUTION_BWD_FILTER_ALGO_WINOGRAD_NONFUSED();
        };
    }

    static void convolve(
            Handle handle,
            ConvolutionPass pass,
            double alpha,
            TensorRef x,
            FilterRef w,
            ConvolutionDescriptor convolution,
            int algorithm,
            Workspace workspace,
            double beta,
            TensorRef y) {
        MemorySegment h = handle.address();
        MemorySegment xd = x.descriptor().address();
        MemorySegment wd = w.descriptor().address();
        MemorySegment cd = convolution.address();
        MemorySegment yd = y.descriptor().address();
        MemorySegment xp = at(x.address());
        MemorySegment wp = at(w.address());
        MemorySegment yp = at(y.address());
        MemorySegment space = at(workspace.address());
        long bytes = workspace.bytes();
        Scales scales = Scales.of(x.descriptor(), alpha, beta);
        MemorySegment a = scales.alpha();
        MemorySegment b = scales.beta();
        switch (pass) {
            case FORWARD ->
                check(
                        "cudnnConvolutionForward",
                        CudnnBindings.cudnnConvolutionForward(
                                h, a, xd, xp, wd, wp, cd, algorithm, space, bytes, b, yd, yp));
            case BACKWARD_DATA ->
                check(
                        "cudnnConvolutionBackwardData",
                        CudnnBindings.cudnnConvolutionBackwardData(
                                h, a, wd, wp, yd, yp, cd, algorithm, space, bytes, b, xd, xp));
            case BACKWARD_FILTER ->
                check(
                        "cudnnConvolutionBackwardFilter",
                        CudnnBindings.cudnnConvolutionBackwardFilter(
                                h, a, xd, xp, yd, yp, cd, algorithm, space, bytes, b, wd, wp));
        }
    }
}
