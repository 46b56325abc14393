package dev.lanewise.cuda.api;

import dev.lanewise.cuda.api.Cudnn.Handle;
import dev.lanewise.cuda.api.Cudnn.MathType;
import dev.lanewise.cuda.api.Cudnn.TensorDescriptor;
import dev.lanewise.cuda.api.Cudnn.Workspace;
import java.lang.foreign.MemorySegment;

/**
 * cuDNN's recurrent networks of one layer, with two biases and without projection. Sequences are
 * {@code [batch, time, vector]}, all of the same length. Every method throws {@link CudaException} where the library
 * reports an error.
 */
public interface CudnnRnn {
    /** The kinds of cells. */
    enum CellMode {
        /** One gate, with the hyperbolic tangent. */
        RNN_TANH(1),
        /** Input, forget, candidate and output, in this order. */
        LSTM(4),
        /** Reset, update and candidate, in this order. */
        GRU(3);

        private final int gates;

        CellMode(int gates) {
            this.gates = gates;
        }

        /** How many matrices the input has, and the hidden state again. */
        public int gates() {
            return gates;
        }
    }

    /** How a layer is computed. */
    enum RnnAlgorithm {
        /** Time by time; always available. */
        STANDARD,
        /** One kernel that keeps the weights in registers; for some sizes. */
        PERSISTENT,
        /** The same for small states. */
        PERSISTENT_SMALL
    }

    /**
     * What determines a layer.
     *
     * @param inputSize elements of an input vector
     * @param hiddenSize elements of a state
     */
    record Rnn(CellMode mode, boolean bidirectional, int inputSize, int hiddenSize) {
        /** 1 or 2: the last states and weights of the second direction follow those of the first. */
        public int directions() {
            return bidirectional ? 2 : 1;
        }
    }

    /** A layer, and a dropout that does nothing, which belongs to it. */
    record RnnDescriptor(MemorySegment address, MemorySegment dropout) {}

    /** Type and sizes of a batch of sequences. */
    record RnnDataDescriptor(MemorySegment address) {}

    /** A batch of sequences in device memory. */
    record RnnDataRef(RnnDataDescriptor descriptor, long address) {}

    /**
     * States of all directions, {@code [directions, batch, hidden]}.
     *
     * @param hidden the device address of the hidden states; 0 stands for zeros, or for results that are not wanted
     * @param cell likewise of the cell states; 0 also unless the cells are LSTM's
     */
    record RnnStates(long hidden, long cell) {
        /** Zeros, or nothing wanted. */
        public static final RnnStates NONE = new RnnStates(0, 0);
    }

    /**
     * Where one gate's parameters are.
     *
     * @param matrix the device address of the matrix {@code [hidden, in]} in row-major order
     * @param bias that of the bias {@code [hidden]}
     */
    record RnnParameters(long matrix, long bias) {}

    /**
     * Device memory that a pass needs.
     *
     * @param workspace for the duration of a call
     * @param reserve from the forward pass in training to the end of the backward passes, in bytes
     */
    record RnnSpaces(long workspace, long reserve) {}

    /**
     * Device memory of a pass.
     *
     * @param weights all parameters, or the sum of their gradients
     * @param workspace anything
     * @param reserve what the passes of one training step hand on; of 0 bytes in inference
     */
    record RnnMemory(Workspace weights, Workspace workspace, Workspace reserve) {}

    /** A layer whose elements are of {@code type}, that sums in {@code compute}. */
    RnnDescriptor createRnn(
            Handle handle, Rnn rnn, RnnAlgorithm algorithm, DataType type, DataType compute, MathType mathType);

    /** Destroys a layer's descriptors. */
    void destroy(RnnDescriptor rnn);

    /** Sequences {@code [batch, times, vector]}. */
    RnnDataDescriptor createRnnData(DataType type, int batch, int times, int vector);

    /** Destroys a descriptor of sequences. */
    void destroy(RnnDataDescriptor data);

    /** The bytes that all parameters take together. */
    long weightBytes(Handle handle, RnnDescriptor rnn);

    /**
     * Where a gate's parameters are.
     *
     * @param direction 0, or 1 for the one from the last time to the first
     * @param weights device memory of {@link #weightBytes}
     * @param gate its number; the matrices of the hidden state follow those of the input
     */
    RnnParameters parameters(Handle handle, RnnDescriptor rnn, int direction, Workspace weights, int gate);

    /** The memory a forward pass needs. */
    RnnSpaces spaces(Handle handle, RnnDescriptor rnn, boolean training, RnnDataDescriptor x);

    /**
     * Queues a forward pass.
     *
     * @param training whether {@code memory.reserve()} is filled for the backward passes
     * @param states the type and sizes of all states
     * @param first the states before the first time
     * @param last the states after the last time are written there
     */
    void rnnForward(
            Handle handle,
            RnnDescriptor rnn,
            boolean training,
            RnnDataRef x,
            RnnDataRef y,
            TensorDescriptor states,
            RnnStates first,
            RnnStates last,
            RnnMemory memory);

    /**
     * Queues the gradients of input and first states, after a forward pass in training, once.
     *
     * @param y what the forward pass gave
     * @param dy the address of its gradient
     * @param dx where the input's gradient is written
     * @param dLast the gradients of the last states
     * @param dFirst the gradients of the first states are written there
     */
    void rnnBackwardData(
            Handle handle,
            RnnDescriptor rnn,
            RnnDataRef y,
            long dy,
            RnnDataRef dx,
            TensorDescriptor states,
            RnnStates first,
            RnnStates dLast,
            RnnStates dFirst,
            RnnMemory memory);

    /**
     * Queues the gradients of the parameters, which are added to {@code memory.weights()}, after the other gradients.
     */
    void rnnBackwardWeights(
            Handle handle,
            RnnDescriptor rnn,
            RnnDataRef x,
            TensorDescriptor states,
            RnnStates first,
            RnnDataRef y,
            RnnMemory memory);
}
