package dev.lanewise.cuda.runtime;

import dev.lanewise.cuda.api.Driver;
import dev.lanewise.cuda.api.Driver.Stream;
import dev.lanewise.cuda.runtime.CudaDevice.Numbers;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.spi.Buffer;
import dev.lanewise.tensor.spi.StepRecorder;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/**
 * A step as a CUDA graph. Its memory is its own: warm-up and recording take blocks from a cache that nothing else uses,
 * so that the graph contains no allocations and a replay finds its intermediate results where they were recorded. Other
 * memory that it touches (parameters, inputs) is retained.
 *
 * <p>Numbers that differ from step to step are in one piece of device memory, which a replay writes with a single copy
 * if they have changed since the last one.
 */
public final class StepGraph implements StepRecorder {
    private static final String OWNER = "a recorded step";

    /** Device memory for numbers. Those of an operation take up to a hundred bytes, and few operations have any. */
    private static final long NUMBERS_BYTES = 64 << 10;

    /** Host memory for what a recorded step copies to the device: tables, small constants. */
    private static final long CONSTANTS_BYTES = 4 << 20;

    private static final long ALIGNMENT = 16;

    private final CudaDevice device;
    private final Driver driver;
    private final DeviceStream stream;
    private final BlockCache memory = new BlockCache();
    private final Set<DeviceBuffer> touched = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<DeviceBuffer> changed = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<DeviceBlock> inside = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<Cell<?>> cells = new ArrayList<>();
    private final DeviceBuffer numbers;
    private final MemorySegment constants;
    private final Stream side;

    private final Runnable closing = this::close;
    private final MemorySegment next = Arena.ofAuto().allocate(NUMBERS_BYTES, ALIGNMENT);
    private final MemorySegment written = Arena.ofAuto().allocate(NUMBERS_BYTES, ALIGNMENT);
    private boolean wereWritten;

    private long numbersUsed;
    private long constantsUsed;
    private boolean recording;
    private boolean closed;
    private @Nullable CapturedGraph graph;

    /** Where an operation's numbers are. */
    private record Cell<O extends Op>(O op, Numbers<O> numbers, long offset, long bytes) {
        @SuppressWarnings("unchecked") // of the class of op, which is an O
        void write(Op next, MemorySegment target) {
            if (next.getClass() != op.getClass()) {
                throw new TensorException("replay: got " + next + " in place of " + op
                        + " (expected the same kind of operation); give one for each that was recorded");
            }
            numbers.write((O) next, target.asSlice(offset, bytes));
        }
    }

    StepGraph(CudaDevice device) {
        this.device = device;
        driver = device.driver();
        stream = device.stream();
        numbers = device.allocate(NUMBERS_BYTES);
        numbers.retain();
        constants = driver.allocatePinned(CONSTANTS_BYTES);
        side = driver.createStream();
        device.onClose(closing);
    }

    @Override
    public void warmUp(Runnable work) {
        checkThread();
        stream.useMemory(memory);
        try {
            work.run();
        } finally {
            stream.useMemory(null);
        }
    }

    @Override
    public List<Op> record(Runnable work) {
        checkThread();
        if (graph != null || stream.recorder() != null) {
            throw new TensorException("record: " + (graph != null ? "this step is" : "another step is being")
                    + " recorded (expected one recording at a time); close it first");
        }
        stream.useMemory(memory);
        device.recordings().set(stream, this);
        recording = true;
        try {
            graph = CapturedGraph.record(driver, stream.handle(), work);
            driver.synchronize(side);
        } catch (RuntimeException | Error e) {
            forget();
            throw e;
        } finally {
            recording = false;
            inside.clear();
            device.recordings().set(stream, null);
            stream.useMemory(null);
            device.blocks().runDeferred();
        }
        List<Op> operations = new ArrayList<>();
        for (Cell<?> cell : cells) {
            operations.add(cell.op());
        }
        return operations;
    }

    @SuppressWarnings("ReferenceEquality") // identity: the same object
    private void checkThread() {
        if (device.stream() != stream) {
            throw new TensorException(
                    "record: started on one thread and continued on another (expected the same thread);"
                            + " make one recorder per thread");
        }
    }

    @Override
    public void replay(List<? extends Op> operations) {
        checkThread();
        CapturedGraph recorded = graph;
        if (recorded == null) {
            throw new TensorException("replay: nothing has been recorded; call record first");
        }
        if (operations.size() != cells.size()) {
            throw new TensorException("replay: got " + operations.size() + " operations for " + cells.size()
                    + " recorded ones (expected as many); give one for each that was recorded");
        }
        touched.forEach(stream::orderWrite);
        writeNumbers(operations);
        recorded.replay(stream.handle());
        changed.forEach(Buffer::bumpVersion);
    }

    /** Writes the numbers, unless they are those of the last replay, which are on the device already. */
    private void writeNumbers(List<? extends Op> operations) {
        if (cells.isEmpty()) {
            return;
        }
        for (int i = 0; i < cells.size(); i++) {
            cells.get(i).write(operations.get(i), next);
        }
        if (wereWritten && next.mismatch(written) < 0) {
            return;
        }
        stream.orderWrite(numbers);
        device.stage(
                numbersUsed,
                numbers.address(),
                target -> target.asSlice(0, numbersUsed).copyFrom(next.asSlice(0, numbersUsed)));
        written.copyFrom(next);
        wereWritten = true;
    }

    /** Notes what the step being recorded reads and writes. */
    void touch(DeviceBuffer buffer, boolean writes) {
        if (inside.contains(buffer.block())) {
            return;
        }
        if (touched.add(buffer)) {
            buffer.retain();
        }
        if (writes) {
            changed.add(buffer);
        }
    }

    /** Notes memory that was allocated within the step. */
    void allocated(DeviceBlock block) {
        if (recording) {
            inside.add(block);
        }
    }

    /**
     * Memory that the warm-up did not need: from a stream that does not record, so that it is not part of the graph.
     */
    long allocate(long blockBytes) {
        return device.unrecorded(() -> device.memory().allocateWhileRecording(blockBytes, side));
    }

    /** A place for an operation's numbers. */
    <O extends Op> long cell(O op, long bytes, Numbers<O> writer) {
        if (numbersUsed + bytes > NUMBERS_BYTES) {
            throw new TensorException("record: the numbers of " + (cells.size() + 1) + " operations take more than "
                    + NUMBERS_BYTES + " bytes; record a smaller step");
        }
        Cell<O> cell = new Cell<>(op, writer, numbersUsed, bytes);
        cells.add(cell);
        numbersUsed += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        return numbers.address() + cell.offset();
    }

    /** Queues a copy of host memory as it is now; every replay copies the same. */
    void copyIn(MemorySegment source, long target) {
        long bytes = source.byteSize();
        if (constantsUsed + bytes > CONSTANTS_BYTES) {
            throw new TensorException("record: a recorded step copies more than " + CONSTANTS_BYTES
                    + " bytes from the host, which would be the same in every replay; give tensors on "
                    + device.device() + " as inputs of the step");
        }
        MemorySegment kept = constants.asSlice(constantsUsed, bytes).copyFrom(source);
        constantsUsed += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        driver.copyToDevice(target, kept, bytes, stream.handle());
    }

    private void forget() {
        cells.clear();
        numbersUsed = 0;
        constantsUsed = 0;
        touched.forEach(buffer -> buffer.release(OWNER));
        touched.clear();
        changed.clear();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        Lock lock = device.recordings().open();
        lock.lock();
        try {
            if (stream.recorder() != null) {
                // waiting would spoil what the stream records
                device.blocks().later(this::close);
                return;
            }
            closed = true;
            device.enter();
            driver.synchronize(stream.handle());
        } finally {
            lock.unlock();
        }
        free();
    }

    private void free() {
        if (graph != null) {
            graph.close();
        }
        forget();
        numbers.release(OWNER);
        driver.freePinned(constants);
        driver.destroy(side);
        memory.retire(stream.cache());
        memory.drain((address, bytes) -> device.memory().free(address, bytes, stream.handle()));
        device.offClose(closing);
    }
}
