package dev.lanewise.distributed;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** A rank's connections to the ranks after and before it. */
interface Links extends AutoCloseable {
    /** Sends all of one segment to the next rank and fills another from the one before, at the same time. */
    void exchange(MemorySegment out, MemorySegment in) throws IOException;

    /** Ends an exchange that is going on in another thread, too. */
    @Override
    void close();
}
