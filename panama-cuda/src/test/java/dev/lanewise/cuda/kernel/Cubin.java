package dev.lanewise.cuda.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** What compiled code says of its kernels: an ELF file, whose section {@code .nv.info} has the numbers. */
final class Cubin {
    /** A kernel's share of a multiprocessor. */
    record Usage(int registers, int stackBytes) {}

    private static final int SYMBOLS = 2;
    private static final int BYTES_FOLLOW = 4;
    private static final int REGISTERS = 0x2f;
    private static final int FRAME = 0x11;
    private static final int MIN_STACK = 0x12;

    private final ByteBuffer file;

    private record Section(int type, String name, int offset, int size, int link) {}

    private Cubin(byte[] code) {
        file = ByteBuffer.wrap(code).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The registers and the local memory, spilled registers included, of every kernel by its name. */
    static Map<String, Usage> usages(byte[] code) {
        return new Cubin(code).usages();
    }

    private Map<String, Usage> usages() {
        Section[] sections = sections();
        Section symbols = null;
        Section info = null;
        for (Section section : sections) {
            symbols = section.type == SYMBOLS ? section : symbols;
            info = section.name.equals(".nv.info") ? section : info;
        }
        if (symbols == null || info == null) {
            throw new AssertionError("no .nv.info or no symbols in the code");
        }
        Map<String, Usage> usages = new TreeMap<>();
        for (int at = info.offset; at < info.offset + info.size; ) {
            int format = file.get(at);
            int attribute = file.get(at + 1) & 0xFF;
            int bytes = format == BYTES_FOLLOW ? file.getShort(at + 2) & 0xFFFF : 0;
            if (bytes == 8 && (attribute == REGISTERS || attribute == FRAME || attribute == MIN_STACK)) {
                String kernel = symbol(symbols, sections[symbols.link], file.getInt(at + 4));
                Usage known = usages.getOrDefault(kernel, new Usage(0, 0));
                int value = file.getInt(at + 8);
                usages.put(
                        kernel,
                        attribute == REGISTERS
                                ? new Usage(value, known.stackBytes)
                                : new Usage(known.registers, Math.max(known.stackBytes, value)));
            }
            at += 4 + bytes;
        }
        return usages;
    }

    private String symbol(Section symbols, Section names, int number) {
        return text(names.offset + file.getInt(symbols.offset + 24 * number));
    }

    private Section[] sections() {
        int at = (int) file.getLong(0x28);
        int size = file.getShort(0x3A);
        int count = file.getShort(0x3C);
        int names = (int) file.getLong(at + file.getShort(0x3E) * size + 0x18);
        Section[] sections = new Section[count];
        for (int i = 0; i < count; i++) {
            int header = at + i * size;
            sections[i] = new Section(
                    file.getInt(header + 4),
                    text(names + file.getInt(header)),
                    (int) file.getLong(header + 0x18),
                    (int) file.getLong(header + 0x20),
                    file.getInt(header + 0x28));
        }
        return sections;
    }

    private String text(int at) {
        int end = at;
        while (file.get(end) != 0) {
            end++;
        }
        return new String(file.array(), at, end - at, StandardCharsets.US_ASCII);
    }
}
