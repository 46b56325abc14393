package dev.lanewise.nn.optim;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Source.Fill;
import dev.lanewise.tensor.spi.Backends;
import dev.lanewise.tensor.spi.HostBuffer;
import dev.lanewise.tensor.spi.RandomDraws;
import dev.lanewise.tensor.spi.StepRecorder;
import dev.lanewise.tensor.spi.Storage;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A training step that is recorded once and then replayed: forward pass, backward pass and optimizer with one call
 * instead of one for each operation. On devices that cannot record, such as the CPU, every step runs normally.
 *
 * <pre>{@code
 * try (var step = new CapturedStep(optimizer, batch -> {
 *     Tensor loss = model.forward(batch[0]).crossEntropy(batch[1]);
 *     optimizer.step(Autograd.gradients(loss));
 *     return new Tensor[] {loss};
 * })) {
 *     for (Batch batch : loader.epoch(1)) {
 *         losses.add(step.run(batch.x(), batch.y())[0]);
 *     }
 * }
 * }</pre>
 *
 * <p>The first steps run normally, the next one is recorded. A replay makes the same calls on the same memory: inputs
 * are copied to the recorded places, and parameters are changed in place. What must differ does: random numbers
 * continue as if the step had run, and the optimizer's learning rate and step number are those of the current step.
 * Everything else that the host decides is as it was when the step was recorded: branches, scalars, values copied from
 * the host. An optimizer other than {@link Sgd} and {@link Adam} is not recorded.
 *
 * <p>It may be used by one thread only. The model's layers must stay on their device and in training mode while it is
 * used.
 */
public final class CapturedStep implements AutoCloseable {
    /** A training step: what it computes from its inputs, which do not include parameters. */
    @FunctionalInterface
    public interface Body {
        /**
         * Performs a step, including the optimizer's, and returns the tensors of interest, such as the loss.
         *
         * @param inputs the tensors of the step, in the order given
         * @return the tensors of interest, which stay valid until the next step
         */
        Tensor[] run(Tensor[] inputs);
    }

    /** What happens with a step that cannot be recorded or replayed. */
    public enum Otherwise {
        /** It runs normally: a last, smaller batch, for example, or a step that reads values back. */
        EAGER,
        /** It is an error that says why. */
        ERROR
    }

    /** Steps that run before the recording, in which optimizers make their state and libraries choose algorithms. */
    private static final int WARM_UP_STEPS = 3;

    private final Optimizer optimizer;
    private final Body body;
    private final Otherwise otherwise;
    private final Device device;
    private final Optional<StepRecorder> recorder;

    private int warmedUp;
    private TensorSpec @Nullable [] specs;
    private Tensor[] inputs = {};
    private Tensor[] outputs = {};
    private @Nullable Replayed replayed;
    private @Nullable String obstacle;

    /**
     * {@return whether steps can be recorded on a device: on GPUs, not on the CPU}
     *
     * @param device the device
     */
    public static boolean isSupported(Device device) {
        Objects.requireNonNull(device, "device");
        Optional<StepRecorder> recorder = Backends.of(device).recorder();
        // it holds memory of the device
        recorder.ifPresent(StepRecorder::close);
        return recorder.isPresent();
    }

    /**
     * A step that runs normally where it cannot be recorded or replayed.
     *
     * @param optimizer the optimizer whose step the body performs
     * @param body performs the step
     */
    public CapturedStep(Optimizer optimizer, Body body) {
        this(optimizer, body, Otherwise.EAGER);
    }

    /**
     * A step that is recorded when it is run.
     *
     * @param optimizer the optimizer whose step the body performs
     * @param body the step
     * @param otherwise what happens where it cannot be recorded or replayed
     */
    public CapturedStep(Optimizer optimizer, Body body, Otherwise otherwise) {
        Objects.requireNonNull(body, "body");
        Objects.requireNonNull(otherwise, "otherwise");
        this.optimizer = optimizer;
        this.body = body;
        this.otherwise = otherwise;
        device = optimizer.parameters().getFirst().leaf().device();
        recorder = Backends.of(device).recorder();
        if (recorder.isEmpty()) {
            obstacle = device + " records no steps";
        } else if (!optimizer.isReplayable()) {
            recorder.orElseThrow().close();
            fail(optimizer.getClass().getSimpleName() + " computes with numbers that differ from step to step", null);
        }
    }

    /** {@return whether steps are replayed from now on} */
    public boolean isRecorded() {
        return replayed != null;
    }

    /**
     * Why steps are not recorded, or empty.
     *
     * @return one line for display, or empty
     */
    public Optional<String> obstacle() {
        return Optional.ofNullable(obstacle);
    }

    /**
     * Performs one training step on a batch: the first steps run as they are, the next is recorded, and those after it are
     * replayed.
     *
     * @param batch the step's inputs, on any device; the first call determines types and shapes
     * @return what the body returned, as tensors of the calling thread's innermost scope
     * @throws TensorException with {@link Otherwise#ERROR} if the step cannot be recorded, or types or shapes differ
     *     from those recorded
     */
    public Tensor[] run(Tensor... batch) {
        if (obstacle != null) {
            return eager(batch);
        }
        TensorSpec[] given = Arrays.stream(batch).map(Tensor::spec).toArray(TensorSpec[]::new);
        if (specs == null) {
            specs = given;
            inputs = Arrays.stream(batch)
                    .map(tensor ->
                            Tensor.create(new Fill(0, tensor.spec()), device).keep())
                    .toArray(Tensor[]::new);
        }
        if (!Arrays.equals(specs, given)) {
            if (otherwise == Otherwise.ERROR) {
                throw new TensorException("captured step: inputs " + Arrays.toString(given) + " for a step of "
                        + Arrays.toString(specs) + "; give equal shapes, or let others run with Otherwise.EAGER");
            }
            return eager(batch);
        }
        fill(batch);
        Replayed recorded = replayed;
        if (recorded != null) {
            optimizer.countReplay();
            recorder.orElseThrow().replay(recorded.next(optimizer));
            return copies();
        }
        if (warmedUp < WARM_UP_STEPS) {
            warmedUp++;
            return warmUp();
        }
        return record(batch);
    }

    private Tensor[] eager(Tensor[] batch) {
        Tensor[] moved = new Tensor[batch.length];
        for (int i = 0; i < moved.length; i++) {
            moved[i] = batch[i].to(device);
        }
        return body.run(moved);
    }

    private void fill(Tensor[] batch) {
        for (int i = 0; i < batch.length; i++) {
            Tensor from = batch[i];
            Storage.buffer(from).checkAlive();
            if (from.device().isCpu() && from.isContiguous() && Storage.buffer(from) instanceof HostBuffer host) {
                long bytes = from.spec().bytes();
                long offset = Storage.offset(from) * from.dtype().bytes();
                host.retain();
                try {
                    Backends.of(device).copyIn(host.segment().asSlice(offset, bytes), Storage.buffer(inputs[i]), 0);
                } finally {
                    host.release();
                    Reference.reachabilityFence(host);
                }
            } else {
                inputs[i].assign(from.to(device));
            }
        }
    }

    private Tensor[] warmUp() {
        try (Scope scope = Scope.open("captured step")) {
            Tensor[][] results = new Tensor[1][];
            recorder.orElseThrow().warmUp(() -> results[0] = body.run(inputs));
            // copies, so that the memory that the recording will use is free for it
            return scope.keepAll(List.of(copy(results[0]))).toArray(Tensor[]::new);
        }
    }

    private Tensor[] record(Tensor[] batch) {
        Optimizer.Counted before = optimizer.counted();
        try (RandomDraws draws = RandomDraws.watch()) {
            try {
                List<Op> operations = recorder.orElseThrow().record(() -> {
                    try (Scope scope = Scope.open("captured step")) {
                        outputs = Arrays.stream(body.run(inputs))
                                .map(result -> scope.keep(Autograd.detach(result)))
                                .toArray(Tensor[]::new);
                    }
                });
                Arrays.stream(outputs).forEach(Tensor::keep);
                Replayed recorded = new Replayed(operations, draws.draws());
                recorder.orElseThrow().replay(operations);
                optimizer.recorded();
                replayed = recorded;
                return copies();
            } catch (TensorException e) {
                optimizer.uncount(before);
                rewind(draws.draws());
                fail(String.valueOf(e.getMessage()), e);
            }
        }
        return eager(batch);
    }

    /** Undoes the draws of a step that did not happen. */
    private static void rewind(List<RandomDraws.Draw> draws) {
        for (int i = draws.size() - 1; i >= 0; i--) {
            draws.get(i).rng().seek(draws.get(i).seed(), draws.get(i).first());
        }
    }

    private void fail(String why, @Nullable TensorException cause) {
        if (otherwise == Otherwise.ERROR) {
            throw new TensorException(
                    "captured step: can't be recorded: " + why + "; change the step, or allow Otherwise.EAGER", cause);
        }
        obstacle = why;
        outputs = new Tensor[0];
        recorder.ifPresent(StepRecorder::close);
    }

    private Tensor[] copies() {
        return copy(outputs);
    }

    private static Tensor[] copy(Tensor[] tensors) {
        return Arrays.stream(tensors)
                .map(tensor -> Autograd.detach(tensor).copy())
                .toArray(Tensor[]::new);
    }

    /** Releases the memory of the recording; the step can't be run any more. */
    @Override
    public void close() {
        recorder.ifPresent(StepRecorder::close);
        replayed = null;
        obstacle = "it has been closed";
    }
}
