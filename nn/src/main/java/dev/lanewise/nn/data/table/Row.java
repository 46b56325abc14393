package dev.lanewise.nn.data.table;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One row of {@link Rows}: texts under the names of columns, some possibly missing. */
public final class Row {
    private final List<String> names;
    private final Map<String, Integer> positions;
    private final @Nullable String[] cells;

    /**
     * A row.
     *
     * @param positions of the names, which all rows of a source share: with thousands of columns, a search for each cell would
     *     take longer than reading it
     */
    Row(List<String> names, Map<String, Integer> positions, @Nullable String[] cells) {
        this.names = names;
        this.positions = positions;
        this.cells = cells;
    }

    /** {@return the names of the columns, in their order} */
    public List<String> names() {
        return names;
    }

    @Nullable
    String[] cells() {
        return cells;
    }

    /**
     * {@return the text of a cell, null if it is missing}
     *
     * @param column the column's name
     * @throws IllegalArgumentException if there is no such column
     */
    public @Nullable String text(String column) {
        Integer index = positions.get(column);
        if (index == null) {
            throw new IllegalArgumentException(
                    "row: found no column '" + column + "'; expected one of " + names + "; check the name");
        }
        return cells[index];
    }

    /**
     * {@return the number in a cell, NaN if it is missing}
     *
     * @param column the column's name
     * @throws IllegalArgumentException if there is no such column, or the cell is not a number
     */
    public double number(String column) {
        String cell = text(column);
        if (cell == null) {
            return Double.NaN;
        }
        if (!Column.isNumber(cell)) {
            throw new IllegalArgumentException("column '" + column + "': found '" + cell
                    + "'; expected a number; correct the cell or leave it empty");
        }
        return Double.parseDouble(cell);
    }

    /** {@return whether any cell is missing} */
    public boolean hasMissing() {
        for (String cell : cells) {
            if (cell == null) {
                return true;
            }
        }
        return false;
    }
}
