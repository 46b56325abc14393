package dev.lanewise.nn.io;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The header of a {@code .npy} file: a Python dictionary literal with three keys.
 *
 * @param bigEndian whether the elements are big-endian, which only files from elsewhere are
 * @param fortranOrder whether the first index varies fastest, likewise
 */
record NpyHeader(StoredType type, boolean bigEndian, boolean fortranOrder, Shape shape) {
    static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

    private static final int ALIGNMENT = 64;
    private static final int MAX_RANK = 64;

    static NpyHeader of(TensorData tensor) {
        return new NpyHeader(StoredType.of(tensor.dtype()), false, false, tensor.shape());
    }

    /** Magic, version, length and dictionary, padded so that the elements are aligned. */
    byte[] encode() {
        String sizes = LongStream.of(shape.toArray()).mapToObj(Long::toString).collect(Collectors.joining(", "));
        String tuple = "(" + sizes + (shape.rank() == 1 ? ",)" : ")");
        String dictionary = "{'descr': '" + descr(DType.valueOf(type.name())) + "', 'fortran_order': False, 'shape': "
                + tuple + ", }";
        // Ten bytes of version 1.0 before the dictionary and a line end after it.
        int padding = Math.floorMod(-(10 + dictionary.length() + 1), ALIGNMENT);
        byte[] text = (dictionary + " ".repeat(padding) + "\n").getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(10 + text.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(MAGIC)
                .put((byte) 1)
                .put((byte) 0)
                .putShort((short) text.length)
                .put(text)
                .array();
    }

    private static String descr(DType dtype) {
        return switch (dtype) {
            case F32 -> "<f4";
            case F64 -> "<f8";
            case F16 -> "<f2";
            case I8 -> "|i1";
            case U8 -> "|u1";
            case I32 -> "<i4";
            case I64 -> "<i8";
            case BOOL -> "|b1";
            case BF16 ->
                throw new IllegalArgumentException(
                        "npy: found dtype BF16; expected one that NumPy has; convert the tensor to F32 first");
        };
    }

    /**
     * Parses the dictionary.
     *
     * @throws UnsupportedElementsException if the elements are of a type that is not read
     */
    static NpyHeader parse(Object file, String text) {
        return new Parser(file, text).parse();
    }

    /** Reads the part of Python's literals that NumPy writes here, and nothing else. */
    private static final class Parser {
        private final Object file;
        private final String text;
        private int position;

        private @Nullable String descr;
        private @Nullable Boolean fortranOrder;
        private @Nullable Shape shape;

        Parser(Object file, String text) {
            this.file = file;
            this.text = text;
        }

        NpyHeader parse() {
            require('{');
            while (!accept('}')) {
                readItem(string());
                if (!accept(',')) {
                    require('}');
                    break;
                }
            }
            skipSpace();
            if (position != text.length()) {
                throw bad("text after the dictionary");
            }
            if (descr == null || fortranOrder == null || shape == null) {
                throw bad("a dictionary without all of its keys");
            }
            StoredType type = type(descr);
            return new NpyHeader(type, descr.charAt(0) == '>' && type.bits() > 8, fortranOrder, shape);
        }

        private void readItem(String key) {
            require(':');
            boolean first = switch (key) {
                case "descr" -> descr == null;
                case "fortran_order" -> fortranOrder == null;
                case "shape" -> shape == null;
                default -> throw bad("the key '" + key + "'");
            };
            if (!first) {
                throw bad("the key '" + key + "' twice");
            }
            switch (key) {
                case "descr" -> descr = simpleDescr();
                case "fortran_order" -> fortranOrder = bool();
                default -> shape = tuple();
            }
        }

        private String simpleDescr() {
            skipSpace();
            if (position < text.length() && text.charAt(position) == '[') {
                throw unsupported("a structured dtype");
            }
            return string();
        }

        private StoredType type(String descr) {
            String order = descr.isEmpty() ? "" : descr.substring(0, 1);
            String type = descr.isEmpty() ? "" : descr.substring(1);
            if (type.startsWith("O")) {
                throw unsupported("Python objects, which are never unpickled");
            }
            StoredType stored = switch (type) {
                case "f4" -> StoredType.of(DType.F32);
                case "f8" -> StoredType.of(DType.F64);
                case "f2" -> StoredType.of(DType.F16);
                case "i1" -> StoredType.of(DType.I8);
                case "u1" -> StoredType.of(DType.U8);
                case "i4" -> StoredType.of(DType.I32);
                case "i8" -> StoredType.of(DType.I64);
                case "b1" -> StoredType.of(DType.BOOL);
                case "i2" -> StoredType.named("I16");
                case "u2" -> StoredType.named("U16");
                case "u4" -> StoredType.named("U32");
                case "u8" -> StoredType.named("U64");
                default -> throw unsupported("the dtype '" + descr + "'");
            };
            if (!"<>|=".contains(order)) {
                throw unsupported("the dtype '" + descr + "'");
            }
            return stored;
        }

        private boolean bool() {
            skipSpace();
            for (String word : List.of("True", "False")) {
                if (text.startsWith(word, position)) {
                    position += word.length();
                    return word.equals("True");
                }
            }
            throw bad("fortran_order without True or False");
        }

        private Shape tuple() {
            List<Long> sizes = new ArrayList<>();
            require('(');
            while (!accept(')')) {
                sizes.add(size());
                if (sizes.size() > MAX_RANK) {
                    throw bad("more than " + MAX_RANK + " dimensions");
                }
                if (!accept(',')) {
                    require(')');
                    break;
                }
            }
            return Shape.tryOf(sizes.stream().mapToLong(Long::longValue).toArray())
                    .orElseThrow(() -> bad("the shape " + sizes + " of more than 2^56 elements"));
        }

        private long size() {
            skipSpace();
            int start = position;
            while (position < text.length() && text.charAt(position) >= '0' && text.charAt(position) <= '9') {
                position++;
            }
            if (position == start || position - start > 18) {
                throw bad("a size that is not a number from 0 to 10^18");
            }
            long size = Long.parseLong(text, start, position, 10);
            // Python 2 marked long integers.
            accept('L');
            return size;
        }

        private String string() {
            skipSpace();
            char quote = position < text.length() ? text.charAt(position) : 0;
            int end = quote == '\'' || quote == '"' ? text.indexOf(quote, position + 1) : -1;
            if (end < 0) {
                throw bad("no quoted string at position " + position);
            }
            String string = text.substring(position + 1, end);
            position = end + 1;
            return string;
        }

        private boolean accept(char c) {
            skipSpace();
            if (position < text.length() && text.charAt(position) == c) {
                position++;
                return true;
            }
            return false;
        }

        private void require(char c) {
            if (!accept(c)) {
                throw bad("no '" + c + "' at position " + position);
            }
        }

        private void skipSpace() {
            while (position < text.length() && (text.charAt(position) == ' ' || text.charAt(position) == '\n')) {
                position++;
            }
        }

        private BadFileException bad(String found) {
            return new BadFileException(
                    file,
                    "a header with " + found,
                    "a dictionary of descr, fortran_order and shape",
                    "the file is damaged or was not written by NumPy: copy or save it again");
        }

        private static UnsupportedElementsException unsupported(String found) {
            return new UnsupportedElementsException(
                    found,
                    "one of f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8, b1",
                    "convert the array with astype before saving it");
        }
    }
}
