package dev.lanewise.examples;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.Writer;

/**
 * Where the commands print. Text that comes from a file or an argument must not control the terminal: control
 * characters other than line breaks and tabs, and those that change the direction of writing, become question marks. A
 * results stream that accepts nothing more, because its reader is gone or its disk is full, ends the command at the
 * next line.
 */
public final class Output extends PrintWriter {
    private final Sink sink;

    /** For results: a command that can't write them ends with {@link ClosedException}. */
    static Output results(PrintStream stream) {
        return new Output(new Sink(stream, true));
    }

    /** For remarks, which may get lost. */
    static Output remarks(PrintStream stream) {
        return new Output(new Sink(stream, false));
    }

    private Output(Sink sink) {
        super(new Guard(sink), true);
        this.sink = sink;
    }

    /** The stream can't be written. */
    static final class ClosedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        ClosedException() {
            super("standard output is closed or full, so the command was stopped (expected a reader, or free space)");
        }
    }

    /** The same output for code that draws on a terminal, whose escape sequences pass through. */
    public static PrintWriter drawing(PrintWriter out) {
        return out instanceof Output output ? new PrintWriter(output.sink, true) : out;
    }

    /** Text without line breaks, tabs and other characters that move the cursor by more than one position. */
    public static String oneLine(String text) {
        return printable(text.replace('\n', '?').replace('\r', '?').replace('\t', '?'));
    }

    private static String printable(String text) {
        StringBuilder printable = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean lineBreak = c == '\n' || c == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n';
            printable.append(lineBreak || c == '\t' || !steers(c) ? c : '?');
        }
        return printable.toString();
    }

    /** Whether a character controls a terminal: a control character or one of Unicode's direction characters. */
    static boolean steers(char c) {
        return Character.isISOControl(c)
                || c >= '\u202a' && c <= '\u202e'
                || c >= '\u2066' && c <= '\u2069'
                || c == '\u200e'
                || c == '\u200f'
                || c == '\u2028'
                || c == '\u2029';
    }

    /** Replaces characters that control a terminal. */
    private static final class Guard extends Writer {
        private final Sink sink;

        Guard(Sink sink) {
            this.sink = sink;
        }

        @Override
        public void write(char[] characters, int from, int length) {
            sink.write(printable(new String(characters, from, length)));
        }

        @Override
        public void flush() {
            sink.flush();
        }

        @Override
        public void close() {
            sink.flush();
        }
    }

    /** Writes to the stream and reports failures, which the stream itself only remembers. */
    private static final class Sink extends Writer {
        private final PrintStream stream;
        private final boolean needed;

        Sink(PrintStream stream, boolean needed) {
            this.stream = stream;
            this.needed = needed;
        }

        @Override
        public void write(char[] characters, int from, int length) {
            write(new String(characters, from, length));
        }

        @Override
        public void write(String text) {
            stream.print(text);
        }

        @Override
        public void flush() {
            if (stream.checkError() && needed) {
                throw new ClosedException();
            }
        }

        @Override
        public void close() {
            flush();
        }
    }
}
