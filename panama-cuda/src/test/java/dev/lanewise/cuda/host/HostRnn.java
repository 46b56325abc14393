package dev.lanewise.cuda.host;

import dev.lanewise.cuda.api.CudnnRnn.CellMode;
import dev.lanewise.cuda.api.CudnnRnn.Rnn;
import dev.lanewise.cuda.api.CudnnRnn.RnnParameters;
import dev.lanewise.cuda.api.CudnnRnn.RnnSpaces;
import dev.lanewise.cuda.api.CudnnRnn.RnnStates;
import dev.lanewise.cuda.api.DataType;

/**
 * A recurrent layer of cuDNN on host memory, step by step in double precision. Its parameters lie as cuDNN's do, matrices
 * first, but the biases from the last to the first with gaps between them. As in cuDNN the forward pass in training leaves
 * what it computed in the reserve, the first backward pass leaves the gates' gradients there, once, and the second reads
 * them.
 *
 * @param batch how many sequences
 * @param times how long they are
 */
record HostRnn(Rnn rnn, DataType type, int batch, int times) {
    private static final int GAP = 16;
    private static final long WORKSPACE_BYTES = 512;

    /** The passes, in their order: each writes its number in front of the reserve. */
    private static final double FORWARD = 1;

    private static final double DATA = 2;
    private static final double WEIGHTS = 3;

    /** Addresses of sequences and of what passes work with. */
    record Memory(long x, long y, RnnStates first, long weights, long reserve) {}

    private int gates() {
        return rnn.mode().gates();
    }

    private int hidden() {
        return rnn.hiddenSize();
    }

    /** Elements of all gates. */
    private int rows() {
        return gates() * hidden();
    }

    private long matrices() {
        return (long) rows() * (rnn.inputSize() + hidden());
    }

    private long matrix(int direction, int id) {
        long ofInput = (long) hidden() * rnn.inputSize() * Math.min(id, gates());
        return direction * matrices() + ofInput + (long) hidden() * hidden() * Math.max(0, id - gates());
    }

    private long bias(int direction, int id) {
        int last = 2 * gates() * rnn.directions() - 1;
        return rnn.directions() * matrices() + (long) (last - direction * 2 * gates() - id) * (hidden() + GAP);
    }

    long weightBytes() {
        return type.bytes() * (rnn.directions() * matrices() + 2L * gates() * rnn.directions() * (hidden() + GAP));
    }

    RnnParameters parameters(int direction, long weights, int id) {
        return new RnnParameters(
                weights + type.bytes() * matrix(direction, id), weights + type.bytes() * bias(direction, id));
    }

    RnnSpaces spaces(boolean training) {
        long cells = (long) rnn.directions() * batch * times;
        return training
                ? new RnnSpaces(2 * WORKSPACE_BYTES, Double.BYTES * (1 + cells * cellSize()))
                : new RnnSpaces(WORKSPACE_BYTES, 0);
    }

    /** Gates, the cell (or of GRU the state's part of the candidate), and the gradients of both parts of the gates. */
    private int cellSize() {
        return 3 * rows() + hidden();
    }

    /** One direction of one sequence. */
    private final class Line {
        final Memory memory;
        final int direction;
        final int sample;

        Line(Memory memory, int direction, int sample) {
            this.memory = memory;
            this.direction = direction;
            this.sample = sample;
        }

        int time(int step) {
            return direction == 0 ? step : times - 1 - step;
        }

        double x(int t, int k) {
            return HostElements.get(type, memory.x, ((long) sample * times + t) * rnn.inputSize() + k);
        }

        long output(int t, int j) {
            return (((long) sample * times + t) * rnn.directions() + direction) * hidden() + j;
        }

        double state(long address, int j) {
            return address == 0 ? 0 : HostElements.get(type, address, stateIndex(j));
        }

        void setState(long address, int j, double value) {
            if (address != 0) {
                HostElements.set(type, address, stateIndex(j), value);
            }
        }

        private long stateIndex(int j) {
            return ((long) direction * batch + sample) * hidden() + j;
        }

        double hiddenBefore(int step, int j) {
            return step == 0
                    ? state(memory.first.hidden(), j)
                    : HostElements.get(type, memory.y, output(time(step - 1), j));
        }

        double cellBefore(int step, int j) {
            return step == 0 ? state(memory.first.cell(), j) : saved(step - 1, rows() + j);
        }

        private long savedIndex(int step, int element) {
            long cell = ((long) direction * batch + sample) * times + step;
            return 1 + cell * cellSize() + element;
        }

        double saved(int step, int element) {
            return HostElements.get(DataType.F64, memory.reserve, savedIndex(step, element));
        }

        void save(int step, int element, double value) {
            if (memory.reserve != 0) {
                HostElements.set(DataType.F64, memory.reserve, savedIndex(step, element), value);
            }
        }

        double weight(int id, int row, int column, int columns) {
            return HostElements.get(type, memory.weights, matrix(direction, id) + (long) row * columns + column);
        }

        double bias(int id, int row) {
            return HostElements.get(type, memory.weights, HostRnn.this.bias(direction, id) + row);
        }
    }

    private interface EachLine {
        void run(Line line);
    }

    private void lines(Memory memory, EachLine body) {
        for (int direction = 0; direction < rnn.directions(); direction++) {
            for (int sample = 0; sample < batch; sample++) {
                body.run(new Line(memory, direction, sample));
            }
        }
    }

    private static void enter(Memory memory, double pass) {
        double before = HostElements.get(DataType.F64, memory.reserve, 0);
        if (pass != FORWARD && before != pass - 1) {
            throw new AssertionError("the reserve of pass " + pass + " comes from pass " + before);
        }
        HostElements.set(DataType.F64, memory.reserve, 0, pass);
    }

    void forward(Memory memory, RnnStates last) {
        if (memory.reserve != 0) {
            enter(memory, FORWARD);
        }
        lines(memory, line -> forward(line, last));
    }

    private void forward(Line line, RnnStates last) {
        double[] h = new double[hidden()];
        double[] c = new double[hidden()];
        for (int j = 0; j < h.length; j++) {
            h[j] = line.state(line.memory.first.hidden(), j);
            c[j] = line.state(line.memory.first.cell(), j);
        }
        for (int step = 0; step < times; step++) {
            double[] next = new double[h.length];
            for (int j = 0; j < h.length; j++) {
                next[j] = unit(line, step, j, h, c);
                HostElements.set(type, line.memory.y, line.output(line.time(step), j), next[j]);
            }
            h = next;
        }
        for (int j = 0; j < h.length; j++) {
            line.setState(last.hidden(), j, h[j]);
            line.setState(last.cell(), j, c[j]);
        }
    }

    /** One element of the next hidden state. */
    private double unit(Line line, int step, int j, double[] h, double[] c) {
        double[] x = new double[gates()];
        double[] r = new double[gates()];
        for (int gate = 0; gate < gates(); gate++) {
            x[gate] = line.bias(gate, j);
            for (int k = 0; k < rnn.inputSize(); k++) {
                x[gate] += line.weight(gate, j, k, rnn.inputSize()) * line.x(line.time(step), k);
            }
            r[gate] = line.bias(gates() + gate, j);
            for (int k = 0; k < h.length; k++) {
                r[gate] += line.weight(gates() + gate, j, k, h.length) * h[k];
            }
        }
        double[] a = HostCells.gates(rnn.mode(), x, r);
        for (int gate = 0; gate < gates(); gate++) {
            line.save(step, gate * hidden() + j, a[gate]);
        }
        return switch (rnn.mode()) {
            case RNN_TANH -> a[0];
            case GRU -> {
                line.save(step, rows() + j, r[2]);
                yield (1 - a[1]) * a[2] + a[1] * h[j];
            }
            case LSTM -> {
                c[j] = a[1] * c[j] + a[0] * a[2];
                line.save(step, rows() + j, c[j]);
                yield a[3] * Math.tanh(c[j]);
            }
        };
    }

    void backwardData(Memory memory, long dy, long dx, RnnStates dLast, RnnStates dFirst) {
        enter(memory, DATA);
        double[] sums = new double[batch * times * rnn.inputSize()];
        lines(memory, line -> backwardData(line, dy, sums, dLast, dFirst));
        for (int i = 0; i < sums.length; i++) {
            HostElements.set(type, dx, i, sums[i]);
        }
    }

    private void backwardData(Line line, long dy, double[] dx, RnnStates dLast, RnnStates dFirst) {
        double[] dh = new double[hidden()];
        double[] dc = new double[hidden()];
        for (int j = 0; j < dh.length; j++) {
            dh[j] = line.state(dLast.hidden(), j);
            dc[j] = line.state(dLast.cell(), j);
        }
        for (int step = times - 1; step >= 0; step--) {
            int t = line.time(step);
            double[] before = new double[dh.length];
            for (int j = 0; j < dh.length; j++) {
                double g = HostElements.get(type, dy, line.output(t, j)) + dh[j];
                before[j] = gateGradients(line, step, j, g, dc);
            }
            for (int row = 0; row < rows(); row++) {
                int gate = row / hidden();
                double gx = line.saved(step, rows() + hidden() + row);
                double gh = line.saved(step, 2 * rows() + hidden() + row);
                for (int k = 0; k < rnn.inputSize(); k++) {
                    dx[(line.sample * times + t) * rnn.inputSize() + k] +=
                            gx * line.weight(gate, row % hidden(), k, rnn.inputSize());
                }
                for (int k = 0; k < dh.length; k++) {
                    before[k] += gh * line.weight(gates() + gate, row % hidden(), k, dh.length);
                }
            }
            dh = before;
        }
        for (int j = 0; j < dh.length; j++) {
            line.setState(dFirst.hidden(), j, dh[j]);
            line.setState(dFirst.cell(), j, dc[j]);
        }
    }

    /** Leaves one element's gradients of all gates in the reserve; gives what goes past them to the state before. */
    private double gateGradients(Line line, int step, int j, double g, double[] dc) {
        double[] a = new double[gates()];
        for (int gate = 0; gate < a.length; gate++) {
            a[gate] = line.saved(step, gate * hidden() + j);
        }
        double extra = line.saved(step, rows() + j);
        HostCells.Gradients gradients = HostCells.gradients(
                rnn.mode(), a, extra, line.hiddenBefore(step, j), hasCells() ? line.cellBefore(step, j) : 0, g, dc[j]);
        dc[j] = gradients.cell();
        for (int gate = 0; gate < gates(); gate++) {
            line.save(step, rows() + hidden() + gate * hidden() + j, gradients.input()[gate]);
            line.save(
                    step, 2 * rows() + hidden() + gate * hidden() + j, gradients.state()[gate]);
        }
        return gradients.past();
    }

    /** Adds to what the weights' memory holds. */
    void backwardWeights(Memory memory) {
        enter(memory, WEIGHTS);
        double[] sums = new double[Math.toIntExact(weightBytes() / type.bytes())];
        lines(memory, line -> {
            for (int step = 0; step < times; step++) {
                for (int row = 0; row < rows(); row++) {
                    addWeightGradients(line, step, row / hidden(), row % hidden(), sums);
                }
            }
        });
        for (int i = 0; i < sums.length; i++) {
            double before = HostElements.get(type, memory.weights, i);
            HostElements.set(type, memory.weights, i, before + sums[i]);
        }
    }

    private void addWeightGradients(Line line, int step, int gate, int j, double[] sums) {
        int row = gate * hidden() + j;
        double gx = line.saved(step, rows() + hidden() + row);
        double gh = line.saved(step, 2 * rows() + hidden() + row);
        int ofInput = Math.toIntExact(matrix(line.direction, gate)) + j * rnn.inputSize();
        for (int k = 0; k < rnn.inputSize(); k++) {
            sums[ofInput + k] += gx * line.x(line.time(step), k);
        }
        int ofState = Math.toIntExact(matrix(line.direction, gates() + gate)) + j * hidden();
        for (int k = 0; k < hidden(); k++) {
            sums[ofState + k] += gh * line.hiddenBefore(step, k);
        }
        sums[Math.toIntExact(bias(line.direction, gate)) + j] += gx;
        sums[Math.toIntExact(bias(line.direction, gates() + gate)) + j] += gh;
    }

    /** Whether states of this layer come with cells. */
    boolean hasCells() {
        return rnn.mode() == CellMode.LSTM;
    }
}
