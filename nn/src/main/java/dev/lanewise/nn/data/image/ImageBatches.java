package dev.lanewise.nn.data.image;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.function.LongFunction;
import java.util.random.RandomGenerator;

/** Code shared by data sets of images. */
final class ImageBatches {
    private ImageBatches() {}

    /** The generator of an image's random transform. */
    static RandomGenerator random(long seed, long epoch, long index) {
        // Odd multipliers spread epochs and images over the generator's seeds.
        return new SplittableRandom(seed ^ (epoch + 1) * 0xbf58476d1ce4e5b9L ^ (index + 1) * 0x9e3779b97f4a7c15L);
    }

    /**
     * Images as one tensor, F32 {@code [n, channels, height, width]}.
     *
     * @param indices one or more
     */
    static Tensor stack(long[] indices, LongFunction<Image> images) {
        Image first = images.apply(indices[0]);
        int size = first.values().length;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment floats = arena.allocate(ValueLayout.JAVA_FLOAT, (long) indices.length * size);
            for (int i = 0; i < indices.length; i++) {
                Image image = i == 0 ? first : images.apply(indices[i]);
                if (image.height() != first.height() || image.width() != first.width()) {
                    throw new IllegalArgumentException("images: found one of " + image.height() + " x " + image.width()
                            + " after the transform; expected " + first.height() + " x " + first.width()
                            + ", as the batch's first; end the transform with a crop or resize");
                }
                MemorySegment.copy(
                        image.values(), 0, floats, ValueLayout.JAVA_FLOAT, (long) i * size * Float.BYTES, size);
            }
            return Tensor.of(floats, DType.F32, indices.length, first.channels(), first.height(), first.width());
        }
    }
}
