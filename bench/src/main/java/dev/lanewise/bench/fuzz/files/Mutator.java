package dev.lanewise.bench.fuzz.files;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Damages bytes in ways that find faults in readers: at random, with a preference for lengths, counts and limits. */
public final class Mutator {
    private static final long[] NUMBERS = {
        0,
        1,
        -1,
        2,
        0x7f,
        0x80,
        0xff,
        0x7fff,
        0x8000,
        0xffff,
        1 << 20,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        0xffff_ffffL,
        1L << 32,
        1L << 40,
        1L << 62,
        Long.MAX_VALUE,
        Long.MIN_VALUE
    };

    private static final List<String> TEXTS = List.of(
            "-1",
            "0",
            "00",
            "1e999",
            "-1e-999",
            "NaN",
            "Infinity",
            "2147483648",
            "4294967296",
            "4611686018427387904",
            "9223372036854775807",
            "99999999999999999999",
            "1D",
            "0x1p3",
            "null",
            "true",
            "[",
            "{",
            "\"",
            "\"\"",
            "\u0000",
            ",",
            "\n",
            "\ufeff",
            "\u00a0",
            "''''");

    private final SplittableRandom random;

    /** A mutator of random choices. */
    public Mutator(SplittableRandom random) {
        this.random = random;
    }

    /**
     * Changes bytes in one place to three.
     *
     * @param other bytes to take parts of
     */
    public byte[] mutate(byte[] bytes, byte[] other) {
        byte[] mutated = bytes.clone();
        for (int times = 1 + random.nextInt(1 + random.nextInt(3)); times > 0; times--) {
            mutated = once(mutated, other);
        }
        return mutated;
    }

    private byte[] once(byte[] bytes, byte[] other) {
        if (bytes.length == 0) {
            return other.clone();
        }
        int at = place(bytes.length);
        int length = Math.min(bytes.length - at, 1 + random.nextInt(1 << random.nextInt(1, 9)));
        return switch (random.nextInt(11)) {
            case 0 -> set(bytes, at, (byte) (bytes[at] ^ 1 << random.nextInt(8)));
            case 1 -> set(bytes, at, (byte) random.nextInt());
            case 2, 3 -> number(bytes, at);
            case 4 -> Arrays.copyOf(bytes, at);
            case 5 -> replace(bytes, at, length, new byte[0]);
            case 6 -> replace(bytes, at, 0, Arrays.copyOfRange(bytes, at, at + length));
            case 7 -> replace(bytes, at, 0, randomBytes(length));
            case 8 -> replace(bytes, at, length, part(other, length));
            case 9 -> replace(bytes, at, digits(bytes, at), text());
            default -> replace(bytes, at, 0, text());
        };
    }

    /** Headers are at the start: every other place is among the first bytes. */
    private int place(int length) {
        return random.nextInt(random.nextBoolean() ? length : Math.min(length, 128));
    }

    private static byte[] set(byte[] bytes, int at, byte value) {
        bytes[at] = value;
        return bytes;
    }

    private byte[] number(byte[] bytes, int at) {
        long number = NUMBERS[random.nextInt(NUMBERS.length)] + random.nextInt(-1, 2);
        int width = 1 << random.nextInt(4);
        boolean bigEndian = random.nextBoolean();
        for (int i = 0; i < width && at + i < bytes.length; i++) {
            bytes[at + i] = (byte) (number >> 8 * (bigEndian ? width - 1 - i : i));
        }
        return bytes;
    }

    private byte[] randomBytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private byte[] part(byte[] other, int length) {
        int from = random.nextInt(other.length + 1);
        return Arrays.copyOfRange(other, from, Math.min(other.length, from + length));
    }

    private byte[] text() {
        return TEXTS.get(random.nextInt(TEXTS.size())).getBytes(StandardCharsets.UTF_8);
    }

    /** How many digits there are from a place on. */
    private static int digits(byte[] bytes, int at) {
        int end = at;
        while (end < bytes.length && bytes[end] >= '0' && bytes[end] <= '9') {
            end++;
        }
        return end - at;
    }

    private static byte[] replace(byte[] bytes, int at, int length, byte[] by) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length + by.length);
        out.write(bytes, 0, at);
        out.writeBytes(by);
        out.write(bytes, at + length, bytes.length - at - length);
        return out.toByteArray();
    }
}
