package dev.lanewise.nn.sequence;

import dev.lanewise.nn.sequence.Recurrent.Result;
import dev.lanewise.nn.sequence.Recurrent.Steps;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.sequence.Recurrence;
import dev.lanewise.tensor.op.sequence.Recurrence.Kind;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One run of a recurrent network over sequences of different lengths, padded to one. */
final class PackedRun {
    private final Recurrent network;
    private final Tensor x;
    private final Tensor lengths;
    private final @Nullable Result before;

    /** {@code [n, time]}: whether a time is one of the sequence's. */
    private final Tensor within;

    /** {@code [n, time]}: the times in reverse, those beyond the end where they are. */
    private final Tensor reversed;

    PackedRun(Recurrent network, Tensor x, Tensor lengths, @Nullable Result before) {
        this.network = network;
        this.lengths = lengths.to(DType.I64);
        this.before = before;
        Tensor time = Tensor.arange(x.shape().size(1), DType.I64, x.device());
        Tensor ends = this.lengths.unsqueeze(1);
        within = time.lt(ends);
        // times 0 in the gradients, NaN in the padding would be NaN
        this.x = masked(x);
        reversed = within.where(ends.sub(time).sub(1L), time.expand(within.shape()));
    }

    Steps run() {
        List<Tensor> hiddens = new ArrayList<>();
        List<Tensor> cells = new ArrayList<>();
        Tensor y = x;
        Tensor lastCells = null;
        for (int layer = 0; layer < network.layers; layer++) {
            Steps now = layer(layer, y, hiddens, cells);
            lastCells = now.cells();
            y = network.dropped(now.output(), layer);
        }
        Tensor cell = network.kind == Kind.LSTM ? Tensor.stack(0, cells.toArray(Tensor[]::new)) : null;
        Result states = new Result(y, Tensor.stack(0, hiddens.toArray(Tensor[]::new)), cell);
        return new Steps(y, lastCells, states);
    }

    private Steps layer(int layer, Tensor in, List<Tensor> hiddens, List<Tensor> cells) {
        List<Tensor> outputs = new ArrayList<>();
        List<Tensor> cellsOfSteps = new ArrayList<>();
        int count = network.bidirectional ? 2 : 1;
        for (int d = 0; d < count; d++) {
            Tensor seen = d == 0 ? in : turned(in);
            int number = layer * count + d;
            Steps steps = network.kind == Kind.LSTM ? lstm(seen, number) : whole(seen, number);
            hiddens.add(steps.last().hidden());
            outputs.add(d == 0 ? steps.output() : turned(steps.output()));
            if (steps.cells() != null && steps.last().cell() != null) {
                cells.add(steps.last().cell());
                cellsOfSteps.add(d == 0 ? steps.cells() : turned(steps.cells()));
            }
        }
        Tensor output = masked(Tensor.cat(2, outputs.toArray(Tensor[]::new)));
        Tensor all = cellsOfSteps.isEmpty() ? null : masked(Tensor.cat(2, cellsOfSteps.toArray(Tensor[]::new)));
        return new Steps(output, all, new Result(output, output, null));
    }

    private Tensor masked(Tensor states) {
        return within.unsqueeze(2).where(states, states.zerosLike());
    }

    /** Each sequence from its end to its beginning. */
    private Tensor turned(Tensor states) {
        Tensor index = reversed.unsqueeze(2).expand(states.shape());
        return states.gather(1, index);
    }

    /** The states of a time of each sequence's own: its last one. */
    private Tensor ends(Tensor states) {
        Tensor index = lengths.sub(1L).reshape(-1, 1, 1).expand(states.shape().with(1, 1));
        return states.gather(1, index).squeeze(1);
    }

    private Steps whole(Tensor in, int number) {
        Tensor output = network.operation(number, in, network.states(number, in, before))
                .output();
        return new Steps(output, null, new Result(output, ends(output), null));
    }

    /** Step by step, because the operation gives no cell states but the last. */
    private Steps lstm(Tensor in, int number) {
        List<Tensor> states = network.states(number, in, before);
        List<Tensor> hiddens = new ArrayList<>();
        List<Tensor> cells = new ArrayList<>();
        for (long t = 0; t < in.shape().size(1); t++) {
            Recurrence.Result step = network.operation(number, in.narrow(1, t, 1), states);
            states = step.lastStates();
            hiddens.add(states.get(0));
            cells.add(states.get(1));
        }
        Tensor output = Tensor.stack(1, hiddens.toArray(Tensor[]::new));
        Tensor all = Tensor.stack(1, cells.toArray(Tensor[]::new));
        return new Steps(output, all, new Result(output, ends(output), ends(all)));
    }
}
