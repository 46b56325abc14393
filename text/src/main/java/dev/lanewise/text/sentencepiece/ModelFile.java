package dev.lanewise.text.sentencepiece;

import dev.lanewise.text.TokenizerException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The content of a {@code .model} file: a protocol buffer, of which the relevant fields are read. */
public final class ModelFile {
    /** Kinds of pieces, with the file's numbers as ordinals. */
    public enum Type {
        /** No kind. */
        NONE,
        /** An ordinary piece. */
        NORMAL,
        /** The piece for what is unknown. */
        UNKNOWN,
        /** A piece that texts cannot contain. */
        CONTROL,
        /** A piece that is always one token. */
        USER_DEFINED,
        /** A piece that is never output. */
        UNUSED,
        /** A byte. */
        BYTE
    }

    /**
     * A piece.
     *
     * @param text its text
     * @param score its score
     * @param type its kind
     */
    public record Piece(String text, float score, Type type) {}

    /** The pieces by id. */
    public final List<Piece> pieces = new ArrayList<>();
    /** 1 for Unigram, 2 for BPE. */
    public int modelType = 1;
    /** Whether unknown characters become bytes. */
    public boolean byteFallback;
    /** Whether the sign for a space ends a word. */
    public boolean spaceAsSuffix;
    /** What the unknown piece is decoded as. */
    public String unknownSurface = " \u2047 ";
    /** The map of characters; empty if there is none. */
    public byte[] charsMap = new byte[0];
    /** Whether a space is put before a text. */
    public boolean dummyPrefix = true;
    /** Whether runs of spaces become one space, and spaces at both ends are removed. */
    public boolean removeExtraSpaces = true;
    /** Whether spaces become U+2581. */
    public boolean escapeSpaces = true;

    private final String name;

    private ModelFile(String name) {
        this.name = name;
    }

    /** Reads a file's bytes. */
    public static ModelFile read(byte[] bytes, String name) {
        ModelFile out = new ModelFile(name);
        out.fields(ByteBuffer.wrap(bytes), (field, value) -> {
            switch (field) {
                case 1 -> out.piece(value.buffer());
                case 2 -> out.fields(value.buffer(), out::trainer);
                case 3 -> out.fields(value.buffer(), out::normalizer);
                case 5 -> out.fields(value.buffer(), out::denormalizer);
                default -> {}
            }
        });
        if (out.pieces.isEmpty()) {
            throw out.error("has no pieces; is it a SentencePiece model?");
        }
        if (out.modelType != 1 && out.modelType != 2) {
            throw out.error("model type " + out.modelType + " (" + (out.modelType == 3 ? "word" : "char")
                    + ") is not supported");
        }
        return out;
    }

    private void piece(ByteBuffer in) {
        String[] text = {""};
        float[] score = {0};
        int[] type = {1};
        fields(in, (field, value) -> {
            switch (field) {
                case 1 -> text[0] = value.string();
                case 2 -> score[0] = Float.intBitsToFloat((int) value.number());
                case 3 -> type[0] = (int) value.number();
                default -> {}
            }
        });
        if (text[0].isEmpty() || type[0] < 1 || type[0] >= Type.values().length || Float.isNaN(score[0])) {
            throw error("piece " + pieces.size() + " `" + text[0] + "` has type " + type[0] + " and score " + score[0]);
        }
        pieces.add(new Piece(text[0], score[0], Type.values()[type[0]]));
    }

    private void trainer(int field, Value value) {
        switch (field) {
            case 3 -> modelType = (int) value.number();
            case 24 -> spaceAsSuffix = value.number() != 0;
            case 35 -> byteFallback = value.number() != 0;
            case 44 -> unknownSurface = value.string();
            default -> {}
        }
    }

    private void normalizer(int field, Value value) {
        switch (field) {
            case 2 -> charsMap = value.bytes();
            case 3 -> dummyPrefix = value.number() != 0;
            case 4 -> removeExtraSpaces = value.number() != 0;
            case 5 -> escapeSpaces = value.number() != 0;
            default -> {}
        }
    }

    private void denormalizer(int field, Value value) {
        if (field == 2 && value.bytes().length > 0) {
            throw error("a map of characters for decoding is not supported");
        }
    }

    private TokenizerException error(String message) {
        return new TokenizerException(name + ": " + message);
    }

    private interface Field {
        void accept(int field, Value value);
    }

    /** A field's value: a number, or bytes. */
    private record Value(long number, ByteBuffer buffer) {
        byte[] bytes() {
            byte[] out = new byte[buffer.remaining()];
            buffer.duplicate().get(out);
            return out;
        }

        String string() {
            return new String(bytes(), StandardCharsets.UTF_8);
        }
    }

    private void fields(ByteBuffer message, Field sink) {
        ByteBuffer in = message.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer none = ByteBuffer.allocate(0);
        while (in.hasRemaining()) {
            long key = varint(in);
            int field = (int) (key >>> 3);
            switch ((int) (key & 7)) {
                case 0 -> sink.accept(field, new Value(varint(in), none));
                case 1 -> sink.accept(field, new Value(need(in, 8).getLong(), none));
                case 2 -> {
                    long size = varint(in);
                    if (size < 0 || size > in.remaining()) {
                        throw error("a field of " + size + " bytes where " + in.remaining() + " are left");
                    }
                    sink.accept(field, new Value(0, in.slice(in.position(), (int) size)));
                    in.position(in.position() + (int) size);
                }
                case 5 -> sink.accept(field, new Value(need(in, 4).getInt(), none));
                default -> throw error("is no SentencePiece model: wire type " + (key & 7));
            }
        }
    }

    private ByteBuffer need(ByteBuffer in, int bytes) {
        if (in.remaining() < bytes) {
            throw error("ends in the middle of a number");
        }
        return in;
    }

    private long varint(ByteBuffer in) {
        long out = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte b = need(in, 1).get();
            out |= (long) (b & 0x7F) << shift;
            if (b >= 0) {
                return out;
            }
        }
        throw error("a number of more than 64 bits");
    }
}
