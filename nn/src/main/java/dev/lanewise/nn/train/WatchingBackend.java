package dev.lanewise.nn.train;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.data.Batch;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.spi.Backend;
import dev.lanewise.tensor.spi.DelegatingBackend;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Watches the results of all operations of one thread for the first NaN and the first infinity. */
final class WatchingBackend extends DelegatingBackend implements Step.Listener {
    /** An operation that made elements of one kind. */
    private record Finding(Op op, String text) {}

    private final Thread thread = Thread.currentThread();
    private boolean looking;
    private String direction = "forward";
    private @Nullable Finding nan;
    private @Nullable Finding infinity;

    WatchingBackend(Backend backend) {
        super(backend);
    }

    /** What was found, and what to do about it. */
    String verdict() {
        Finding first = nan == null ? infinity : nan;
        if (first == null) {
            return "computed again it is finite: does something draw from a random stream that no layer registered?";
        }
        String before = nan != null && infinity != null ? ", after the first infinity from " + infinity.text : "";
        return "the first " + (nan == null ? "infinity" : "NaN") + " came from " + first.text + before + "; "
                + (first.op.isPartial()
                        ? "keep its operands where it is defined, with clamp or a small addend, or try a smaller learning"
                                + " rate"
                        : "try a smaller learning rate, or clip the gradients");
    }

    @Override
    public void onForward() {
        direction = "forward";
    }

    @Override
    public void onOutput(Batch batch, Tensor output) {
        direction = "backward";
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // identity: the same thread is meant
    public void execute(Op op, Tensor[] inputs, Tensor[] outputs) {
        boolean look = Thread.currentThread() == thread && !looking && nan == null;
        boolean infiniteBefore = look && infinity == null && has(inputs, Tensor::isInfinite);
        super.execute(op, inputs, outputs);
        if (!look) {
            return;
        }
        if (has(outputs, Tensor::isNan)) {
            nan = finding(op, inputs, outputs, Tensor::isNan);
        } else if (infinity == null && !infiniteBefore && !(op instanceof Source) && has(outputs, Tensor::isInfinite)) {
            infinity = finding(op, inputs, outputs, Tensor::isInfinite);
        }
    }

    private boolean has(Tensor[] tensors, Function<Tensor, Tensor> kind) {
        return count(tensors, kind) > 0;
    }

    private long count(Tensor[] tensors, Function<Tensor, Tensor> kind) {
        return look(() -> {
            long count = 0;
            for (Tensor tensor : tensors) {
                if (tensor.dtype().isFloating()) {
                    count += kind.apply(Autograd.detach(tensor)).sum().itemLong();
                }
            }
            return count;
        });
    }

    private <T> T look(Supplier<T> body) {
        looking = true;
        try (var ignored = Scope.open("look")) {
            return Autograd.noGrad(body);
        } finally {
            looking = false;
        }
    }

    private Finding finding(Op op, Tensor[] inputs, Tensor[] outputs, Function<Tensor, Tensor> kind) {
        String operands = Arrays.stream(inputs).limit(4).map(this::describe).collect(Collectors.joining(" x "));
        long elements =
                Arrays.stream(outputs).mapToLong(t -> t.shape().elements()).sum();
        return new Finding(
                op,
                op.opName() + " of " + operands + (inputs.length > 4 ? " and more" : "") + " on the way " + direction
                        + " (" + count(outputs, kind) + " of " + elements + " elements)");
    }

    /** Type, shape and range; for an operand that the operation overwrote, its current contents. */
    private String describe(Tensor tensor) {
        if (!tensor.dtype().isFloating() || tensor.shape().isEmpty()) {
            return tensor.spec().toString();
        }
        return look(() -> {
            Tensor values = Autograd.detach(tensor);
            return String.format(
                    Locale.ROOT,
                    "%s (from %.3g to %.3g)",
                    tensor.spec(),
                    values.amin().item(),
                    values.amax().item());
        });
    }
}
