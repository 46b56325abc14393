package dev.lanewise.nn.data.table;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.shared.ReadLimits;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the records of a CSV file (RFC 4180): a field that begins with a quote ends with one, and holds separators,
 * line ends and doubled quotes in between; lines end with LF, CR LF or CR; empty lines are skipped. Fields and records
 * may be of any length that the heap allows.
 */
final class CsvRecords {
    private static final int END = -1;
    private static final char BYTE_ORDER_MARK = '\ufeff';
    private static final char REVERSED_MARK = '\ufffe';

    /** What a cell and its text take on the heap, apart from its characters. */
    private static final int CELL_BYTES = 8;

    private static final int TEXT_BYTES = 56;

    private final Path file;
    private final Reader in;
    private final CsvFormat format;
    private final StringBuilder field = new StringBuilder();
    private final List<@Nullable String> fields = new ArrayList<>();
    private int next;
    private long line = 1;
    private long began;
    private long heapBytes;

    CsvRecords(Path file, Reader in, CsvFormat format) throws IOException {
        this.file = file;
        this.in = in;
        this.format = format;
        next = in.read();
        if (next == BYTE_ORDER_MARK) {
            next = in.read();
        } else if (next == REVERSED_MARK) {
            throw new BadFileException(
                    file,
                    "a byte order mark of the order that " + format.charset().name() + " does not have",
                    "text in " + format.charset().name(),
                    "name the encoding UTF-16, which goes by the mark");
        }
    }

    /** The header's fields, with surrounding blanks removed; null if there is no line. */
    @Nullable
    List<String> header() throws IOException {
        List<String> names = new ArrayList<>();
        boolean any = record((text, quoted) -> names.add(text.strip()));
        return any ? names : null;
    }

    /** The values of the next record, null where one is missing; null at the end. */
    @Nullable
    String @Nullable [] values() throws IOException {
        fields.clear();
        boolean any = record((text, quoted) -> fields.add(format.value(text, quoted)));
        return any ? fields.toArray(new @Nullable String[0]) : null;
    }

    /** Says that the records so far are no longer on the heap. */
    void released() {
        heapBytes = 0;
    }

    /** The line in which the last record began, from 1. */
    long line() {
        return began;
    }

    /** What receives a field. */
    private interface Sink {
        void add(String text, boolean quoted);
    }

    private boolean record(Sink sink) throws IOException {
        while (next == '\n' || next == '\r') {
            endLine();
        }
        if (next == END) {
            return false;
        }
        began = line;
        while (true) {
            boolean quoted = next == '"';
            field.setLength(0);
            if (quoted) {
                readQuoted();
            } else {
                readPlain();
            }
            count();
            sink.add(field.toString(), quoted);
            if (next != format.separator()) {
                endLine();
                return true;
            }
            next = in.read();
        }
    }

    private void readPlain() throws IOException {
        while (next != format.separator() && next != '\n' && next != '\r' && next != END) {
            append();
        }
    }

    private void readQuoted() throws IOException {
        long opened = line;
        next = in.read();
        while (true) {
            if (next == END) {
                throw malformed("a quote that is opened in line " + opened + " and never closed", "a closing quote");
            }
            if (next == '"') {
                next = in.read();
                if (next != '"') {
                    break;
                }
            } else if (next == '\n' || next == '\r') {
                appendLineEnd();
                continue;
            }
            append();
        }
        if (next != format.separator() && next != '\n' && next != '\r' && next != END) {
            throw malformed(
                    "text after the closing quote of a field in line " + line, "a separator or the line's end there");
        }
    }

    private void append() throws IOException {
        field.append((char) next);
        if ((field.length() & 0xffff) == 0) {
            ReadLimits.checkHeap(file, heapBytes + 3L * field.length());
        }
        next = in.read();
    }

    private void appendLineEnd() throws IOException {
        boolean carriageReturn = next == '\r';
        append();
        if (carriageReturn && next == '\n') {
            append();
        }
        line++;
    }

    private void endLine() throws IOException {
        if (next == '\r') {
            next = in.read();
            if (next == '\n') {
                next = in.read();
            }
            line++;
        } else if (next == '\n') {
            next = in.read();
            line++;
        }
    }

    private void count() {
        heapBytes += CELL_BYTES + (field.isEmpty() ? 0 : TEXT_BYTES + field.length());
        ReadLimits.checkHeap(file, heapBytes);
    }

    private BadFileException malformed(String found, String expected) {
        return new BadFileException(file, "malformed CSV: " + found, expected, "correct the line");
    }
}
