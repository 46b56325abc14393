package dev.lanewise.serve;

import dev.lanewise.nn.io.TensorData;
import dev.lanewise.serve.http.Refusal;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Tries a model before it is served: computes an example, finds out whether rows may be put together, and lets the JVM
 * compile what requests will run.
 */
final class Trial {
    /** Open dimensions other than rows get one of these sizes, the first one that the model takes. */
    private static final long[] SIZES = {16, 32, 64, 224, 8, 4, 2, 1};

    /** How much rows computed together may differ from the same rows computed apart. */
    private static final double TOGETHER = 1e-5;

    /** How much an answer may differ from that of an example, which another library may have computed. */
    private static final double EXAMPLE = 1e-3;

    private final Computation computation;
    private final Signature signature;

    private Trial(Servable servable) {
        this.computation = new Computation(servable, null, BatchObserver.NONE);
        this.signature = servable.signature();
    }

    /**
     * Tries a model.
     *
     * @param example what it is known to answer, or null to make a request up
     * @param largest the most rows that would be put together
     * @param warmUp how long to compute for the JVM's sake
     * @return which requests may be put together
     * @throws TensorException if it computes no example, or another answer than the example's
     */
    static Together run(Servable servable, @Nullable Example example, int largest, Duration warmUp) {
        Trial trial = new Trial(servable);
        InferRequest tried = example == null ? trial.madeUp() : trial.checked(example);
        boolean rows = largest > 1 && trial.mayPutTogether(tried);
        trial.warm(tried, rows ? largest : 1, warmUp);
        return rows ? new Together(true, trial.padding(tried)) : Together.NEVER;
    }

    private InferRequest checked(Example example) {
        InferRequest request = new InferRequest(null, example.request().inputs(), everything(), null);
        Map<String, TensorData> answer;
        try {
            answer = computed(request);
        } catch (Refusal refusal) {
            throw new TensorException(
                    "serve: the example is not computed (" + refusal.text() + "; expected an answer); correct either",
                    refusal);
        }
        example.answer().forEach((name, expected) -> {
            TensorData found = answer.get(name);
            if (found == null || !agree(expected, found, EXAMPLE)) {
                throw new TensorException("serve: output '" + name + "' of the example is not what its answer says"
                        + " (expected the same within " + EXAMPLE + "); correct the model, or the answer");
            }
        });
        return request;
    }

    private InferRequest madeUp() {
        Refusal last = null;
        for (long size : SIZES) {
            InferRequest request = request(info -> shape(info, size), 0);
            try {
                computed(request);
                return request;
            } catch (Refusal refusal) {
                last = refusal;
            }
            if (signature.inputs().stream().noneMatch(Trial::hasOpen)) {
                break;
            }
        }
        throw new TensorException("serve: the model of inputs " + signature.inputs() + " computes no example that was"
                + " made up (expected one that works; the last one: " + (last == null ? "" : last.text())
                + "); put an example next to it");
    }

    private static boolean hasOpen(TensorInfo info) {
        List<Long> sizes = info.sizes();
        return sizes == null || sizes.stream().skip(1).anyMatch(size -> size == TensorInfo.OPEN);
    }

    private static Shape shape(TensorInfo info, long open) {
        List<Long> sizes = info.sizes();
        if (sizes == null) {
            return Shape.of(1, open);
        }
        List<Long> chosen = new ArrayList<>();
        for (int dim = 0; dim < sizes.size(); dim++) {
            long size = sizes.get(dim);
            chosen.add(size != TensorInfo.OPEN ? size : dim == 0 ? 1 : open);
        }
        return Shape.of(chosen);
    }

    private InferRequest request(Function<TensorInfo, Shape> shapes, int seed) {
        Map<String, TensorData> inputs = new LinkedHashMap<>();
        for (TensorInfo info : signature.inputs()) {
            inputs.put(info.name(), values(info.dtype(), shapes.apply(info), seed));
        }
        return new InferRequest(null, inputs, everything(), null);
    }

    private List<InferRequest.Output> everything() {
        return signature.outputs().stream()
                .map(info -> new InferRequest.Output(info.name(), true))
                .toList();
    }

    /**
     * Random numbers from 0 to 1; of whole numbers only 0 and 1, the first one 1: identifiers of any vocabulary, and masks
     * that don't hide everything.
     */
    private static TensorData values(DType dtype, Shape shape, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int n = Math.toIntExact(shape.elements());
        byte[] bytes = new byte[n * dtype.bytes()];
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < n; i++) {
            int bit = i == 0 || random.nextBoolean() ? 1 : 0;
            float real = (float) random.nextDouble();
            switch (dtype) {
                case F32 -> buffer.putFloat(real);
                case F64 -> buffer.putDouble(real);
                case F16 -> buffer.putShort(Float.floatToFloat16(real));
                case BF16 -> buffer.putShort((short) (Float.floatToRawIntBits(real) >>> 16));
                case I8, U8, BOOL -> buffer.put((byte) bit);
                case I32 -> buffer.putInt(bit);
                case I64 -> buffer.putLong(bit);
            }
        }
        return new TensorData(dtype, shape, MemorySegment.ofArray(bytes));
    }

    private Map<String, TensorData> computed(InferRequest request) {
        return computed(List.of(new Pending(request, signature))).getFirst();
    }

    /** @throws Refusal if it can't be computed */
    private List<Map<String, TensorData>> computed(List<Pending> batch) {
        computation.run(batch);
        List<Map<String, TensorData>> answers = new ArrayList<>();
        for (Pending pending : batch) {
            try {
                answers.add(pending.answer.join().outputs());
            } catch (CompletionException e) {
                if (e.getCause() instanceof Refusal refusal) {
                    throw refusal;
                }
                throw e;
            }
        }
        return answers;
    }

    // ---- rows

    /**
     * Computes two different requests apart and together. Rows that influence each other show it here: statistics of a
     * batch, scales of quantisation, a first dimension that is no batch.
     */
    private boolean mayPutTogether(InferRequest example) {
        if (!signature.hasRows()) {
            return false;
        }
        InferRequest other = request(info -> like(info, example), 1);
        List<Pending> both = List.of(new Pending(example, signature), new Pending(other, signature));
        try {
            List<Map<String, TensorData>> together = computation.computedTogether(both);
            return agree(computed(example), together.getFirst()) && agree(computed(other), together.getLast());
        } catch (RuntimeException e) { // whatever goes wrong here goes right with the rows apart
            return false;
        }
    }

    private static Shape like(TensorInfo info, InferRequest example) {
        TensorData data = example.inputs().get(info.name());
        return data == null ? Shape.SCALAR : data.shape().with(0, 1);
    }

    private static boolean agree(Map<String, TensorData> apart, Map<String, TensorData> together) {
        for (Map.Entry<String, TensorData> entry : apart.entrySet()) {
            TensorData other = together.get(entry.getKey());
            if (other == null || !agree(entry.getValue(), other, TOGETHER)) {
                return false;
            }
        }
        return true;
    }

    private static boolean agree(TensorData a, TensorData b, double tolerance) {
        if (a.dtype() != b.dtype() || !a.shape().equals(b.shape())) {
            return false;
        }
        return switch (a.dtype()) {
            case F32, F64, F16, BF16 -> agree(a.toDoubleArray(), b.toDoubleArray(), tolerance);
            case I8, U8, I32, I64, BOOL -> a.equals(b);
        };
    }

    private static boolean agree(double[] a, double[] b, double tolerance) {
        for (int i = 0; i < a.length; i++) {
            boolean same =
                    Double.compare(a[i], b[i]) == 0 || Math.abs(a[i] - b[i]) <= tolerance * Math.max(1, Math.abs(a[i]));
            if (!same) {
                return false;
            }
        }
        return true;
    }

    // ---- lengths

    /**
     * Computes sequences of three lengths apart, and together with padding. Results that depend on padding show it here:
     * means and maxima that take it in, positions counted from the end.
     *
     * @return how the sequences are computed together; null if that gives other results, or can't be done
     */
    private @Nullable Padding padding(InferRequest example) {
        if (!Padding.mayFit(signature)) {
            return null;
        }
        Pending first = new Pending(example, signature, Integer.MAX_VALUE);
        long length = first.length;
        if (length == 0) {
            return null;
        }
        List<Pending> sequences = new ArrayList<>(List.of(first));
        long[] others = {length > 2 ? (length + 1) / 2 : length + 1, length > 2 ? 1 : length + 2};
        for (long other : others) {
            InferRequest request = request(info -> Shape.of(1, other), (int) other);
            sequences.add(new Pending(request, signature, Integer.MAX_VALUE));
        }
        try {
            return paddingOf(sequences);
        } catch (RuntimeException e) { // whatever goes wrong here goes right with the lengths apart
            return null;
        }
    }

    private @Nullable Padding paddingOf(List<Pending> sequences) {
        long longest = Pending.longest(sequences);
        List<Map<String, TensorData>> together = computation.computedTogether(sequences);
        Padding padding = null;
        for (int i = 0; i < sequences.size(); i++) {
            Pending sequence = sequences.get(i);
            Map<String, TensorData> apart = computed(sequence.request);
            if (sequence.length == longest) {
                if (!agree(apart, together.get(i))) {
                    return null;
                }
                continue;
            }
            Padding own = Padding.between(apart, sequence.length, together.get(i), longest);
            boolean good = own != null
                    && (padding == null || padding.equals(own))
                    && agree(apart, own.cut(together.get(i), sequence.length));
            if (!good) {
                return null;
            }
            padding = own;
        }
        return padding;
    }

    // ---- warm-up

    private void warm(InferRequest example, int largest, Duration time) {
        long end = System.nanoTime() + time.toNanos();
        for (int rows = 1; System.nanoTime() < end; rows = rows >= largest ? 1 : rows * 2) {
            List<Pending> batch = new ArrayList<>();
            for (int i = 0; i < Math.min(rows, largest); i++) {
                batch.add(new Pending(example, signature));
            }
            computed(batch);
        }
    }
}
