package dev.lanewise.distributed;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What a call is: ranks whose calls differ must not take each other's numbers.
 *
 * @param kind what is called, for example "all-reduce F32"
 * @param number how many calls came before
 * @param bytes how much is exchanged
 */
@SuppressWarnings("EnumOrdinal") // ranks run the same version
record Call(Kind kind, long number, long bytes) {
    /** How long a call is in memory. */
    static final long BYTES = 3 * Long.BYTES;

    void put(MemorySegment memory) {
        memory.setAtIndex(ValueLayout.JAVA_LONG, 0, kind.ordinal());
        memory.setAtIndex(ValueLayout.JAVA_LONG, 1, number);
        memory.setAtIndex(ValueLayout.JAVA_LONG, 2, bytes);
    }

    static Call of(MemorySegment memory) throws IOException {
        long kind = memory.getAtIndex(ValueLayout.JAVA_LONG, 0);
        if (kind < 0 || kind >= Kind.values().length) {
            throw new IOException("a call of kind " + kind);
        }
        return new Call(
                Kind.values()[(int) kind],
                memory.getAtIndex(ValueLayout.JAVA_LONG, 1),
                memory.getAtIndex(ValueLayout.JAVA_LONG, 2));
    }

    @Override
    public String toString() {
        return kind.text + " of " + bytes + " bytes as call " + number;
    }

    /** The kinds of calls. */
    enum Kind {
        SUM_F32("all-reduce F32"),
        SUM_F64("all-reduce F64"),
        BROADCAST("broadcast"),
        JOIN("join");

        final String text;

        Kind(String text) {
            this.text = text;
        }
    }
}
