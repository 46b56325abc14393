package dev.lanewise.cuda.host;

import dev.lanewise.cuda.api.CudaException;
import dev.lanewise.cuda.api.Cudnn.Handle;
import dev.lanewise.cuda.api.Cudnn.MathType;
import dev.lanewise.cuda.api.Cudnn.TensorDescriptor;
import dev.lanewise.cuda.api.Cudnn.Workspace;
import dev.lanewise.cuda.api.CudnnRnn.Rnn;
import dev.lanewise.cuda.api.CudnnRnn.RnnAlgorithm;
import dev.lanewise.cuda.api.CudnnRnn.RnnDataDescriptor;
import dev.lanewise.cuda.api.CudnnRnn.RnnDataRef;
import dev.lanewise.cuda.api.CudnnRnn.RnnDescriptor;
import dev.lanewise.cuda.api.CudnnRnn.RnnMemory;
import dev.lanewise.cuda.api.CudnnRnn.RnnSpaces;
import dev.lanewise.cuda.api.CudnnRnn.RnnStates;
import dev.lanewise.cuda.api.DataType;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The recurrent part of {@link HostCudnn}: checks what it is given as cuDNN would, and queues the passes. */
final class HostRnns {
    private record Layer(Rnn rnn, RnnAlgorithm algorithm, DataType type) {}

    private record Data(DataType type, int batch, int times, int vector) {}

    private final HostCudnn cudnn;
    private final AtomicInteger forwardPasses = new AtomicInteger();
    private volatile DataType refused;
    private volatile boolean refusedWhenDescribed;
    private volatile @Nullable String persistentStatus;
    private volatile boolean persistentWhenDescribed;

    HostRnns(HostCudnn cudnn) {
        this.cudnn = cudnn;
    }

    int forwardPasses() {
        return forwardPasses.get();
    }

    void refuse(DataType type, boolean whenDescribed) {
        refused = type;
        refusedWhenDescribed = whenDescribed;
    }

    void failPersistent(String status, boolean whenDescribed) {
        persistentStatus = status;
        persistentWhenDescribed = whenDescribed;
    }

    private void checkPersistent(RnnAlgorithm algorithm, boolean described) {
        String status = persistentStatus;
        if (status != null && algorithm != RnnAlgorithm.STANDARD && described == persistentWhenDescribed) {
            throw CudaException.failed("cudnnRNN", 2000, status, algorithm.toString());
        }
    }

    Object invoke(String method, Object[] a) {
        switch (method) {
            case "createRnn" -> {
                cudnn.state(a[0]);
                return createRnn((Rnn) a[1], (RnnAlgorithm) a[2], (DataType) a[3], (DataType) a[4], (MathType) a[5]);
            }
            case "createRnnData" -> {
                Data data = new Data((DataType) a[0], (int) a[1], (int) a[2], (int) a[3]);
                check(data.batch > 0 && data.times > 0 && data.vector > 0, "sizes " + data);
                return cudnn.add(new RnnDataDescriptor(cudnn.address()), data);
            }
            case "weightBytes" -> {
                return layer(a[1], 1, 1).weightBytes();
            }
            case "parameters" -> {
                HostRnn layer = layer(a[1], 1, 1);
                Workspace weights = (Workspace) a[3];
                check(weights.address() != 0 && weights.bytes() == layer.weightBytes(), "weights " + weights);
                return layer.parameters((int) a[2], weights.address(), (int) a[4]);
            }
            case "spaces" -> {
                Data x = (Data) cudnn.state(a[3]);
                return layer(a[1], x.batch, x.times).spaces((boolean) a[2]);
            }
            case "rnnForward" ->
                forward(
                        (Handle) a[0],
                        a[1],
                        (boolean) a[2],
                        (RnnDataRef) a[3],
                        (RnnDataRef) a[4],
                        a[5],
                        (RnnStates) a[6],
                        (RnnStates) a[7],
                        (RnnMemory) a[8]);
            case "rnnBackwardData" ->
                backwardData(
                        (Handle) a[0],
                        a[1],
                        (RnnDataRef) a[2],
                        (long) a[3],
                        (RnnDataRef) a[4],
                        a[5],
                        (RnnStates) a[6],
                        (RnnStates) a[7],
                        (RnnStates) a[8],
                        (RnnMemory) a[9]);
            case "rnnBackwardWeights" ->
                backwardWeights(
                        (Handle) a[0], a[1], (RnnDataRef) a[2], a[3], (RnnStates) a[4], (RnnDataRef) a[5], (RnnMemory)
                                a[6]);
            default -> throw new UnsupportedOperationException(method);
        }
        return null;
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw CudaException.failed("cudnnRNN", 2000, "CUDNN_STATUS_BAD_PARAM", what);
        }
    }

    private Object createRnn(Rnn rnn, RnnAlgorithm algorithm, DataType type, DataType compute, MathType math) {
        check(compute == (type == DataType.F64 ? DataType.F64 : DataType.F32), "compute " + compute);
        check(type.bytes() != 2 || math == MathType.TENSOR_CORES, "math " + math);
        if (rnn.hiddenSize() == HostCudnn.UNSUPPORTED_HIDDEN_SIZE) {
            throw CudaException.failed("cudnnSetRNNDescriptor_v8", 3000, "CUDNN_STATUS_NOT_SUPPORTED", "");
        }
        check(type != refused || !refusedWhenDescribed, "type " + type);
        checkPersistent(algorithm, true);
        return cudnn.add(new RnnDescriptor(cudnn.address(), cudnn.address()), new Layer(rnn, algorithm, type));
    }

    private HostRnn layer(Object descriptor, int batch, int times) {
        Layer layer = (Layer) cudnn.state(descriptor);
        return new HostRnn(layer.rnn, layer.type, batch, times);
    }

    /** The layer of a pass whose arguments fit one another. */
    private HostRnn checked(
            Object rnn, RnnDataDescriptor x, RnnDataDescriptor y, Object states, RnnStates first, RnnMemory memory) {
        Data xs = (Data) cudnn.state(x);
        Data ys = (Data) cudnn.state(y);
        HostRnn layer = layer(rnn, xs.batch, xs.times);
        int hidden = layer.rnn().hiddenSize();
        int directions = layer.rnn().directions();
        check(xs.equals(new Data(layer.type(), xs.batch, xs.times, layer.rnn().inputSize())), "x " + xs);
        check(ys.equals(new Data(layer.type(), xs.batch, xs.times, directions * hidden)), "y " + ys);
        HostCudnn.Tensor4 tensor = (HostCudnn.Tensor4) cudnn.state((TensorDescriptor) states);
        check(
                tensor.type() == layer.type()
                        && Arrays.equals(tensor.sizes(), new int[] {directions, xs.batch, hidden})
                        && Arrays.equals(tensor.strides(), new int[] {xs.batch * hidden, hidden, 1}),
                "states " + Arrays.toString(tensor.sizes()));
        check(first.hidden() != 0 && (first.cell() != 0) == layer.hasCells(), "first states " + first);
        check(
                memory.weights().address() != 0 && memory.weights().bytes() == layer.weightBytes(),
                "weights " + memory.weights());
        return layer;
    }

    private static void checkSpaces(RnnMemory memory, RnnSpaces spaces) {
        check(
                memory.workspace().address() != 0 && memory.workspace().bytes() >= spaces.workspace(),
                "workspace " + memory.workspace());
        check(
                memory.reserve().bytes() == spaces.reserve()
                        && (memory.reserve().address() != 0) == (spaces.reserve() != 0),
                "reserve " + memory.reserve());
    }

    private void forward(
            Handle handle,
            Object rnn,
            boolean training,
            RnnDataRef x,
            RnnDataRef y,
            Object states,
            RnnStates first,
            RnnStates last,
            RnnMemory memory) {
        HostRnn layer = checked(rnn, x.descriptor(), y.descriptor(), states, first, memory);
        checkSpaces(memory, layer.spaces(training));
        check(layer.type() != refused, "type " + layer.type());
        RnnAlgorithm algorithm = ((Layer) cudnn.state(rnn)).algorithm;
        if (algorithm != RnnAlgorithm.STANDARD && layer.rnn().bidirectional()) {
            throw CudaException.failed("cudnnRNNForward", 3000, "CUDNN_STATUS_NOT_SUPPORTED", algorithm.toString());
        }
        checkPersistent(algorithm, false);
        forwardPasses.incrementAndGet();
        cudnn.queue(handle, () -> layer.forward(memory(x, y, first, memory), last));
    }

    private static HostRnn.Memory memory(RnnDataRef x, RnnDataRef y, RnnStates first, RnnMemory memory) {
        return new HostRnn.Memory(
                x.address(),
                y.address(),
                first,
                memory.weights().address(),
                memory.reserve().address());
    }

    private void backwardData(
            Handle handle,
            Object rnn,
            RnnDataRef y,
            long dy,
            RnnDataRef dx,
            Object states,
            RnnStates first,
            RnnStates dLast,
            RnnStates dFirst,
            RnnMemory memory) {
        HostRnn layer = checked(rnn, dx.descriptor(), y.descriptor(), states, first, memory);
        checkSpaces(memory, layer.spaces(true));
        HostRnn.Memory places = memory(new RnnDataRef(dx.descriptor(), 0), y, first, memory);
        cudnn.queue(handle, () -> layer.backwardData(places, dy, dx.address(), dLast, dFirst));
    }

    private void backwardWeights(
            Handle handle, Object rnn, RnnDataRef x, Object states, RnnStates first, RnnDataRef y, RnnMemory memory) {
        HostRnn layer = checked(rnn, x.descriptor(), y.descriptor(), states, first, memory);
        checkSpaces(memory, layer.spaces(true));
        cudnn.queue(handle, () -> layer.backwardWeights(memory(x, y, first, memory)));
    }
}
