package dev.lanewise.cuda.dnn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.cuda.api.Cudnn;
import dev.lanewise.cuda.api.Cudnn.ConvolutionAlgorithm;
import dev.lanewise.cuda.api.Cudnn.ConvolutionPass;
import dev.lanewise.cuda.api.Cudnn.Format;
import dev.lanewise.cuda.api.Cudnn.MathType;
import dev.lanewise.cuda.lib.LibraryStatus;
import dev.lanewise.cuda.lib.NativeLibraries;
import dev.lanewise.cuda.lib.NativeLibrary;
import dev.lanewise.cuda.runtime.Settings;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.conv.Convolution2d;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ConvolutionPlanTest {
    private static Geometry geometry(DType dtype, long channels, int groups) {
        Convolution2d op = new Convolution2d(2, 1, 1, 2, 1, 2, groups);
        Shape input = Shape.of(2, channels, 9, 7);
        Shape filter = Shape.of(16, channels / groups, 3, 3);
        return Geometry.of(op, dtype, input, filter, Shape.of(2, 16, 5, 7));
    }

    private static ConvolutionAlgorithm algorithm(int number, long workspaceBytes, boolean deterministic) {
        return new ConvolutionAlgorithm(number, workspaceBytes, number == 4, deterministic, 0, number);
    }

    private static ConvolutionPlan.Key key(boolean deterministic) {
        return key(true, deterministic);
    }

    private static ConvolutionPlan.Key key(boolean transforms, boolean deterministic) {
        return new ConvolutionPlan.Key(ConvolutionPass.FORWARD, geometry(DType.F32, 4, 1), transforms, deterministic);
    }

    @Test
    void channelsThatSuitTensorCoresGoLastIn16Bits() {
        assertThat(geometry(DType.BF16, 8, 1).format()).isEqualTo(Format.NHWC);
        assertThat(geometry(DType.F16, 16, 2).format()).isEqualTo(Format.NHWC);
        assertThat(geometry(DType.BF16, 3, 1).format()).isEqualTo(Format.NCHW);
        assertThat(geometry(DType.BF16, 16, 4).format()).isEqualTo(Format.NCHW);
        assertThat(geometry(DType.F32, 8, 1).format()).isEqualTo(Format.NCHW);
        assertThat(geometry(DType.BF16, 8, 1).input().strides(Format.NHWC)).containsExactly(9 * 7 * 8, 1, 7 * 8, 8);
    }

    @Test
    void singlePrecisionRoundsToTf32OnlyWhereAllowed() {
        assertThat(geometry(DType.F32, 4, 1).math()).isEqualTo(MathType.FMA);
        Settings.tf32(true);
        try {
            assertThat(geometry(DType.F32, 4, 1).math()).isEqualTo(MathType.TF32);
            assertThat(geometry(DType.F64, 4, 1).math()).isEqualTo(MathType.FMA);
        } finally {
            Settings.tf32(false);
        }
    }

    @Test
    void fastestAlgorithmThatFitsIsChosen() {
        List<ConvolutionAlgorithm> candidates = List.of(
                algorithm(1, ConvolutionPlan.WORKSPACE_BYTES + 1, true),
                algorithm(2, 10, false),
                algorithm(3, 10, true));
        assertThat(ConvolutionPlan.choose(key(false), candidates).algorithm()).isEqualTo(2);
        assertThat(ConvolutionPlan.choose(key(true), candidates).algorithm()).isEqualTo(3);
        assertThatThrownBy(() -> ConvolutionPlan.choose(key(true), candidates.subList(0, 2)))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith("conv2d: cuDNN has no deterministic algorithm within ");
    }

    @Test
    void transformsAreUsedOnlyWhereAllowed() {
        List<ConvolutionAlgorithm> candidates = List.of(algorithm(4, 10, true), algorithm(3, 10, true));
        assertThat(ConvolutionPlan.choose(key(true, false), candidates).algorithm())
                .isEqualTo(4);
        assertThat(ConvolutionPlan.choose(key(false, false), candidates).algorithm())
                .isEqualTo(3);
        assertThatThrownBy(() -> ConvolutionPlan.choose(key(false, true), candidates.subList(0, 1)))
                .hasMessageStartingWith("conv2d: cuDNN has no deterministic algorithm without transforms within ");
    }

    @Test
    void moreElementsThanCudnnCountsAreRefused() {
        Shape input = Shape.of(1 << 16, 3, 256, 256);
        assertThatThrownBy(() -> Geometry.of(new Convolution2d(1, 1), DType.F32, input, Shape.of(3, 3, 3, 3), input))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith("conv2d: 12884901888 elements in [65536, 3, 256, 256] (cuDNN takes at most ");
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64", "F16", "BF16"})
    void cudnnTakesTheDescriptors(DType dtype) {
        LibraryStatus status = NativeLibraries.status(NativeLibrary.CUDNN);
        assumeTrue(status instanceof LibraryStatus.Found, status::describe);
        Cudnn cudnn = Cudnn.open();
        for (int groups : new int[] {1, 2}) {
            Geometry geometry = geometry(dtype, 16, groups);
            ConvolutionDescriptors descriptors = ConvolutionDescriptors.of(cudnn, geometry);
            assertThat(descriptors.input().address().address()).isNotZero();
            assertThat(descriptors.convolution().address().address()).isNotZero();
            descriptors.destroy(cudnn);
        }
    }
}
