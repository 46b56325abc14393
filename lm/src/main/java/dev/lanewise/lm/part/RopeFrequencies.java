package dev.lanewise.lm.part;

import dev.lanewise.lm.weights.Config;
import dev.lanewise.nn.io.BadFileException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The inverse frequencies of rotary positions (Su et al. 2021, arXiv:2104.09864) with every scaling that config files
 * name: linear, dynamic (by the sequence's length), llama3, yarn (Peng et al. 2023, arXiv:2309.00071) and longrope
 * (Ding et al. 2024, arXiv:2402.13753). They are computed in single precision where transformers uses it.
 */
public final class RopeFrequencies {
    private final Kind kind;
    private final int size;
    private final double base;
    private final double factor;
    private final double positions;
    private final double original;
    private final double scaling;
    private final Ramp ramp;
    private final double[] shortFactors;
    private final double[] longFactors;
    private final float @Nullable [] slowing;

    /** The kinds of scaling. */
    private enum Kind {
        DEFAULT,
        LINEAR,
        DYNAMIC,
        LLAMA3,
        YARN,
        LONGROPE
    }

    /** Where llama3 and yarn blend: low and high factors, or slow and fast rotations. */
    private record Ramp(double low, double high, boolean whole) {}

    /**
     * Reads {@code rope_parameters} of a config.json (since transformers 5), or {@code rope_theta} and
     * {@code rope_scaling} (before).
     *
     * @param size the size of a head
     * @param base that of the family, if the config does not say one
     * @throws BadFileException if the scaling or one of its settings is unknown
     */
    public static RopeFrequencies of(Config config, int size, double base) {
        double theta = config.positive("rope_theta", base);
        double partial = config.positive("partial_rotary_factor", 1);
        int positions = config.size("max_position_embeddings", 2048);
        String where = config.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
        config.ignore("rope_parameters", "rope_scaling");
        Config rope = config.object(where);
        double originalOutside = config.number("original_max_position_embeddings", 0);
        return new RopeFrequencies(
                rope,
                rope.positive("rope_theta", theta),
                (int) (size * rope.positive("partial_rotary_factor", partial)),
                positions,
                originalOutside);
    }

    private RopeFrequencies(Config rope, double theta, int size, int positions, double originalOutside) {
        kind = kind(rope);
        if (size < 2 || size % 2 != 0) {
            throw new BadFileException(
                    rope.file(), "heads of " + size + " rotated elements", "an even number", "is the config whole?");
        }
        this.size = size;
        base = theta;
        this.positions = positions;
        original = rope.positive("original_max_position_embeddings", originalOutside > 0 ? originalOutside : positions);
        boolean ratio = (kind == Kind.YARN || kind == Kind.LONGROPE) && !rope.has("factor");
        factor = kind == Kind.DEFAULT
                ? 1
                : ratio ? positions / original : rope.positive("factor", needed(rope, "factor"));
        ramp = ramp(rope);
        shortFactors = kind == Kind.LONGROPE ? factors(rope, "short_factor") : new double[0];
        longFactors = kind == Kind.LONGROPE ? factors(rope, "long_factor") : new double[0];
        scaling = scaling(rope);
        slowing = null;
        rope.ignore("rope_type", "type", "factor", "attention_factor", "mscale", "mscale_all_dim");
        rope.finish();
    }

    private RopeFrequencies(RopeFrequencies same, float[] slowing) {
        kind = same.kind;
        size = same.size;
        base = same.base;
        factor = same.factor;
        positions = same.positions;
        original = same.original;
        scaling = same.scaling;
        ramp = same.ramp;
        shortFactors = same.shortFactors;
        longFactors = same.longFactors;
        this.slowing = slowing.clone();
    }

    /**
     * The same frequencies, each divided by a factor, as GGUF files store llama3's scaling.
     *
     * @param file the file that messages name
     * @param factors one per pair
     */
    public RopeFrequencies slowed(Object file, float[] factors) {
        if (factors.length != size / 2) {
            throw new BadFileException(
                    file, factors.length + " rotary factors", size / 2 + ", one for each pair", "download it again");
        }
        return new RopeFrequencies(this, factors);
    }

    private static Kind kind(Config rope) {
        String named = rope.has("rope_type") ? rope.text("rope_type", "") : rope.text("type", "default");
        return switch (named) {
            case "default" -> Kind.DEFAULT;
            case "linear" -> Kind.LINEAR;
            case "dynamic" -> Kind.DYNAMIC;
            case "llama3" -> Kind.LLAMA3;
            case "yarn" -> Kind.YARN;
            case "longrope", "su" -> Kind.LONGROPE;
            default ->
                throw rope.refused(
                        rope.has("rope_type") ? "rope_type" : "type",
                        "default, linear, dynamic, llama3, yarn or longrope");
        };
    }

    private Ramp ramp(Config rope) {
        return switch (kind) {
            case LLAMA3 -> new Ramp(rope.positive("low_freq_factor", 1), rope.positive("high_freq_factor", 4), true);
            case YARN ->
                new Ramp(rope.positive("beta_slow", 1), rope.positive("beta_fast", 32), rope.flag("truncate", true));
            default -> new Ramp(0, 0, true);
        };
    }

    private static double needed(Config rope, String name) {
        if (!rope.has(name)) {
            throw rope.refused(name, "a number, which this scaling needs");
        }
        return 1;
    }

    private double[] factors(Config rope, String name) {
        double[] factors = rope.numbers(name);
        if (factors.length != size / 2) {
            throw rope.refused(name, "a list of " + size / 2 + " numbers, one for each pair");
        }
        return factors;
    }

    private double scaling(Config rope) {
        double given = rope.number("attention_factor", 0);
        if (given != 0 || kind != Kind.YARN && kind != Kind.LONGROPE) {
            return kind == Kind.YARN || kind == Kind.LONGROPE ? given : 1;
        }
        if (kind == Kind.LONGROPE) {
            return factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
        }
        double scale = rope.number("mscale", 0);
        double all = rope.number("mscale_all_dim", 0);
        return scale != 0 && all != 0 ? magnitude(scale) / magnitude(all) : magnitude(1);
    }

    private double magnitude(double scale) {
        return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
    }

    /** How many elements of a head are rotated. */
    public int size() {
        return size;
    }

    /** What cosines and sines are multiplied by. */
    public double scaling() {
        return scaling;
    }

    /** Whether {@link #inverse} depends on the length of the sequence. */
    boolean dependsOnLength() {
        return kind == Kind.DYNAMIC || kind == Kind.LONGROPE;
    }

    /** A length for which the frequencies are those of this one. */
    long representative(long length) {
        return switch (kind) {
            case DYNAMIC -> Math.max(length, (long) positions);
            case LONGROPE -> length > original ? (long) original + 1 : (long) original;
            default -> 0;
        };
    }

    /**
     * The angles per position, for each pair.
     *
     * @param length of the sequence, by which dynamic scaling and longrope choose
     */
    public float[] inverse(long length) {
        float[] inverse = scaled(length);
        for (int i = 0; slowing != null && i < inverse.length; i++) {
            inverse[i] /= slowing[i];
        }
        return inverse;
    }

    private float[] scaled(long length) {
        float[] inverse = powers(base(length));
        return switch (kind) {
            case DEFAULT, DYNAMIC -> reciprocal(inverse, null);
            case LINEAR -> divided(reciprocal(inverse, null));
            case LLAMA3 -> llama3(reciprocal(inverse, null));
            case YARN -> yarn(inverse);
            case LONGROPE -> reciprocal(inverse, length > original ? longFactors : shortFactors);
        };
    }

    private double base(long length) {
        if (kind != Kind.DYNAMIC) {
            return base;
        }
        double seen = Math.max(length, positions);
        return base * Math.pow(factor * seen / positions - (factor - 1), size / (size - 2.0));
    }

    private float[] powers(double of) {
        float[] powers = new float[size / 2];
        for (int i = 0; i < powers.length; i++) {
            powers[i] = (float) Math.pow((float) of, 2 * i / (float) size);
        }
        return powers;
    }

    private static float[] reciprocal(float[] powers, double @Nullable [] factors) {
        float[] inverse = new float[powers.length];
        for (int i = 0; i < inverse.length; i++) {
            inverse[i] = 1 / (factors == null ? powers[i] : (float) factors[i] * powers[i]);
        }
        return inverse;
    }

    private float[] divided(float[] inverse) {
        for (int i = 0; i < inverse.length; i++) {
            inverse[i] = (float) (inverse[i] / factor);
        }
        return inverse;
    }

    /** Long waves are slowed down by the factor, short ones are unchanged, those in between are blended. */
    private float[] llama3(float[] inverse) {
        float[] scaled = inverse.clone();
        for (int i = 0; i < scaled.length; i++) {
            double wave = 2 * Math.PI / inverse[i];
            if (wave > original / ramp.low) {
                scaled[i] = (float) (inverse[i] / factor);
            } else if (wave >= original / ramp.high) {
                double smooth = (original / wave - ramp.low) / (ramp.high - ramp.low);
                scaled[i] = (float) ((1 - smooth) * inverse[i] / factor + smooth * inverse[i]);
            }
        }
        return scaled;
    }

    private float[] yarn(float[] powers) {
        double low = correction(ramp.high);
        double high = correction(ramp.low);
        if (ramp.whole) {
            low = Math.floor(low);
            high = Math.ceil(high);
        }
        low = Math.max(low, 0);
        high = Math.min(high, size - 1);
        if (low == high) {
            high += 0.001;
        }
        float[] inverse = new float[powers.length];
        for (int i = 0; i < inverse.length; i++) {
            double slow = Math.min(Math.max((i - low) / (high - low), 0), 1);
            inverse[i] = (float) (slow / (factor * powers[i]) + (1 - slow) / powers[i]);
        }
        return inverse;
    }

    /** The pair that makes the given number of rotations within the original length. */
    private double correction(double rotations) {
        return size * Math.log(original / (rotations * 2 * Math.PI)) / (2 * Math.log(base));
    }

    @Override
    public String toString() {
        return kind + " of " + size + ", base " + base + (shortFactors.length > 0 ? Arrays.toString(longFactors) : "");
    }
}
