package dev.lanewise.cuda.dnn;

import dev.lanewise.cuda.api.Cudnn;
import dev.lanewise.cuda.api.Cudnn.Workspace;
import dev.lanewise.cuda.api.CudnnRnn.RnnDescriptor;
import dev.lanewise.cuda.api.CudnnRnn.RnnParameters;
import dev.lanewise.cuda.api.Driver.Stream;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.ScratchMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToLongFunction;

/**
 * Where cuDNN expects a recurrent layer's parameters: in one piece of memory, at places of its choice. PyTorch's gate
 * order is cuDNN's, and matrices are row-major on both sides.
 *
 * @param bytes the memory's size
 * @param pieces what lies where
 */
record WeightSpace(long bytes, List<Piece> pieces) {
    /**
     * Bytes that lie together on both sides.
     *
     * @param operand the operand of {@link dev.lanewise.tensor.op.sequence.Recurrence} that they are part of
     * @param offset where they begin in the operand
     * @param start where they begin in the memory
     */
    record Piece(int operand, long offset, long start, long bytes) {
        private boolean precedes(Piece next) {
            return operand == next.operand && offset + bytes == next.offset && start + bytes == next.start;
        }

        private Piece with(Piece next) {
            return new Piece(operand, offset, start, bytes + next.bytes);
        }
    }

    static WeightSpace of(CudaDevice device, RnnDescriptor rnn, RecurrencePlan.Key key) {
        Cudnn cudnn = device.libraries().cudnn();
        Cudnn.Handle handle = device.stream().cudnn();
        long bytes = cudnn.weightBytes(handle, rnn);
        List<Piece> pieces = new ArrayList<>();
        // cuDNN gives addresses, not offsets
        try (ScratchMemory memory = device.scratch(bytes)) {
            Workspace weights = new Workspace(memory.address(), bytes);
            Parameters parameters = (direction, gate) -> cudnn.parameters(handle, rnn, direction, weights, gate);
            for (int direction = 0; direction < key.op().directions(); direction++) {
                add(pieces, key, weights.address(), direction, 0, parameters);
                add(pieces, key, weights.address(), direction, 1, parameters);
            }
        }
        return new WeightSpace(bytes, List.copyOf(pieces));
    }

    private interface Parameters {
        RnnParameters of(int direction, int gate);
    }

    /** All gates' matrices of the input (0) or of the state (1), and their biases. */
    private static void add(
            List<Piece> pieces,
            RecurrencePlan.Key key,
            long weights,
            int direction,
            int ofState,
            Parameters parameters) {
        int gates = key.op().kind().gates();
        int operand = key.op().operand(direction) + ofState;
        long biasBytes = (long) key.hidden() * key.type().bytes();
        long matrixBytes = biasBytes * (ofState == 0 ? key.in() : key.hidden());
        List<Piece> biases = new ArrayList<>();
        for (int gate = 0; gate < gates; gate++) {
            RnnParameters at = parameters.of(direction, ofState * gates + gate);
            append(pieces, new Piece(operand, gate * matrixBytes, at.matrix() - weights, matrixBytes));
            append(biases, new Piece(operand + 2, gate * biasBytes, at.bias() - weights, biasBytes));
        }
        pieces.addAll(biases);
    }

    private static void append(List<Piece> pieces, Piece piece) {
        if (!pieces.isEmpty() && pieces.getLast().precedes(piece)) {
            pieces.set(pieces.size() - 1, pieces.getLast().with(piece));
        } else {
            pieces.add(piece);
        }
    }

    /**
     * A copy of the parameters in the layout that cuDNN reads.
     *
     * @param operands the device address of each operand
     */
    ScratchMemory pack(CudaDevice device, IntToLongFunction operands) {
        Stream stream = device.stream().handle();
        ScratchMemory packed = device.scratch(bytes);
        if (pieces.stream().mapToLong(Piece::bytes).sum() < bytes) {
            device.driver().fill8(packed.address(), (byte) 0, bytes, stream);
        }
        for (Piece piece : pieces) {
            long source = operands.applyAsLong(piece.operand) + piece.offset;
            device.driver().copy(packed.address() + piece.start, source, piece.bytes, stream);
        }
        return packed;
    }

    /**
     * Splits gradients.
     *
     * @param gradients the address where they are together
     * @param results the device address of each operand's gradient
     */
    void unpack(CudaDevice device, long gradients, IntToLongFunction results) {
        for (Piece piece : pieces) {
            device.driver()
                    .copy(
                            results.applyAsLong(piece.operand) + piece.offset,
                            gradients + piece.start,
                            piece.bytes,
                            device.stream().handle());
        }
    }
}
