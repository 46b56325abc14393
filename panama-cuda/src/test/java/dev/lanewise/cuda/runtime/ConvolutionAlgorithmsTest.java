package dev.lanewise.cuda.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.cuda.api.Cudnn;
import dev.lanewise.cuda.api.Cudnn.ConvolutionAlgorithm;
import dev.lanewise.cuda.api.Cudnn.ConvolutionPass;
import dev.lanewise.cuda.api.DataType;
import dev.lanewise.tensor.TensorException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ConvolutionAlgorithmsTest {
    private static final ConvolutionAlgorithm GREEDY = new ConvolutionAlgorithm(7, 1 << 30, true, 1, 0.1f);
    private static final ConvolutionAlgorithm LOOSE = new ConvolutionAlgorithm(3, 1024, false, 1, 0.2f);
    private static final ConvolutionAlgorithm PLAIN = new ConvolutionAlgorithm(1, 0, true, 0, 0.3f);

    private static ConvolutionAlgorithms.Key key(ConvolutionPass pass) {
        Cudnn.Extent one = new Cudnn.Extent(1, 1);
        return new ConvolutionAlgorithms.Key(
                pass,
                DataType.F32,
                List.of(8, 3, 32, 32),
                List.of(16, 3, 3, 3),
                new Cudnn.Convolution(one, one, one, 1),
                Cudnn.MathType.FMA);
    }

    @Test
    void algorithmIsFoundOnceAShape() {
        ConvolutionAlgorithms algorithms = new ConvolutionAlgorithms(1 << 20, false);
        AtomicInteger asked = new AtomicInteger();
        for (int i = 0; i < 3; i++) {
            assertThat(algorithms.get(key(ConvolutionPass.FORWARD), () -> {
                        asked.incrementAndGet();
                        return List.of(GREEDY, LOOSE, PLAIN);
                    }))
                    .isEqualTo(LOOSE);
        }
        assertThat(asked).hasValue(1);
        assertThat(algorithms.get(key(ConvolutionPass.BACKWARD_DATA), () -> List.of(PLAIN)))
                .isEqualTo(PLAIN);
    }

    @Test
    void deterministicModePassesOverAlgorithmsThatAreNot() {
        ConvolutionAlgorithms algorithms = new ConvolutionAlgorithms(1 << 20, true);
        assertThat(algorithms.get(key(ConvolutionPass.BACKWARD_FILTER), () -> List.of(GREEDY, LOOSE, PLAIN)))
                .isEqualTo(PLAIN);
    }

    @Test
    void noAlgorithmIsAnErrorThatNamesTheOffer() {
        ConvolutionAlgorithms algorithms = new ConvolutionAlgorithms(100, true);
        assertThatThrownBy(() -> algorithms.get(key(ConvolutionPass.FORWARD), () -> List.of(GREEDY)))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith("conv2d: cuDNN has no deterministic algorithm within 100 bytes of workspace");
    }
}
