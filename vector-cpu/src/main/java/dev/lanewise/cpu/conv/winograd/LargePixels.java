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
 * Which pixels of some images are large: a bit for each pixel, one image directly behind the other. Both sides' planes are laid
 * out at one pitch, so that what a tap's gradients meet are the input's bits from some bit on; there is a copy for each tap. Where
 * both have the same size, there is nothing between the rows, and those bits are left out that lie beyond the rows' ends. Otherwise there
 * are zeros where the picture is padded and between the rows of gradients.
 */
final class LargePixels implements AutoCloseable {
    private static final int SIDE = WinogradTransform.KERNEL;

    /** Bits of a word, as a power of two. */
    private static final int WORD = 6;

    private final ConvShape p;
    private final long pixels;
    private final int channels;
    private final int plane;
    private final boolean dense;

    /** Rows of a plane, or one where there is nothing between them. */
    private final int rows;

    private final int rowBits;
    private final int pitch;
    private final long planeBits;
    private final int taps;
    private final int[] order;
    private final int images;
    private final int words;

    /** Words of zeros before the first image, so that a tap may begin before it. */
    private final int before;

    /** For each tap the bits that are not beyond a row's end, {@code [taps][words]}, if there is nothing between rows. */
    private final long[] masks;

    /** {@code [channels][taps][words]}. */
    private final Scratch bits;

    private LargePixels(ConvShape p, boolean ofInput, long pixels, int[] order, int images) {
        int h = ofInput ? p.h() : p.oh();
        int w = ofInput ? p.w() : p.ow();
        this.p = p;
        this.pixels = pixels;
        this.channels = ofInput ? p.c() : p.k();
        this.plane = h * w;
        this.dense = p.h() == p.oh() && p.w() == p.ow();
        this.rows = dense ? 1 : h;
        this.rowBits = dense ? plane : w;
        this.pitch = dense ? w : p.w() + 2 * p.padW();
        this.planeBits = dense ? plane : (long) pitch * (p.h() + 2 * p.padH());
        this.taps = ofInput ? SIDE * SIDE : 1;
        this.order = order;
        this.images = images;
        this.words = Math.toIntExact((images * planeBits + Long.SIZE - 1) / Long.SIZE);
        this.before = dense ? Vectors.blocks(pitch + 1, Long.SIZE) : 0;
        this.masks = dense && ofInput ? masks() : new long[0];
        this.bits = Scratch.borrow((long) Long.BYTES * channels * taps * words);
    }

    private long[] masks() {
        MetPixels met = MetPixels.ofGradient(p);
        long[] all = new long[taps * words];
        try (Scratch one = Scratch.borrow(planeBytes(plane));
                Scratch stream = Scratch.borrow(streamBytes())) {
            for (int tap = 0; tap < taps; tap++) {
                for (int word = 0; word < met.words(); word++) {
                    setWord(one.address(), word, met.word(tap, word));
                }
                clear(stream);
                for (int image = 0; image < images; image++) {
                    copyBits(one.address(), 0, plane, stream.address(), image * planeBits);
                }
                for (int word = 0; word < words; word++) {
                    all[tap * words + word] = wordAt(stream.address(), word);
                }
            }
        }
        return all;
    }

    /** Bytes of all images' bits; the last tap reads behind the last plane. */
    private long streamBytes() {
        return (long) Long.BYTES * (before + words + Vectors.blocks((SIDE - 1) * pitch + SIDE, Long.SIZE) + 1);
    }

    private void clear(Scratch stream) {
        Rows.clear(stream.address(), streamBytes() / Float.BYTES);
    }

    /** For the first of some images of a convolution's input. */
    static LargePixels ofInput(ConvShape p, long x, int[] order, int images) {
        return new LargePixels(p, true, x, order, images);
    }

    /** For the first of some images of the gradients of a convolution's output. */
    static LargePixels ofGradient(ConvShape p, long gy, int[] order, int images) {
        return new LargePixels(p, false, gy, order, images);
    }

    @Override
    public void close() {
        bits.close();
    }

    /** How many words there are for each channel and tap. */
    int words() {
        return words;
    }

    /** Where the bits of a channel that a tap meets begin. */
    long bits(int channel, int tap) {
        return bits.address() + (long) Long.BYTES * ((long) channel * taps + tap) * words;
    }

    /** Reads a channel, whose pixels are large beyond a threshold. */
    void read(int channel, float threshold) {
        boolean input = taps > 1;
        long first = (long) before * Long.SIZE;
        long inset = input && !dense ? (long) p.padH() * pitch + p.padW() : 0;
        try (Scratch one = Scratch.borrow(planeBytes(plane));
                Scratch stream = Scratch.borrow(streamBytes())) {
            clear(stream);
            for (int image = 0; image < images; image++) {
                long from = pixels + 4L * ((long) order[image] * channels + channel) * plane;
                compare(from, plane, threshold, one.address());
                long at = first + image * planeBits + inset;
                for (int row = 0; row < rows; row++) {
                    copyBits(one.address(), (long) row * rowBits, rowBits, stream.address(), at + (long) row * pitch);
                }
            }
            for (int tap = 0; tap < taps; tap++) {
                long offset = input ? (long) (tap / SIDE) * pitch + tap % SIDE : 0;
                offset -= input && dense ? (long) p.padH() * pitch + p.padW() : 0;
                shift(stream.address(), first + offset, tap, bits(channel, tap));
            }
        }
    }

    /** Bytes of a plane's bits, with what is read behind them. */
    static long planeBytes(int pixels) {
        return (long) Long.BYTES * (Vectors.blocks(pixels, Long.SIZE) + 1);
    }

    /** Writes a bit for each pixel, whether it is larger than a threshold. */
    static void compare(long from, int count, float threshold, long to) {
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

    /** Appends bits to those that end before {@code to}. */
    private static void copyBits(long bits, long from, int count, long stream, long to) {
        for (int done = 0; done < count; done += Long.SIZE) {
            int some = Math.min(Long.SIZE, count - done);
            long word = word(bits, from + done) & -1L >>> Long.SIZE - some;
            long at = to + done;
            int place = (int) at & Long.SIZE - 1;
            setWord(stream, at >> WORD, wordAt(stream, at >> WORD) | word << place);
            if (place + some > Long.SIZE) {
                setWord(stream, (at >> WORD) + 1, word >>> Long.SIZE - place);
            }
        }
    }

    private void shift(long stream, long offset, int tap, long to) {
        for (int i = 0; i < words; i++) {
            long word = word(stream, offset + (long) i * Long.SIZE);
            ALL.set(LONG, (to + 8L * i) & MASK, masks.length == 0 ? word : word & masks[tap * words + i]);
        }
    }

    /** The 64 bits from some bit on. */
    private static long word(long stream, long from) {
        int place = (int) from & Long.SIZE - 1;
        long first = wordAt(stream, from >> WORD) >>> place;
        return place == 0 ? first : first | wordAt(stream, (from >> WORD) + 1) << Long.SIZE - place;
    }

    static long wordAt(long stream, long index) {
        return ALL.get(LONG, (stream + 8 * index) & MASK);
    }

    private static void setWord(long stream, long index, long word) {
        ALL.set(LONG, (stream + 8 * index) & MASK, word);
    }
}
