package dev.lanewise.onnx.plan;

import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.run.Env;
import dev.lanewise.onnx.run.NodeTimes;
import dev.lanewise.onnx.run.Program;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.spi.Buffer;
import dev.lanewise.tensor.spi.Storage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Runs a graph so that the memory of a value is released as soon as its last reader has run: the next node's result is
 * then placed in memory that is still in the caches, and a call needs little more memory than the largest values that
 * live at the same time.
 */
public final class Lifetimes {
    private static final String OWNER = "the graph, whose nodes have all read it";

    private final Program program;
    /** For each node, the values that no later node reads. */
    private final List<List<String>> ends;

    public Lifetimes(Program program) {
        this.program = program;
        Map<String, Integer> last = new HashMap<>();
        List<Program.Step> steps = program.steps();
        for (int i = 0; i < steps.size(); i++) {
            int at = i;
            Set<String> read = new HashSet<>(steps.get(i).node().outputs());
            Preparation.reads(steps.get(i), read);
            read.forEach(name -> last.put(name, at));
        }
        Set<String> computed = new HashSet<>();
        steps.forEach(step -> computed.addAll(step.node().outputs()));
        program.outputs().forEach(computed::remove);
        this.ends = new ArrayList<>();
        steps.forEach(step -> ends.add(new ArrayList<>()));
        last.forEach((name, at) -> {
            if (computed.contains(name)) {
                ends.get(at).add(name);
            }
        });
    }

    /**
     * Runs the graph once its inputs are in place, inside a scope of this call.
     *
     * @param inputs the inputs' names; inputs live until the call ends
     */
    public List<OnnxValue> run(Env env, Set<String> inputs) {
        Object scope = Storage.buffer(Tensor.full(0, DType.U8, Device.CPU)).scope();
        Live live = new Live(scope);
        inputs.forEach(name -> live.add(env.get(name)));
        NodeTimes times = env.times();
        List<Program.Step> steps = program.steps();
        for (int i = 0; i < steps.size(); i++) {
            Program.Step step = steps.get(i);
            long start = times == null ? 0 : System.nanoTime();
            try (Scope own = Scope.open("onnx")) {
                Program.run(step, env);
                for (String output : step.node().outputs()) {
                    if (!output.isEmpty()) {
                        OnnxValue value = env.get(output);
                        keep(value, own);
                        live.add(value);
                    }
                }
            }
            for (String name : ends.get(i)) {
                live.end(env.remove(name));
            }
            if (times != null) {
                times.add(step, System.nanoTime() - start);
            }
        }
        return program.outputs().stream().map(env::get).toList();
    }

    /**
     * The memory of living values.
     *
     * @param scope the owner of the memory that the call made: all other memory belongs to someone else
     * @param counts how many values look into a buffer
     */
    private record Live(@Nullable Object scope, IdentityHashMap<Buffer, Integer> counts) {
        Live(@Nullable Object scope) {
            this(scope, new IdentityHashMap<>());
        }

        void add(OnnxValue value) {
            switch (value) {
                case OnnxValue.Numbers numbers -> counts.merge(Storage.buffer(numbers.tensor()), 1, Integer::sum);
                case OnnxValue.Sequence sequence -> sequence.values().forEach(this::add);
                case OnnxValue.Texts texts -> {}
                case OnnxValue.Table table -> {}
                case OnnxValue.Nothing nothing -> {}
            }
        }

        void end(@Nullable OnnxValue value) {
            switch (value) {
                case OnnxValue.Numbers numbers -> end(Storage.buffer(numbers.tensor()));
                case OnnxValue.Sequence sequence -> sequence.values().forEach(this::end);
                case OnnxValue.Texts texts -> {}
                case OnnxValue.Table table -> {}
                case OnnxValue.Nothing nothing -> {}
                case null -> {}
            }
        }

        @SuppressWarnings("ReferenceEquality") // identity: the scope itself
        private void end(Buffer buffer) {
            Integer count = counts.merge(buffer, -1, Lifetimes::less);
            if (count == null && scope != null && buffer.scope() == scope && buffer.passOn(scope, null)) {
                buffer.release(OWNER);
            }
        }
    }

    private static void keep(OnnxValue value, Scope own) {
        if (value instanceof OnnxValue.Numbers numbers) {
            own.keep(numbers.tensor());
        } else if (value instanceof OnnxValue.Sequence sequence) {
            sequence.values().forEach(element -> keep(element, own));
        }
    }

    private static @Nullable Integer less(int count, int change) {
        return count + change <= 0 ? null : count + change;
    }
}
