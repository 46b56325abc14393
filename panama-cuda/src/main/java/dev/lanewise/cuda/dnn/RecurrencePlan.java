package dev.lanewise.cuda.dnn;

import dev.lanewise.cuda.api.Cudnn;
import dev.lanewise.cuda.api.Cudnn.MathType;
import dev.lanewise.cuda.api.Cudnn.TensorDescriptor;
import dev.lanewise.cuda.api.Cudnn.Workspace;
import dev.lanewise.cuda.api.CudnnRnn.CellMode;
import dev.lanewise.cuda.api.CudnnRnn.Rnn;
import dev.lanewise.cuda.api.CudnnRnn.RnnAlgorithm;
import dev.lanewise.cuda.api.CudnnRnn.RnnDataDescriptor;
import dev.lanewise.cuda.api.CudnnRnn.RnnDataRef;
import dev.lanewise.cuda.api.CudnnRnn.RnnDescriptor;
import dev.lanewise.cuda.api.CudnnRnn.RnnMemory;
import dev.lanewise.cuda.api.CudnnRnn.RnnSpaces;
import dev.lanewise.cuda.api.CudnnRnn.RnnStates;
import dev.lanewise.cuda.api.DataType;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.ScratchMemory;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.op.sequence.Recurrence;

/**
 * A recurrent layer as cuDNN takes it: its descriptors, the places of its parameters, and the memory that its passes
 * need.
 */
final class RecurrencePlan implements AutoCloseable {
    private static final int MOST_SMALL = 128;
    private static final int MOST_SMALL_OF_RNN = 256;
    private static final int MOST_PERSISTENT = 1024;
    private static final int PERSISTENT_STEP = 128;

    /** What determines the plan. */
    record Key(Recurrence op, DataType type, MathType math, int batch, int times, int in, int hidden) {
        static Key of(Recurrence op, DType dtype, long batch, long times, long in, long hidden) {
            return new Key(
                    new Recurrence(op.kind(), op.bidirectional(), false),
                    Geometry.type(dtype),
                    Geometry.math(dtype),
                    Math.toIntExact(batch),
                    Math.toIntExact(times),
                    Math.toIntExact(in),
                    Math.toIntExact(hidden));
        }

        Rnn rnn() {
            CellMode mode = switch (op.kind()) {
                case RNN -> CellMode.RNN_TANH;
                case GRU -> CellMode.GRU;
                case LSTM -> CellMode.LSTM;
            };
            return new Rnn(mode, op.bidirectional(), in, hidden);
        }

        /**
         * The algorithm that PyTorch chooses on a device (ATen/native/cudnn/RNN.cpp, get_algo), with the bounds of its
         * gradients, since one description serves both.
         *
         * @param architecture the compute capability, 90 for 9.0
         */
        RnnAlgorithm algorithm(int architecture, int multiprocessors) {
            boolean plain = op.kind() == Recurrence.Kind.RNN;
            if (type != DataType.F64 && hidden <= (plain ? MOST_SMALL_OF_RNN : MOST_SMALL)) {
                return RnnAlgorithm.PERSISTENT_SMALL;
            }
            boolean suits = type == DataType.F16
                    && !op.bidirectional()
                    && op.kind() != Recurrence.Kind.GRU
                    && hidden <= MOST_PERSISTENT
                    && hidden % PERSISTENT_STEP == 0
                    && in % PERSISTENT_STEP == 0
                    && batch % 8 == 0
                    && batch <= 128
                    && (!plain || batch < 96 || hidden < 896);
            boolean large = architecture >= 80 && architecture != 86 && multiprocessors >= 98;
            return suits && large ? RnnAlgorithm.PERSISTENT : RnnAlgorithm.STANDARD;
        }

        /** The bytes of one state of one direction. */
        long stateBytes() {
            return (long) batch * hidden * type.bytes();
        }

        /** The bytes of the hidden states at every time. */
        long outputBytes() {
            return stateBytes() * op.directions() * times;
        }
    }

    /** The descriptors. */
    record Descriptors(RnnDescriptor rnn, RnnDataDescriptor x, RnnDataDescriptor y, TensorDescriptor states) {
        static Descriptors of(Cudnn cudnn, Cudnn.Handle handle, Key key, RnnAlgorithm algorithm) {
            int directions = key.op.directions();
            int[] sizes = {directions, key.batch, key.hidden};
            int[] strides = {key.batch * key.hidden, key.hidden, 1};
            // first what the library may refuse
            RnnDescriptor rnn =
                    cudnn.createRnn(handle, key.rnn(), algorithm, key.type, Geometry.compute(key.type), key.math);
            return new Descriptors(
                    rnn,
                    cudnn.createRnnData(key.type, key.batch, key.times, key.in),
                    cudnn.createRnnData(key.type, key.batch, key.times, directions * key.hidden),
                    cudnn.createTensor(key.type, sizes, strides));
        }

        void destroy(Cudnn cudnn) {
            cudnn.destroy(states);
            cudnn.destroy(y);
            cudnn.destroy(x);
            cudnn.destroy(rnn);
        }
    }

    /** Sequences in device memory. */
    record Sequences(long x, long y) {}

    private final CudaDevice device;
    private final Cudnn cudnn;
    private final Descriptors descriptors;
    private final WeightSpace weights;
    private final RnnSpaces training;
    private final RnnSpaces inference;

    RecurrencePlan(CudaDevice device, Key key, RnnAlgorithm algorithm) {
        this.device = device;
        cudnn = device.libraries().cudnn();
        Cudnn.Handle handle = device.stream().cudnn();
        descriptors = Descriptors.of(cudnn, handle, key, algorithm);
        try {
            weights = WeightSpace.of(device, descriptors.rnn, key);
            training = cudnn.spaces(handle, descriptors.rnn, true, descriptors.x);
            inference = cudnn.spaces(handle, descriptors.rnn, false, descriptors.x);
        } catch (RuntimeException e) {
            descriptors.destroy(cudnn);
            throw e;
        }
    }

    /**
     * Runs the layer once on zeros: a type that the library refuses may be found out only then.
     *
     * @throws dev.lanewise.cuda.api.CudaException if it is refused
     */
    void tryOut(Key key) {
        long xBytes = (long) key.batch * key.times * key.in * key.type.bytes();
        long stateBytes = key.stateBytes() * key.op.directions();
        try (ScratchMemory x = zeros(xBytes);
                ScratchMemory y = device.scratch(key.outputBytes());
                ScratchMemory packed = zeros(weights.bytes());
                ScratchMemory hidden = zeros(stateBytes);
                ScratchMemory cell = zeros(stateBytes);
                ScratchMemory reserve = device.scratch(training.reserve())) {
            RnnStates first = new RnnStates(hidden.address(), key.op.kind().states() == 2 ? cell.address() : 0);
            forward(
                    new Sequences(x.address(), y.address()),
                    first,
                    RnnStates.NONE,
                    packed.address(),
                    reserve.address());
        }
    }

    private ScratchMemory zeros(long bytes) {
        ScratchMemory memory = device.scratch(bytes);
        device.driver().fill8(memory.address(), (byte) 0, bytes, device.stream().handle());
        return memory;
    }

    /** Where the parameters lie. */
    WeightSpace weights() {
        return weights;
    }

    /** The bytes that a forward pass in training leaves for the gradients. */
    long reserveBytes() {
        return training.reserve();
    }

    /**
     * Queues the forward pass.
     *
     * @param packed the parameters
     * @param reserve where it leaves what the gradients need, or 0 in inference
     */
    void forward(Sequences sequences, RnnStates first, RnnStates last, long packed, long reserve) {
        boolean trains = reserve != 0;
        RnnSpaces spaces = trains ? training : inference;
        try (ScratchMemory workspace = device.scratch(spaces.workspace())) {
            cudnn.rnnForward(
                    device.stream().cudnn(),
                    descriptors.rnn,
                    trains,
                    new RnnDataRef(descriptors.x, sequences.x),
                    new RnnDataRef(descriptors.y, sequences.y),
                    descriptors.states,
                    first,
                    last,
                    memory(packed, workspace, spaces, trains ? reserve : 0));
        }
    }

    /**
     * Queues the gradients of input and first states.
     *
     * @param dy the hidden states' gradient
     * @param dx where the input's gradient goes
     * @param reserve what the forward pass left
     */
    void backwardData(
            Sequences sequences,
            long dy,
            long dx,
            RnnStates first,
            RnnStates dLast,
            RnnStates dFirst,
            long packed,
            long reserve) {
        try (ScratchMemory workspace = device.scratch(training.workspace())) {
            cudnn.rnnBackwardData(
                    device.stream().cudnn(),
                    descriptors.rnn,
                    new RnnDataRef(descriptors.y, sequences.y),
                    dy,
                    new RnnDataRef(descriptors.x, dx),
                    descriptors.states,
                    first,
                    dLast,
                    dFirst,
                    memory(packed, workspace, training, reserve));
        }
    }

    /**
     * Queues the gradients of the parameters, after the others.
     *
     * @param gradients where they are added
     */
    void backwardWeights(Sequences sequences, RnnStates first, long gradients, long reserve) {
        try (ScratchMemory workspace = device.scratch(training.workspace())) {
            cudnn.rnnBackwardWeights(
                    device.stream().cudnn(),
                    descriptors.rnn,
                    new RnnDataRef(descriptors.x, sequences.x),
                    descriptors.states,
                    first,
                    new RnnDataRef(descriptors.y, sequences.y),
                    memory(gradients, workspace, training, reserve));
        }
    }

    private RnnMemory memory(long packed, ScratchMemory workspace, RnnSpaces spaces, long reserve) {
        return new RnnMemory(
                new Workspace(packed, weights.bytes()),
                new Workspace(spaces.workspace() == 0 ? 0 : workspace.address(), spaces.workspace()),
                new Workspace(reserve, reserve == 0 ? 0 : spaces.reserve()));
    }

    @Override
    public void close() {
        descriptors.destroy(cudnn);
    }
}
