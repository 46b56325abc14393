package dev.lanewise.nn.data.image;

import java.util.random.RandomGenerator;

/**
 * Operations drawn at random: torchvision's {@code RandAugment}.
 *
 * @param operations how many
 * @param magnitude how strong they are
 * @param bins how many strengths there are
 */
record RandAugment(int operations, int magnitude, int bins) implements ImageTransform {
    RandAugment {
        if (operations < 0 || bins < 2 || magnitude < 0 || magnitude >= bins) {
            throw new IllegalArgumentException(
                    "randAugment: found " + operations + " operations at strength " + magnitude
                            + " of " + bins + "; expected 0 or more operations, 2 or more strengths and one from 0 to "
                            + (bins - 1) + "; 2 operations at 9 of 31 are usual");
        }
    }

    @Override
    public Image apply(Image image, RandomGenerator random) {
        Augmentation[] all = Augmentation.values();
        Image result = image;
        for (int i = 0; i < operations; i++) {
            Augmentation drawn = all[random.nextInt(all.length)];
            double strength = drawn.strength((double) magnitude / (bins - 1), image);
            boolean back = drawn.hasDirection() && random.nextBoolean();
            result = drawn.apply(result, back ? -strength : strength);
        }
        return result;
    }
}
