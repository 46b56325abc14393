package dev.lanewise.examples;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.Writer;

/**
 * Where the commands print. Text that came from a file or an argument must not steer the terminal: control characters but
 * line breaks and tabs, and those that turn the direction of writing, become a question mark. A stream of results that takes
 * nothing more, because its reader has gone or its disk is full, ends the command at the next line.
 */
public final class Output extends PrintWriter {
    private final Sink sink;

    /** For results: a command that can't give them ends with {@link ClosedException}. */
    static Output results(PrintStream stream) {
        return new Output(new Sink(stream, true));
    }

    /** For remarks, which nobody needs to hear. */
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

    /** The same place for what draws on a terminal, whose sequences pass. */
    public static PrintWriter drawing(PrintWriter out) {
        return out instanceof Output output ? new PrintWriter(output.sink, true) : out;
    }

    /** Text without line breaks, tabs and whatever else moves more than one place on. */
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

    /** Whether a character is a command to a terminal: a control character or one of Unicode's for the direction. */
    static boolean steers(char c) {
        return Character.isISOControl(c)
                || c >= '\u202a' && c <= '\u202e'
                || c >= '\u2066' && c <= '\u2069'
                || c == '\u200e'
                || c == '\u200f'
                || c == '\u2028'
                || c == '\u2029';
    }

    /** Replaces what steers a terminal. */
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

    /** Writes to the stream and says when that fails, which the stream itself only remembers. */
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
