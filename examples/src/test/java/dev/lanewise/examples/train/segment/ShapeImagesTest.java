package dev.lanewise.examples.train.segment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.nn.data.Batch;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class ShapeImagesTest {
    @Test
    void anImageDependsOnItsNumberAloneAndEveryClassOccurs() {
        ShapeImages images = new ShapeImages(3, 40, 32);
        Batch all = images.batch(LongStream.range(0, 40).toArray());
        Batch one = images.batch(new long[] {7});
        assertThat(one.x().toFloatArray())
                .isEqualTo(all.x().narrow(0, 7, 1).contiguous().toFloatArray());
        assertThat(one.y().toLongArray())
                .isEqualTo(all.y().narrow(0, 7, 1).contiguous().toLongArray());
        long[] pixels = all.y().flatten().bincount(4).toLongArray();
        assertThat(pixels).hasSize(4);
        assertThat(Arrays.stream(pixels)).allMatch(count -> count > 40 * 32 * 32 / 50);
        // no class is told by its size
        assertThat((double) pixels[1] / pixels[2]).isBetween(0.5, 2.0);
        assertThat((double) pixels[1] / pixels[3]).isBetween(0.4, 2.5);
        assertThat(all.x().amin().item()).isGreaterThanOrEqualTo(0);
        assertThat(all.x().amax().item()).isLessThanOrEqualTo(1);
    }
}
