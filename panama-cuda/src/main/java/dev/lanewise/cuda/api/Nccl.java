package dev.lanewise.cuda.api;

import dev.lanewise.cuda.lib.NativeLibrary;
import dev.lanewise.cuda.lib.Version;

/** NCCL: collectives between GPUs. */
public interface Nccl {
    /** NCCL of this machine. */
    static Nccl open() {
        Libraries.require(NativeLibrary.NCCL);
        return new NativeNccl();
    }

    /** The library's version. */
    Version version();

    /** A name for a group of ranks, made by one of them and sent to the others: 128 bytes. */
    byte[] uniqueId();
}
