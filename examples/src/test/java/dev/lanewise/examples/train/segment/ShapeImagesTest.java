package dev.lanewise.examples.train.segment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.nn.data.Batch;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.loss.CrossEntropyLoss;
import dev.lanewise.nn.metrics.Segmentation;
import dev.lanewise.nn.models.UNet;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.optim.Schedule;
import dev.lanewise.nn.train.Trainer;
import dev.lanewise.nn.train.TrainingResult;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
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

    @Test
    void aNetworkLearnsWhereShapesAre() {
        DataLoader train = new DataLoader(new ShapeImages(1, 160, 32), 8, true, 0);
        DataLoader test = new DataLoader(new ShapeImages(2, 40, 32), 40, false, 0);
        UNet network = new UNet(3, 4, 8, 2, new Rng(0));
        int epochs = 6;
        TrainingResult result = new Trainer(network, new CrossEntropyLoss(), new Adam(network.parameters(), 1e-2))
                .schedule(Schedule.oneCycle(1e-2, epochs * train.batches()))
                .validation(test, () -> new Segmentation(ShapeImages.CLASSES))
                .fit(train, epochs);
        // ground everywhere
        Segmentation nothing = new Segmentation(ShapeImages.CLASSES);
        for (Batch batch : test.epoch(1)) {
            Tensor ground = Tensor.of(new float[] {1, 0, 0, 0}, 1, 4, 1, 1).expand(40, 4, 32, 32);
            nothing.add(ground, batch.y());
        }
        assertThat(List.of(result.last().figure("validation_iou"), result.last().figure("validation_dice")))
                .as("beside %s", nothing.figures())
                .allMatch(figure -> figure > 0.4);
        assertThat(nothing.figures().get("iou")).isLessThan(0.3);
    }
}
