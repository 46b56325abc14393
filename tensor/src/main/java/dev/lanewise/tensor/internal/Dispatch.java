package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.ReleasedTensorException;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.op.Copy;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.Transfer;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.Backends;
import dev.lanewise.tensor.spi.Buffer;
import dev.lanewise.tensor.spi.HostBuffer;
import dev.lanewise.tensor.spi.HostMemory;
import dev.lanewise.tensor.spi.Origin;
import dev.lanewise.tensor.spi.Storage;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.stream.Collectors;
import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;

/** The path that every operation takes: check, infer, allocate, execute, record. */
public final class Dispatch {
    private Dispatch() {}

    /** Runs an operation without operands on a device. */
    public static Tensor create(Source op, Device device) {
        if (op == null || device == null) {
            throw new TensorException("create: operation " + op + " on device " + device + "; give both");
        }
        Backend backend = Backends.of(device);
        Tensor[] outputs = {empty(op.infer()[0], backend)};
        execute(backend, op, new Tensor[0], outputs);
        return outputs[0];
    }

    /** Runs an operation with one result. */
    public static Tensor run(Op op, Tensor... inputs) {
        return runAll(op, inputs)[0];
    }

    /** Runs an operation. */
    public static Tensor[] runAll(Op op, Tensor... operands) {
        Device device = commonDevice(op, operands);
        Tensor[] inputs = CastRegion.cast(op, operands);
        TensorSpec[] inferred = op.infer(specs(inputs));
        Tensor[] outputs;
        if (op instanceof Op.Structural structural) {
            outputs = new Tensor[] {structure(structural, (StridedTensor) inputs[0], inferred[0])};
        } else {
            Backend backend = Backends.of(device);
            if (op instanceof Op.Fused fused && !backend.supports(fused, inputs)) {
                return decompose(fused, inputs);
            }
            outputs = new Tensor[inferred.length];
            for (int i = 0; i < outputs.length; i++) {
                outputs[i] = empty(inferred[i], backend);
            }
            execute(backend, op, inputs, outputs);
        }
        record(op, inputs, outputs);
        return outputs;
    }

    /** Runs an operation into existing tensors, whose contents change in place. Nothing is recorded. */
    public static void update(Op op, Tensor[] outputs, Tensor... inputs) {
        Device device = commonDevice(op, inputs);
        TensorSpec[] inferred = op.infer(specs(inputs));
        checkUpdate(op, outputs, inferred.length);
        for (int i = 0; i < outputs.length; i++) {
            StridedTensor output = (StridedTensor) outputs[i];
            Storage.buffer(output).checkAlive();
            if (!output.spec().equals(inferred[i]) || !output.device().equals(device)) {
                throw new TensorException(op.opName() + ": result " + i + " is " + inferred[i] + " on " + device
                        + ", the tensor to update is " + output.spec() + " on " + output.device()
                        + "; they must agree");
            }
            if (!output.isContiguous() && op != Copy.COPY) {
                throw new TensorException(op.opName() + ": can't update a strided view " + output.spec()
                        + " in place (expected dense memory); use assign");
            }
        }
        if (op instanceof Op.Fused fused && !Backends.of(device).supports(fused, inputs)) {
            throw new TensorException(op.opName() + ": " + device + " can't update a tensor in place with it (expected"
                    + " an operation that it runs in one); assign its result");
        }
        Tensor[] operands = op == Copy.COPY ? new Tensor[] {apart((StridedTensor) inputs[0], outputs[0])} : inputs;
        retain(outputs, outputs.length);
        try {
            execute(Backends.of(device), op, operands, outputs);
        } finally {
            // after an error as well, which may have come when a part was written
            for (Tensor output : outputs) {
                Storage.buffer(output).bumpVersion();
            }
            release(outputs, outputs.length);
        }
    }

    private static void checkUpdate(Op op, Tensor[] outputs, int results) {
        if (outputs == null
                || outputs.length != results
                || Arrays.asList(outputs).contains(null)) {
            throw new TensorException(op.opName() + ": got the tensors to update " + describe(outputs) + " (expected "
                    + results + " of them); give one for each result");
        }
        if (op instanceof Op.Structural) {
            throw new TensorException(op.opName() + ": can't update a tensor in place (expected an operation that"
                    + " computes elements); assign its result");
        }
    }

    private static String describe(Tensor @Nullable [] tensors) {
        return tensors == null
                ? "null"
                : Arrays.stream(tensors)
                        .map(t -> t == null ? "null" : t.spec().toString())
                        .collect(Collectors.joining(", ", "[", "]"));
    }

    /** The source of a copy; itself copied first if it shares memory with the target in another layout. */
    private static Tensor apart(StridedTensor source, Tensor target) {
        for (int d = 0; d < target.shape().rank(); d++) {
            if (target.stride(d) == 0 && target.shape().size(d) > 1) {
                throw new TensorException("copy: the target " + target.spec() + " repeats elements along dimension " + d
                        + "; assign to a contiguous() tensor");
            }
        }
        boolean same = Storage.offset(source) == Storage.offset(target)
                && Arrays.equals(source.stridesView(), target.strides());
        return same ? source : unshared(source, target);
    }

    /** The source, or a copy of it if it is in the target's memory: for operations that read while they write. */
    @SuppressWarnings("ReferenceEquality") // identity, not equality: it is the same buffer
    public static Tensor unshared(Tensor source, Tensor target) {
        return Storage.buffer(source) == Storage.buffer(target)
                ? run(Copy.COPY, ((StridedTensor) source).withOrigin(null))
                : source;
    }

    /** A new dense tensor with undefined contents, owned by the thread's innermost scope. */
    public static StridedTensor empty(TensorSpec spec, Backend backend) {
        Buffer buffer = backend.allocate(spec.bytes());
        Ownership.adoptNew(buffer);
        return new StridedTensor(buffer, spec, spec.shape().rowMajorStrides(), 0, null);
    }

    private static Tensor[] decompose(Op.Fused fused, Tensor[] inputs) {
        CastRegion region = CastRegion.suspend();
        try {
            return fused.decompose(inputs);
        } finally {
            CastRegion.resume(region);
        }
    }

    private static void execute(Backend backend, Op op, Tensor[] inputs, Tensor[] outputs) {
        if (hasElements(outputs)) {
            retain(inputs, inputs.length);
            CastRegion region = CastRegion.suspend();
            OperationEvent event = FlightRecorder.isInitialized() ? OperationEvent.begun() : null;
            try {
                backend.execute(op, inputs, outputs);
                if (event != null) {
                    event.ended(op, outputs[0].device(), outputs);
                }
            } finally {
                CastRegion.resume(region);
                release(inputs, inputs.length);
                // a buffer that only the collector owns must not go back while a kernel reads its address
                Reference.reachabilityFence(inputs);
                Reference.reachabilityFence(outputs);
            }
        }
    }

    /** Makes the operation an owner of each buffer, or of none where one has been released. */
    private static void retain(Tensor[] tensors, int count) {
        for (int i = 0; i < count; i++) {
            try {
                Storage.buffer(tensors[i]).retain();
            } catch (ReleasedTensorException e) {
                release(tensors, i);
                throw e;
            }
        }
    }

    private static void release(Tensor[] tensors, int count) {
        for (int i = 0; i < count; i++) {
            Storage.buffer(tensors[i]).release();
        }
    }

    private static boolean hasElements(Tensor[] outputs) {
        for (Tensor output : outputs) {
            if (!output.shape().isEmpty()) {
                return true;
            }
        }
        return false;
    }

    private static void record(Op op, Tensor[] inputs, Tensor[] outputs) {
        for (Tensor input : inputs) {
            Origin origin = ((StridedTensor) input).origin();
            if (origin != null) {
                origin.record(op, inputs, outputs);
                return;
            }
        }
    }

    private static TensorSpec[] specs(Tensor[] tensors) {
        TensorSpec[] specs = new TensorSpec[tensors.length];
        for (int i = 0; i < specs.length; i++) {
            specs[i] = tensors[i].spec();
        }
        return specs;
    }

    private static Device commonDevice(Op op, Tensor[] inputs) {
        if (op == null || inputs == null) {
            throw new TensorException("apply: operation " + op + " of operands " + describe(inputs) + "; give both");
        }
        if (inputs.length == 0) {
            throw new TensorException(op.opName() + ": got no operands (expected one or more); check the call");
        }
        for (Tensor input : inputs) {
            if (input == null) {
                throw new TensorException(
                        op.opName() + ": an operand is null: " + describe(inputs) + "; give a tensor in its place");
            }
        }
        Device device = inputs[0].device();
        for (Tensor input : inputs) {
            Storage.buffer(input).checkAlive();
            if (!input.device().equals(device)) {
                throw new TensorException(op.opName() + ": operands on different devices: "
                        + Arrays.stream(inputs)
                                .map(t -> t.spec() + " on " + t.device())
                                .collect(Collectors.joining(" x "))
                        + "; move one with to(Device)");
            }
        }
        return device;
    }

    private static StridedTensor structure(Op.Structural op, StridedTensor input, TensorSpec result) {
        return switch (op) {
            case Op.View view -> Views.apply(view, input, result);
            case Transfer transfer -> transfer(input, transfer.device());
        };
    }

    private static StridedTensor transfer(StridedTensor input, Device device) {
        StridedTensor dense = input.isContiguous() ? input : (StridedTensor) run(Copy.COPY, input);
        Backend from = Backends.of(input.device());
        Backend to = Backends.of(device);
        StridedTensor output = empty(input.spec(), to);
        if (input.spec().bytes() > 0) {
            Storage.buffer(dense).retain();
            try {
                transfer(dense, output, from, to);
            } finally {
                Storage.buffer(dense).release();
                Reference.reachabilityFence(Storage.buffer(dense));
            }
        }
        return output;
    }

    /** Copies through the host's memory; an operand or result that is already there is copied from or to directly. */
    private static void transfer(StridedTensor input, StridedTensor output, Backend from, Backend to) {
        long bytes = input.spec().bytes();
        if (Storage.buffer(input) instanceof HostBuffer host) {
            to.copyIn(host.segment().asSlice(input.byteOffset(), bytes), Storage.buffer(output), 0);
        } else if (Storage.buffer(output) instanceof HostBuffer host) {
            from.copyOut(
                    Storage.buffer(input), input.byteOffset(), host.segment().asSlice(0, bytes));
        } else {
            HostBuffer staging = HostMemory.allocate(bytes);
            staging.retain();
            try {
                from.copyOut(Storage.buffer(input), input.byteOffset(), staging.segment());
                to.copyIn(staging.segment(), Storage.buffer(output), 0);
            } finally {
                staging.release("transfer");
            }
        }
    }
}
