package dev.lanewise.cuda.runtime;

import dev.lanewise.cuda.api.Driver;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Copies between the host and a device, through pinned memory. */
final class Copies {
    private final Driver driver;
    private final PinnedMemory pinned;

    Copies(Driver driver, PinnedMemory pinned) {
        this.driver = driver;
        this.pinned = pinned;
    }

    /** Queues a copy to the device. {@code source} has been read when this returns. */
    void toDevice(MemorySegment source, long target, DeviceStream stream) {
        long bytes = source.byteSize();
        for (long done = 0; done < bytes; done += PinnedMemory.LARGEST) {
            long part = Math.min(bytes - done, PinnedMemory.LARGEST);
            MemorySegment from = source.asSlice(done, part);
            toDevice(part, target + done, stream, piece -> piece.copyFrom(from));
        }
    }

    /** Queues a copy of at most {@link PinnedMemory#LARGEST} bytes that {@code writer} puts into pinned memory. */
    void toDevice(long bytes, long target, DeviceStream stream, Consumer<MemorySegment> writer) {
        PinnedMemory.Piece piece = pinned.take(bytes);
        try {
            writer.accept(piece.memory());
            driver.copyToDevice(target, piece.memory(), bytes, stream.handle());
        } finally {
            pinned.giveBack(piece, stream.handle());
        }
    }

    /** Copies to the host once the stream's work so far is done; while one part is read, the next is being copied. */
    void toHost(long source, MemorySegment target, DeviceStream stream) {
        long bytes = target.byteSize();
        PinnedMemory.@Nullable Piece before = null;
        try {
            for (long done = 0; done < bytes; done += PinnedMemory.LARGEST) {
                long part = Math.min(bytes - done, PinnedMemory.LARGEST);
                PinnedMemory.Piece piece = pinned.take(part);
                PinnedMemory.Piece last = before;
                before = piece;
                driver.copyToHost(piece.memory(), source + done, part, stream.handle());
                driver.record(piece.used(), stream.handle());
                if (last != null) {
                    read(last, target, done - PinnedMemory.LARGEST, PinnedMemory.LARGEST, stream);
                }
            }
        } finally {
            if (before != null) {
                long rest = (bytes - 1) % PinnedMemory.LARGEST + 1;
                read(before, target, bytes - rest, rest, stream);
            }
        }
    }

    private void read(PinnedMemory.Piece piece, MemorySegment target, long at, long bytes, DeviceStream stream) {
        try {
            driver.synchronize(piece.used());
            MemorySegment.copy(piece.memory(), 0, target, at, bytes);
        } finally {
            pinned.giveBack(piece, stream.handle());
        }
    }
}
