package dev.lanewise.examples.models;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.tensor.Rng;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class ResNetTest {
    /** The list holds what {@code torchvision.models.resnet18().state_dict()} of torchvision 0.29.1 has, in its order. */
    @Test
    void resnet18HasTorchvisionsNamesAndShapes() throws IOException {
        List<String> torchvision;
        try (InputStream list =
                Objects.requireNonNull(ResNetTest.class.getResourceAsStream("torchvision-resnet18.txt"))) {
            torchvision = new String(list.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        }
        assertThat(torchvision).hasSize(122);
        assertThat(ResNet.resnet18(1000, new Rng(0)).stateDict())
                .extractingFromEntries(
                        entry -> entry.getKey() + " " + entry.getValue().shape())
                .containsExactlyInAnyOrderElementsOf(torchvision);
    }
}
