package dev.lanewise.onnx.op;

import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.run.Call;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;

/** Support vector machines, as LIBSVM has them (Chang and Lin 2011). */
final class SupportVectors {
    private SupportVectors() {}

    /** The kernel of a node's attributes. */
    private record Kernel(String type, double gamma, double coef, double degree) {
        static Kernel of(Call c) {
            float[] params = TabularOps.or0(c.floats("kernel_params"));
            return new Kernel(
                    c.s("kernel_type", "LINEAR"),
                    params.length > 0 ? params[0] : 0,
                    params.length > 1 ? params[1] : 0,
                    params.length > 2 ? params[2] : 0);
        }

        double of(double[] x, int from, float[] v, int at, int width) {
            double sum = 0;
            for (int i = 0; i < width; i++) {
                double a = x[from + i];
                double b = v[at + i];
                sum += type.equals("RBF") ? (a - b) * (a - b) : a * b;
            }
            return switch (type) {
                case "RBF" -> Math.exp(-gamma * sum);
                case "POLY" -> Math.pow(gamma * sum + coef, degree);
                case "SIGMOID" -> Math.tanh(gamma * sum + coef);
                default -> sum;
            };
        }
    }

    private static int rows(Tensor x) {
        return x.shape().rank() == 1 ? 1 : (int) x.shape().size(0);
    }

    static Tensor regressor(Call c) {
        Tensor x = c.x();
        double[] features = Host.doubles(x);
        int rows = rows(x);
        int width = rows == 0 ? 0 : features.length / rows;
        int supports = (int) c.i("n_supports", 0);
        float[] vectors = TabularOps.or0(c.floats("support_vectors"));
        float[] coefficients = TabularOps.or0(c.floats("coefficients"));
        float[] rho = TabularOps.or0(c.floats("rho"));
        Kernel kernel = Kernel.of(c);
        double[][] out = new double[rows][1];
        for (int row = 0; row < rows; row++) {
            double sum = rho.length == 0 ? 0 : rho[0];
            for (int j = 0; j < supports; j++) {
                sum += coefficients[j] * kernel.of(features, row * width, vectors, j * width, width);
            }
            if (supports == 0) {
                sum += kernel.of(features, row * width, coefficients, 0, width);
            }
            out[row][0] = c.i("one_class", 0) != 0 ? (sum > 0 ? 1 : -1) : sum;
            Scores.transform(c.s("post_transform", "NONE"), out[row]);
        }
        return TabularOps.table(out, 1);
    }

    static OnnxValue[] classifier(Call c) {
        Tensor x = c.x();
        double[] features = Host.doubles(x);
        int rows = rows(x);
        int width = rows == 0 ? 0 : features.length / rows;
        TabularOps.Labels labels = TabularOps.Labels.of(c);
        long[] given = c.ints("vectors_per_class");
        int[] perClass = given == null ? new int[0] : Host.ints(given);
        float[] vectors = TabularOps.or0(c.floats("support_vectors"));
        float[] coefficients = TabularOps.or0(c.floats("coefficients"));
        float[] rho = TabularOps.or0(c.floats("rho"));
        float[] probA = TabularOps.or0(c.floats("prob_a"));
        float[] probB = TabularOps.or0(c.floats("prob_b"));
        Kernel kernel = Kernel.of(c);
        int total = Arrays.stream(perClass).sum();
        int classes = total > 0 ? perClass.length : labels.size();
        String transform = c.s("post_transform", "NONE");
        int[] chosen = new int[rows];
        double[][] out = new double[rows][];
        for (int row = 0; row < rows; row++) {
            if (total == 0) {
                double[] scores = new double[classes];
                for (int k = 0; k < classes; k++) {
                    scores[k] = kernel.of(features, row * width, coefficients, k * width, width) + rho[0];
                }
                chosen[row] = TreeOps.argmax(scores);
                Scores.transform(transform, scores);
                out[row] = scores;
                continue;
            }
            double[] kernels = new double[total];
            for (int j = 0; j < total; j++) {
                kernels[j] = kernel.of(features, row * width, vectors, j * width, width);
            }
            double[] pairs = pairs(kernels, perClass, coefficients, rho);
            if (probA.length > 0) {
                double[] scores = probabilities(pairs, classes, probA, probB);
                chosen[row] = TreeOps.argmax(scores);
                out[row] = scores;
            } else {
                double[] votes = votes(pairs, classes);
                chosen[row] = TreeOps.argmax(votes);
                if (classes == 2) {
                    // the pair's score is the first class's; the second one's is given as the positive
                    out[row] = new double[] {pairs[0], -pairs[0]};
                } else {
                    out[row] = pairs;
                }
                Scores.transform(transform, out[row]);
            }
        }
        return Call.out(labels.of(chosen), OnnxValue.of(TabularOps.table(out, rows == 0 ? classes : out[0].length)));
    }

    private static double[] pairs(double[] kernels, int[] perClass, float[] coefficients, float[] rho) {
        int classes = perClass.length;
        int[] start = new int[classes];
        for (int k = 1; k < classes; k++) {
            start[k] = start[k - 1] + perClass[k - 1];
        }
        double[] pairs = new double[classes * (classes - 1) / 2];
        int at = 0;
        for (int i = 0; i < classes; i++) {
            for (int j = i + 1; j < classes; j++) {
                double sum = 0;
                for (int k = 0; k < perClass[i]; k++) {
                    sum += coefficients[kernels.length * (j - 1) + start[i] + k] * kernels[start[i] + k];
                }
                for (int k = 0; k < perClass[j]; k++) {
                    sum += coefficients[kernels.length * i + start[j] + k] * kernels[start[j] + k];
                }
                pairs[at] = sum + rho[at];
                at++;
            }
        }
        return pairs;
    }

    private static double[] votes(double[] pairs, int classes) {
        double[] votes = new double[classes];
        int at = 0;
        for (int i = 0; i < classes; i++) {
            for (int j = i + 1; j < classes; j++) {
                votes[pairs[at++] > 0 ? i : j]++;
            }
        }
        return votes;
    }

    /** Pairwise coupling (Wu, Lin and Weng 2004, the second method). */
    private static double[] probabilities(double[] pairs, int k, float[] a, float[] b) {
        double[][] r = new double[k][k];
        int at = 0;
        for (int i = 0; i < k; i++) {
            for (int j = i + 1; j < k; j++) {
                double value = 1 / (1 + Math.exp(pairs[at] * a[at] + b[at]));
                r[i][j] = Math.clamp(value, 1e-7, 1 - 1e-7);
                r[j][i] = 1 - r[i][j];
                at++;
            }
        }
        double[][] q = new double[k][k];
        double[] p = new double[k];
        for (int t = 0; t < k; t++) {
            p[t] = 1.0 / k;
            for (int j = 0; j < k; j++) {
                if (j != t) {
                    q[t][t] += r[j][t] * r[j][t];
                    q[t][j] = -r[j][t] * r[t][j];
                }
            }
        }
        double[] qp = new double[k];
        for (int iteration = 0; iteration < Math.max(100, k); iteration++) {
            double pqp = 0;
            for (int t = 0; t < k; t++) {
                qp[t] = 0;
                for (int j = 0; j < k; j++) {
                    qp[t] += q[t][j] * p[j];
                }
                pqp += p[t] * qp[t];
            }
            double error = 0;
            for (int t = 0; t < k; t++) {
                error = Math.max(error, Math.abs(qp[t] - pqp));
            }
            if (error < 0.005 / k) {
                break;
            }
            for (int t = 0; t < k; t++) {
                double diff = (-qp[t] + pqp) / q[t][t];
                p[t] += diff;
                pqp = (pqp + diff * (diff * q[t][t] + 2 * qp[t])) / (1 + diff) / (1 + diff);
                for (int j = 0; j < k; j++) {
                    qp[j] = (qp[j] + diff * q[t][j]) / (1 + diff);
                    p[j] /= 1 + diff;
                }
            }
        }
        return p;
    }
}
