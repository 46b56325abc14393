package dev.lanewise.onnx.run;

import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.format.Node;
import dev.lanewise.tensor.OutOfTensorMemoryException;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * A graph ready to run.
 *
 * @param name the graph's name
 * @param inputs the names of its inputs
 * @param outputs the names of its outputs
 * @param constants its stored tensors
 * @param steps its nodes in order
 */
public record Program(
        String name, List<String> inputs, List<String> outputs, Map<String, OnnxValue> constants, List<Step> steps) {
    /**
     * A node ready to run.
     *
     * @param node the node
     * @param opset the version of its operators
     * @param operator computes it
     * @param graphs its attributes that are graphs
     */
    public record Step(Node node, int opset, Operator operator, Map<String, Program> graphs) {}

    /** Runs the graph on its inputs in order; trailing ones may be omitted. */
    public List<OnnxValue> run(@Nullable Env outer, List<? extends @Nullable OnnxValue> arguments) {
        Env env = new Env(outer, constants.size() + steps.size() * 2);
        for (int i = 0; i < arguments.size() && i < inputs.size(); i++) {
            OnnxValue argument = arguments.get(i);
            if (argument != null) {
                env.put(inputs.get(i), argument);
            }
        }
        return run(env);
    }

    /** Runs the graph once its inputs are in place. */
    List<OnnxValue> run(Env env) {
        constants.forEach(env::put);
        for (Step step : steps) {
            run(step, env);
        }
        return outputs.stream().map(env::get).toList();
    }

    /** The same graph with other nodes. */
    public Program with(List<Step> others) {
        return new Program(name, inputs, outputs, constants, others);
    }

    /** Runs one node and puts its results into the values. */
    public static void run(Step step, Env env) {
        Node node = step.node();
        OnnxValue[] results;
        Call call = new Call(step, env);
        try {
            results = step.operator().run(call);
        } catch (TensorException e) {
            String message = String.valueOf(e.getMessage());
            throw e.getClass() != TensorException.class || message.startsWith("onnx: node ")
                    ? e
                    : new TensorException("onnx: node " + node.describe() + ": " + message, e);
        } catch (IllegalArgumentException
                | IndexOutOfBoundsException
                | ArithmeticException
                | NegativeArraySizeException
                | NullPointerException
                | NoSuchElementException
                | UnsupportedOperationException
                | ClassCastException e) {
            throw new TensorException(
                    "onnx: node " + node.describe() + ": can't take " + call.describe() + " (" + e.getMessage()
                            + "); check its inputs and attributes",
                    e);
        } catch (OutOfMemoryError e) {
            throw new OutOfTensorMemoryException(
                    "onnx: node " + node.describe() + ": no room in Java's heap for " + call.describe() + " ("
                            + e.getMessage() + "); give smaller inputs, or a larger heap with -Xmx",
                    e);
        }
        List<String> names = node.outputs();
        for (int i = 0; i < names.size(); i++) {
            if (!names.get(i).isEmpty()) {
                if (i >= results.length) {
                    throw new TensorException("onnx: node " + node.describe() + " has " + names.size()
                            + " outputs (expected at most " + results.length + "); check the graph");
                }
                env.put(names.get(i), results[i]);
            }
        }
    }

    @Override
    public String toString() {
        return name + Arrays.toString(steps.toArray());
    }
}
