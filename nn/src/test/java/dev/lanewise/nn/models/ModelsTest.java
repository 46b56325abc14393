package dev.lanewise.nn.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Init;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.models.Vgg.Depth;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Names, shapes and results of the models are those of torchvision 0.28. {@code testkit/golden/models.py} wrote what is
 * expected; both sides make weights and images by the same formula.
 */
final class ModelsTest {
    private static final long CLASSES = 10;
    private static final VisionTransformer.Config SMALL = new VisionTransformer.Config(32, 8, 2, 4, 64, 128, 0);

    private static List<String> expected(String model) throws IOException {
        try (InputStream list = Objects.requireNonNull(ModelsTest.class.getResourceAsStream("torchvision.txt"))) {
            return new String(list.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(line -> List.of(line.split(" ")))
                    .filter(fields -> fields.getFirst().equals(model))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static Layer model(String name) {
        return Init.skip(() -> switch (name) {
            case "resnet18" -> ResNet.resnet18(CLASSES, new Rng(0));
            case "resnet34" -> ResNet.resnet34(CLASSES, new Rng(0));
            case "resnet50" -> ResNet.resnet50(CLASSES, new Rng(0));
            case "mobilenet_v2" -> new MobileNetV2(CLASSES, new Rng(0));
            case "densenet121" -> DenseNet.densenet121(CLASSES, new Rng(0));
            case "efficientnet_b0" -> EfficientNet.b0(CLASSES, new Rng(0));
            case "vit_small" -> new VisionTransformer(SMALL, CLASSES, new Rng(0));
            case "vit_b_16" -> new VisionTransformer(VisionTransformer.Config.B16, CLASSES, new Rng(0));
            case "unet" -> new UNet(3, CLASSES, 8, 3, new Rng(0));
            default -> {
                String[] parts = name.split("_", -1);
                yield new Vgg(
                        Depth.valueOf(parts[0].toUpperCase(Locale.ROOT)), parts.length == 2, 32, CLASSES, new Rng(0));
            }
        });
    }

    private static Map<String, Tensor> state(Layer model) {
        Map<String, Tensor> state = new HashMap<>(model.stateDict());
        state.keySet().removeIf(name -> name.endsWith("num_batches_tracked"));
        return state;
    }

    private static int crc(String text) {
        CRC32 crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return (int) crc.getValue();
    }

    /** Numbers from -1 to below 1 that depend on the name and the position alone. */
    private static double noise(int seed, int position) {
        int x = position * 0x9E3779B1 + seed;
        x ^= x >>> 16;
        x *= 0x85EBCA6B;
        x ^= x >>> 13;
        x *= 0xC2B2AE35;
        x ^= x >>> 16;
        return Integer.toUnsignedLong(x) / 0x1p31 - 1;
    }

    private static float[] value(String name, Tensor tensor) {
        double offset = 0;
        double factor = 0.1;
        if (name.endsWith(".running_var")) {
            offset = 1;
            factor = 0.5;
        } else if (tensor.shape().rank() == 1 && name.endsWith(".weight")) {
            offset = 1;
            factor = 0.25;
        } else if (tensor.shape().rank() > 1) {
            factor = Math.sqrt(6.0
                    / Math.floorDiv(tensor.shape().elements(), tensor.shape().size(0)));
        }
        float[] values = new float[(int) tensor.shape().elements()];
        int seed = crc(name);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (offset + factor * noise(seed, i));
        }
        return values;
    }

    private static Tensor images(int side) {
        float[] values = new float[2 * 3 * side * side];
        int seed = crc("images");
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) noise(seed, i);
        }
        return Tensor.of(values, 2, 3, side, side);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "resnet18",
                "resnet34",
                "resnet50",
                "vgg11",
                "vgg11_bn",
                "vgg13",
                "vgg13_bn",
                "vgg16",
                "vgg16_bn",
                "vgg19",
                "vgg19_bn",
                "mobilenet_v2",
                "densenet121",
                "efficientnet_b0",
                "vit_small",
                "vit_b_16",
                "unet"
            })
    void stateHasTorchvisionsNamesAndShapes(String name) throws IOException {
        TreeSet<String> lines = new TreeSet<>();
        state(model(name))
                .forEach((key, tensor) ->
                        lines.add(key + " " + Arrays.toString(tensor.shape().toArray()) + "\n"));
        assertThat(Integer.toUnsignedString(crc(String.join("", lines))))
                .as(() -> lines.toString())
                .isEqualTo(expected(name).get(1));
    }

    @ParameterizedTest
    @CsvSource({
        "resnet18, 64",
        "resnet50, 32",
        "vgg11, 32",
        "mobilenet_v2, 64",
        "densenet121, 32",
        "efficientnet_b0, 64",
        "vit_small, 32",
        "unet, 32"
    })
    void resultsEqualTorchvisions(String name, int side) throws IOException {
        double[] expected =
                expected(name).stream().skip(2).mapToDouble(Double::parseDouble).toArray();
        try (Scope ignored = Scope.open("model")) {
            Layer model = model(name);
            state(model).forEach((key, tensor) -> tensor.copyFrom(MemorySegment.ofArray(value(key, tensor))));
            model.eval();
            Tensor result = Autograd.noGrad(() -> model.forward(images(side)));
            if (result.shape().rank() == 4) {
                result = result.mean(2, 3);
            }
            double[] actual = result.flatten().toDoubleArray();
            double scale = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
            assertThat(actual).hasSize(expected.length);
            for (int i = 0; i < expected.length; i++) {
                assertThat(actual[i]).isCloseTo(expected[i], within(1e-4 * scale));
            }
        }
    }

    @Test
    void onlySizesThatFitAreTaken() {
        assertThatThrownBy(() -> new VisionTransformer.Config(224, 15, 1, 1, 8, 8, 0))
                .isInstanceOf(TensorException.class);
        Layer transformer = model("vit_small");
        assertThatThrownBy(() -> transformer.forward(images(64))).hasMessageContaining("expected [n, 3, 32, 32]");
        Layer unet = model("unet");
        assertThatThrownBy(() -> unet.forward(Tensor.zeros(1, 3, 12, 16))).hasMessageContaining("multiples of 8");
        assertThatThrownBy(() -> new UNet(3, 2, 4, 0, new Rng(0))).hasMessageContaining("a depth of 0");
    }
}
