package dev.lanewise.spark;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.onnx.OnnxModel;
import dev.lanewise.spark.InputRows.Where;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.function.IntFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/** The rows of a partition with a model's results, computed batch by batch as they are asked for. */
final class ScoredRows implements Iterator<Row> {
    private final Iterator<Row> source;
    private final OnnxModel model;
    private final Plan plan;
    private final int partition;
    private final List<InputRows> inputs = new ArrayList<>();
    private final List<Row> batch = new ArrayList<>();
    private List<IntFunction<Object>> results = List.of();
    private int next;
    private long read;

    ScoredRows(Iterator<Row> source, OnnxModel model, Plan plan, int partition) {
        this.source = source;
        this.model = model;
        this.plan = plan;
        this.partition = partition;
        plan.inputs().forEach(input -> inputs.add(new InputRows(input, plan.batchRows())));
    }

    @Override
    public boolean hasNext() {
        if (next == batch.size()) {
            fill();
        }
        return next < batch.size();
    }

    @Override
    public Row next() {
        if (!hasNext()) {
            throw new NoSuchElementException("no more rows in partition " + partition);
        }
        Row row = batch.get(next);
        Object[] values = new Object[row.length() + results.size()];
        for (int i = 0; i < row.length(); i++) {
            values[i] = row.get(i);
        }
        for (int i = 0; i < results.size(); i++) {
            values[row.length() + i] = results.get(i).apply(next);
        }
        next++;
        return RowFactory.create(values);
    }

    private void fill() {
        batch.clear();
        next = 0;
        while (batch.size() < plan.batchRows() && source.hasNext()) {
            Row row = source.next();
            Where where = new Where(partition, read++);
            inputs.forEach(input -> input.add(row, where));
            batch.add(row);
        }
        if (!batch.isEmpty()) {
            results = Autograd.noGrad(this::computed);
        }
    }

    private List<IntFunction<Object>> computed() {
        try (Scope ignored = Scope.open("spark")) {
            int rows = plan.isFixed() ? plan.batchRows() : batch.size();
            Map<String, Tensor> arguments = new LinkedHashMap<>();
            for (int i = 0; i < inputs.size(); i++) {
                arguments.put(plan.inputs().get(i).name(), inputs.get(i).take(rows));
            }
            Map<String, Tensor> tensors = model.forward(arguments);
            List<IntFunction<Object>> columns = new ArrayList<>();
            for (OutputColumn output : plan.outputs()) {
                columns.add(output.values(Objects.requireNonNull(tensors.get(output.output())), rows));
            }
            return columns;
        }
    }
}
