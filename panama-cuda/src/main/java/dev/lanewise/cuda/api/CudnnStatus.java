package dev.lanewise.cuda.api;

import dev.lanewise.cuda.generated.cudnn.CudnnBindings;
import java.lang.foreign.MemorySegment;

/** Checks cuDNN's statuses, and writes the scale factors most of its calls take. */
final class CudnnStatus {
    private CudnnStatus() {}

    static void check(String call, int status) {
        if (status != CudnnBindings.CUDNN_STATUS_SUCCESS()) {
            MemorySegment text = Scratch.get();
            CudnnBindings.cudnnGetLastErrorString(text, text.byteSize());
            String explanation = oneLine(text.getString(0));
            throw CudaException.failed(
                    call, status, Scratch.text(CudnnBindings.cudnnGetErrorString(status)), explanation);
        }
    }

    /** The library explains itself in several lines; errors have one. */
    static String oneLine(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", "; ");
    }

    /** Alpha and beta side by side, in the thread's scratch memory. */
    record Scales(MemorySegment alpha, MemorySegment beta) {
        static Scales of(Cudnn.TensorDescriptor tensor, double alpha, double beta) {
            MemorySegment alphaAt = Scratch.get();
            MemorySegment betaAt = alphaAt.asSlice(Double.BYTES);
            tensor.type().writeScale(alphaAt, alpha);
            tensor.type().writeScale(betaAt, beta);
            return new Scales(alphaAt, betaAt);
        }
    }

    static MemorySegment at(long address) {
        return MemorySegment.ofAddress(address);
    }
}
