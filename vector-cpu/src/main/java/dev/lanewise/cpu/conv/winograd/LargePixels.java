package dev.lanewise.cpu.conv.winograd;

import static dev.lanewise.cpu.conv.Vectors.LANES;
import static dev.lanewise.cpu.conv.Vectors.LONG;
import static dev.lanewise.cpu.conv.Vectors.ORDER;
import static dev.lanewise.cpu.conv.Vectors.SPECIES;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static dev.lanewise.cpu.memory.NativeMemory.MASK;

import dev.lanewise.cpu.conv.ConvShape;
import dev.lanewise.cpu.conv.Rows;
import dev.lanewise.cpu.conv.Vectors;
import dev.lanewise.cpu.memory.Scratch;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Which pixels of some images are large, compared with the root of their channel's mean square: a bit for each pixel and level.
 * Both sides' planes are laid out at one pitch, with zeros where the picture is padded and between the rows of gradients, one
 * image directly behind the other. So what a tap's gradients meet is the input's bits from some bit on; there is a copy for each tap.
 */
final class LargePixels implements AutoCloseable {
    static final int LEVELS = 2;

    /** How large a pixel is at each level, in units of the root of the mean square. */
    private static final float[] LEVEL = {0.4f, 1.5f};

    private static final int SIDE = WinogradTransform.KERNEL;

    /** Bits of a word, as a power of two. */
    private static final int WORD = 6;

    /** Bytes of a word of each level. */
    private static final long STEP = (long) LEVELS * Long.BYTES;

    private final long pixels;
    private final int channels;
    private final int h;
    private final int w;
    private final int top;
    private final int left;
    private final int pitch;
    private final long planeBits;
    private final int taps;
    private final int images;
    private final int words;

    /** {@code [channels][taps][words][LEVELS]}. */
    private final Scratch bits;

    private LargePixels(ConvShape p, boolean ofInput, long pixels, int images) {
        this.pixels = pixels;
        this.channels = ofInput ? p.c() : p.k();
        this.h = ofInput ? p.h() : p.oh();
        this.w = ofInput ? p.w() : p.ow();
        this.top = ofInput ? p.padH() : 0;
        this.left = ofInput ? p.padW() : 0;
        this.pitch = p.w() + 2 * p.padW();
        this.planeBits = (long) pitch * (p.h() + 2 * p.padH());
        this.taps = ofInput ? SIDE * SIDE : 1;
        this.images = images;
        this.words = Math.toIntExact((images * planeBits + Long.SIZE - 1) / Long.SIZE);
        this.bits = Scratch.borrow(channels * taps * words * STEP);
    }

    /** For the first images of a convolution's input. */
    static LargePixels ofInput(ConvShape p, long x, int images) {
        return new LargePixels(p, true, x, images);
    }

    /** For the first images of the gradients of a convolution's output. */
    static LargePixels ofGradient(ConvShape p, long gy, int images) {
        return new LargePixels(p, false, gy, images);
    }

    @Override
    public void close() {
        bits.close();
    }

    /** The product of two levels, less those of the levels before: what a pair of pixels that is large at both adds. */
    static float weight(int level, int other) {
        return step(level) * step(other);
    }

    private static float step(int level) {
        return level == 0 ? LEVEL[0] : LEVEL[level] - LEVEL[level - 1];
    }

    /** How many words there are for each channel, tap and level. */
    int words() {
        return words;
    }

    /** Where the bits of a channel that a tap meets begin, {@code [words][LEVELS]}. */
    long bits(int channel, int tap) {
        return bits.address() + ((long) channel * taps + tap) * words * STEP;
    }

    /**
     * Reads a channel.
     *
     * @param mean the root of the mean square of its pixels; if it is infinite no pixel is large
     */
    void read(int channel, double mean) {
        int planeWords = Vectors.blocks(h * w, Long.SIZE);
        // the last tap reads behind the last plane
        long streamWords = words + Vectors.blocks((SIDE - 1) * pitch + SIDE, Long.SIZE) + 1L;
        try (Scratch plane = Scratch.borrow(8L * planeWords + 8);
                Scratch stream = Scratch.borrow(8 * streamWords)) {
            for (int level = 0; level < LEVELS; level++) {
                Rows.clear(stream.address(), 2 * streamWords);
                for (int image = 0; image < images; image++) {
                    long from = pixels + 4L * ((long) image * channels + channel) * h * w;
                    compare(from, h * w, (float) (LEVEL[level] * mean), plane.address());
                    long at = image * planeBits + (long) top * pitch + left;
                    for (int row = 0; row < h; row++) {
                        copyRow(plane.address(), (long) row * w, stream.address(), at + (long) row * pitch);
                    }
                }
                for (int tap = 0; tap < taps; tap++) {
                    long offset = (long) (tap / SIDE) * pitch + tap % SIDE;
                    shift(stream.address(), offset, bits(channel, tap) + 8L * level);
                }
            }
        }
    }

    /** Writes a bit for each pixel, whether it is larger than a threshold. */
    private static void compare(long from, int count, float threshold, long to) {
        FloatVector least = FloatVector.broadcast(SPECIES, threshold);
        long word = 0;
        int i = 0;
        for (; i + LANES <= count; i += LANES) {
            long large = FloatVector.fromMemorySegment(SPECIES, ALL, (from + 4L * i) & MASK, ORDER)
                    .abs()
                    .compare(VectorOperators.GT, least)
                    .toLong();
            int place = i & Long.SIZE - 1;
            word = place == 0 ? large : word | large << place;
            setWord(to, i >> WORD, word);
        }
        for (; i < count; i++) {
            long large = Math.abs(Rows.read(from + 4L * i)) > threshold ? 1 : 0;
            int place = i & Long.SIZE - 1;
            word = place == 0 ? large : word | large << place;
            setWord(to, i >> WORD, word);
        }
    }

    private void copyRow(long plane, long from, long stream, long to) {
        for (int x = 0; x < w; x += Long.SIZE) {
            int count = Math.min(Long.SIZE, w - x);
            long row = word(plane, from + x) & -1L >>> Long.SIZE - count;
            long at = to + x;
            int place = (int) at & Long.SIZE - 1;
            setWord(stream, at >> WORD, wordAt(stream, at >> WORD) | row << place);
            if (place + count > Long.SIZE) {
                setWord(stream, (at >> WORD) + 1, row >>> Long.SIZE - place);
            }
        }
    }

    private void shift(long stream, long offset, long to) {
        for (int i = 0; i < words; i++) {
            ALL.set(LONG, (to + i * STEP) & MASK, word(stream, offset + (long) i * Long.SIZE));
        }
    }

    /** The 64 bits from some bit on. */
    private static long word(long stream, long from) {
        int place = (int) from & Long.SIZE - 1;
        long first = wordAt(stream, from >> WORD) >>> place;
        return place == 0 ? first : first | wordAt(stream, (from >> WORD) + 1) << Long.SIZE - place;
    }

    private static long wordAt(long stream, long index) {
        return ALL.get(LONG, (stream + 8 * index) & MASK);
    }

    private static void setWord(long stream, long index, long word) {
        ALL.set(LONG, (stream + 8 * index) & MASK, word);
    }
}
