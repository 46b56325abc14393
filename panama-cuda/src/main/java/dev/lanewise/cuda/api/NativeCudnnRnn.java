package dev.lanewise.cuda.api;

import static dev.lanewise.cuda.api.CudnnStatus.at;
import static dev.lanewise.cuda.api.CudnnStatus.check;

import dev.lanewise.cuda.api.Cudnn.Handle;
import dev.lanewise.cuda.api.Cudnn.MathType;
import dev.lanewise.cuda.api.Cudnn.TensorDescriptor;
import dev.lanewise.cuda.api.Cudnn.Workspace;
import dev.lanewise.cuda.generated.cudnn.CudnnBindings;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** {@link CudnnRnn} on the generated bindings. */
abstract class NativeCudnnRnn implements CudnnRnn {
    /**
     * Since all sequences have the same length, the device needs no array of lengths; cuDNN accepts none from 8.9.1 on.
     */
    private static final MemorySegment NO_LENGTHS = MemorySegment.NULL;

    @Override
    public final RnnDescriptor createRnn(
            Handle handle, Rnn rnn, RnnAlgorithm algorithm, DataType type, DataType compute, MathType mathType) {
        MemorySegment scratch = Scratch.get();
        check("cudnnCreateRNNDescriptor", CudnnBindings.cudnnCreateRNNDescriptor(scratch));
        MemorySegment descriptor = Scratch.readHandle(scratch);
        try {
            check("cudnnCreateDropoutDescriptor", CudnnBindings.cudnnCreateDropoutDescriptor(scratch));
        } catch (CudaException e) {
            check("cudnnDestroyRNNDescriptor", CudnnBindings.cudnnDestroyRNNDescriptor(descriptor));
            throw e;
        }
        RnnDescriptor created = new RnnDescriptor(descriptor, Scratch.readHandle(scratch));
        try {
            setNoDropout(handle, created);
            set(created, rnn, algorithm, type, compute, mathType);
            return created;
        } catch (CudaException e) {
            destroy(created);
            throw e;
        }
    }

    /** A descriptor that was only created is not one of no dropout. */
    private static void setNoDropout(Handle handle, RnnDescriptor descriptor) {
        check(
                "cudnnSetDropoutDescriptor",
                CudnnBindings.cudnnSetDropoutDescriptor(
                        descriptor.dropout(), handle.address(), 0, MemorySegment.NULL, 0, 0));
    }

    private static void set(
            RnnDescriptor descriptor,
            Rnn rnn,
            RnnAlgorithm algorithm,
            DataType type,
            DataType compute,
            MathType mathType) {
        check(
                "cudnnSetRNNDescriptor_v8",
                CudnnBindings.cudnnSetRNNDescriptor_v8(
                        descriptor.address(),
                        switch (algorithm) {
                            case STANDARD -> CudnnBindings.CUDNN_RNN_ALGO_STANDARD();
                            case PERSISTENT -> CudnnBindings.CUDNN_RNN_ALGO_PERSIST_STATIC();
                            case PERSISTENT_SMALL -> CudnnBindings.CUDNN_RNN_ALGO_PERSIST_STATIC_SMALL_H();
                        },
                        switch (rnn.mode()) {
                            case RNN_TANH -> CudnnBindings.CUDNN_RNN_TANH();
                            case LSTM -> CudnnBindings.CUDNN_LSTM();
                            case GRU -> CudnnBindings.CUDNN_GRU();
                        },
                        CudnnBindings.CUDNN_RNN_DOUBLE_BIAS(),
                        rnn.bidirectional()
                                ? CudnnBindings.CUDNN_BIDIRECTIONAL()
                                : CudnnBindings.CUDNN_UNIDIRECTIONAL(),
                        CudnnBindings.CUDNN_LINEAR_INPUT(),
                        type.cudnnCode(),
                        compute.cudnnCode(),
                        NativeCudnn.code(mathType),
                        rnn.inputSize(),
                        rnn.hiddenSize(),
                        rnn.hiddenSize(), // of the projection: as large as the state means none
                        1,
                        descriptor.dropout(),
                        CudnnBindings.CUDNN_RNN_PADDED_IO_ENABLED())); // required for unpacked sequences
    }

    @Override
    public final void destroy(RnnDescriptor rnn) {
        check("cudnnDestroyRNNDescriptor", CudnnBindings.cudnnDestroyRNNDescriptor(rnn.address()));
        check("cudnnDestroyDropoutDescriptor", CudnnBindings.cudnnDestroyDropoutDescriptor(rnn.dropout()));
    }

    @Override
    public final RnnDataDescriptor createRnnData(DataType type, int batch, int times, int vector) {
        MemorySegment scratch = Scratch.get();
        check("cudnnCreateRNNDataDescriptor", CudnnBindings.cudnnCreateRNNDataDescriptor(scratch));
        RnnDataDescriptor data = new RnnDataDescriptor(Scratch.readHandle(scratch));
        int[] lengths = new int[batch];
        Arrays.fill(lengths, times);
        try (Arena arena = Arena.ofConfined()) {
            check(
                    "cudnnSetRNNDataDescriptor",
                    CudnnBindings.cudnnSetRNNDataDescriptor(
                            data.address(),
                            type.cudnnCode(),
                            CudnnBindings.CUDNN_RNN_DATA_LAYOUT_BATCH_MAJOR_UNPACKED(),
                            times,
                            batch,
                            vector,
                            arena.allocateFrom(ValueLayout.JAVA_INT, lengths),
                            MemorySegment.NULL)); // no padding, nothing to fill it with
            return data;
        } catch (CudaException e) {
            destroy(data);
            throw e;
        }
    }

    @Override
    public final void destroy(RnnDataDescriptor data) {
        check("cudnnDestroyRNNDataDescriptor", CudnnBindings.cudnnDestroyRNNDataDescriptor(data.address()));
    }

    @Override
    public final long weightBytes(Handle handle, RnnDescriptor rnn) {
        MemorySegment bytes = Scratch.get();
        check(
                "cudnnGetRNNWeightSpaceSize",
                CudnnBindings.cudnnGetRNNWeightSpaceSize(handle.address(), rnn.address(), bytes));
        return Scratch.readLong(bytes);
    }

    @Override
    public final RnnParameters parameters(
            Handle handle, RnnDescriptor rnn, int direction, Workspace weights, int gate) {
        // cuDNN describes what it found in two tensors, whose shapes are known
        try (var matrix = Owned.of(NativeCudnn.newTensor(DataType.F32), NativeCudnn::destroyTensor);
                var bias = Owned.of(NativeCudnn.newTensor(DataType.F32), NativeCudnn::destroyTensor)) {
            MemorySegment matrixAt = Scratch.get();
            MemorySegment biasAt = matrixAt.asSlice(Long.BYTES);
            check(
                    "cudnnGetRNNWeightParams",
                    CudnnBindings.cudnnGetRNNWeightParams(
                            handle.address(),
                            rnn.address(),
                            direction,
                            weights.bytes(),
                            at(weights.address()),
                            gate,
                            matrix.get().address(),
                            matrixAt,
                            bias.get().address(),
                            biasAt));
            return new RnnParameters(Scratch.readLong(matrixAt), Scratch.readLong(biasAt));
        }
    }

    @Override
    public final RnnSpaces spaces(Handle handle, RnnDescriptor rnn, boolean training, RnnDataDescriptor x) {
        MemorySegment workspace = Scratch.get();
        MemorySegment reserve = workspace.asSlice(Long.BYTES);
        reserve.set(ValueLayout.JAVA_LONG, 0, 0);
        check(
                "cudnnGetRNNTempSpaceSizes",
                CudnnBindings.cudnnGetRNNTempSpaceSizes(
                        handle.address(), rnn.address(), mode(training), x.address(), workspace, reserve));
        return new RnnSpaces(Scratch.readLong(workspace), Scratch.readLong(reserve));
    }

    private static int mode(boolean training) {
        return training ? CudnnBindings.CUDNN_FWD_MODE_TRAINING() : CudnnBindings.CUDNN_FWD_MODE_INFERENCE();
    }

    /** The cells' descriptor, where there are cells. */
    private static MemorySegment cells(TensorDescriptor states, RnnStates first) {
        return first.cell() == 0 ? MemorySegment.NULL : states.address();
    }

    @Override
    public final void rnnForward(
            Handle handle,
            RnnDescriptor rnn,
            boolean training,
            RnnDataRef x,
            RnnDataRef y,
            TensorDescriptor states,
            RnnStates first,
            RnnStates last,
            RnnMemory memory) {
        check(
                "cudnnRNNForward",
                CudnnBindings.cudnnRNNForward(
                        handle.address(),
                        rnn.address(),
                        mode(training),
                        NO_LENGTHS,
                        x.descriptor().address(),
                        at(x.address()),
                        y.descriptor().address(),
                        at(y.address()),
                        states.address(),
                        at(first.hidden()),
                        at(last.hidden()),
                        cells(states, first),
                        at(first.cell()),
                        at(last.cell()),
                        memory.weights().bytes(),
                        at(memory.weights().address()),
                        memory.workspace().bytes(),
                        at(memory.workspace().address()),
                        memory.reserve().bytes(),
                        at(memory.reserve().address())));
    }

    @Override
    public final void rnnBackwardData(
            Handle handle,
            RnnDescriptor rnn,
            RnnDataRef y,
            long dy,
            RnnDataRef dx,
            TensorDescriptor states,
            RnnStates first,
            RnnStates dLast,
            RnnStates dFirst,
            RnnMemory memory) {
        check(
                "cudnnRNNBackwardData_v8",
                CudnnBindings.cudnnRNNBackwardData_v8(
                        handle.address(),
                        rnn.address(),
                        NO_LENGTHS,
                        y.descriptor().address(),
                        at(y.address()),
                        at(dy),
                        dx.descriptor().address(),
                        at(dx.address()),
                        states.address(),
                        at(first.hidden()),
                        at(dLast.hidden()),
                        at(dFirst.hidden()),
                        cells(states, first),
                        at(first.cell()),
                        at(dLast.cell()),
                        at(dFirst.cell()),
                        memory.weights().bytes(),
                        at(memory.weights().address()),
                        memory.workspace().bytes(),
                        at(memory.workspace().address()),
                        memory.reserve().bytes(),
                        at(memory.reserve().address())));
    }

    @Override
    public final void rnnBackwardWeights(
            Handle handle,
            RnnDescriptor rnn,
            RnnDataRef x,
            TensorDescriptor states,
            RnnStates first,
            RnnDataRef y,
            RnnMemory memory) {
        check(
                "cudnnRNNBackwardWeights_v8",
                CudnnBindings.cudnnRNNBackwardWeights_v8(
                        handle.address(),
                        rnn.address(),
                        CudnnBindings.CUDNN_WGRAD_MODE_ADD(),
                        NO_LENGTHS,
                        x.descriptor().address(),
                        at(x.address()),
                        states.address(),
                        at(first.hidden()),
                        y.descriptor().address(),
                        at(y.address()),
                        memory.weights().bytes(),
                        at(memory.weights().address()),
                        memory.workspace().bytes(),
                        at(memory.workspace().address()),
                        memory.reserve().bytes(),
                        at(memory.reserve().address())));
    }
}
