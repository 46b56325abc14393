package dev.lanewise.nn.data.table;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/**
 * How much a model depends on a column: how far its score falls when the column's cells are shuffled among the rows
 * (Breiman 2001, "Random forests"; scikit-learn's {@code permutation_importance}). Of two columns that say the same,
 * each can seem unimportant, since the model still has the other one.
 *
 * <p>{@snippet :
 * List<PermutationImportance> columns = PermutationImportance.of(
 *         features, table -> accuracy(model, encoder.encode(table), labels), 5, seed);
 * }
 *
 * @param column the name of the column
 * @param mean by how much the score falls, on average over the shuffles
 * @param deviation the standard deviation of this over the shuffles (of all of them, divided by their number)
 */
public record PermutationImportance(String column, double mean, double deviation) {
    /** Holds the given values, none of which may be null. */
    public PermutationImportance {
        Objects.requireNonNull(column, "column");
    }

    /**
     * Measures all columns of a table.
     *
     * @param features rows that the model was not trained on
     * @param score how good the model is on rows like these, in their order; greater is better
     * @param repeats how often each column is shuffled, 1 or more
     * @param seed determines the shuffles
     * @return the columns, the most important one first
     * @throws IllegalArgumentException if {@code repeats} is less than 1
     */
    public static List<PermutationImportance> of(
            Table features, ToDoubleFunction<Table> score, int repeats, long seed) {
        if (repeats < 1) {
            throw new IllegalArgumentException(
                    "permutation importance: found " + repeats + " repeats; expected 1 or more; 5 is usual");
        }
        double whole = score.applyAsDouble(features);
        SplittableRandom random = new SplittableRandom(seed);
        List<PermutationImportance> columns = new ArrayList<>();
        for (Column column : features.columns()) {
            double[] falls = new double[repeats];
            double sum = 0;
            for (int i = 0; i < repeats; i++) {
                int[] order = shuffled(features.rows(), random);
                falls[i] = whole - score.applyAsDouble(features.withReordered(column, order));
                sum += falls[i];
            }
            double mean = sum / repeats;
            double squares = 0;
            for (double fall : falls) {
                squares += (fall - mean) * (fall - mean);
            }
            columns.add(new PermutationImportance(column.name(), mean, Math.sqrt(squares / repeats)));
        }
        columns.sort(Comparator.comparingDouble(PermutationImportance::mean).reversed());
        return columns;
    }

    private static int[] shuffled(int rows, SplittableRandom random) {
        int[] order = new int[rows];
        for (int i = 0; i < rows; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }
}
