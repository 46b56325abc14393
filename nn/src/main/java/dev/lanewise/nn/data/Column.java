package dev.lanewise.nn.data;

import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A named column of a {@link Table}: cells of text, some perhaps missing, and what they mean. */
public final class Column {
    /** What a column's cells mean. */
    public enum Type {
        /** Numbers. */
        NUMBER,
        /** One of a few names. */
        CATEGORY
    }

    private final String name;
    private final Type type;
    private final @Nullable String[] cells;

    private Column(String name, Type type, @Nullable String[] cells) {
        this.name = name;
        this.type = type;
        this.cells = cells;
    }

    /** A column of numbers if every cell that is not missing is one and at least one is there, else of categories. */
    static Column of(String name, @Nullable String[] cells) {
        boolean any = false;
        boolean numbers = true;
        for (String cell : cells) {
            if (cell != null) {
                any = true;
                numbers &= isNumber(cell);
            }
        }
        return new Column(name, any && numbers ? Type.NUMBER : Type.CATEGORY, cells);
    }

    private static boolean isNumber(String cell) {
        try {
            return Double.isFinite(Double.parseDouble(cell)) && !cell.endsWith("d") && !cell.endsWith("f");
        } catch (NumberFormatException notANumber) {
            return false;
        }
    }

    /** The name in the header. */
    public String name() {
        return name;
    }

    /** What the cells mean. */
    public Type type() {
        return type;
    }

    /** The number of rows. */
    public int size() {
        return cells.length;
    }

    /** Whether the cell of a row is missing. */
    public boolean isMissing(int row) {
        return cells[row] == null;
    }

    /** The text of a cell, null if it is missing. */
    public @Nullable String text(int row) {
        return cells[row];
    }

    /**
     * The number in a cell, NaN if it is missing.
     *
     * @throws IllegalArgumentException if the cell is not a number, naming the row
     */
    public double number(int row) {
        String cell = cells[row];
        if (cell == null) {
            return Double.NaN;
        }
        if (!isNumber(cell)) {
            throw new IllegalArgumentException("column '" + name + "': found '" + cell + "' in row " + (row + 1)
                    + "; expected a number; correct the cell or leave it empty");
        }
        return Double.parseDouble(cell);
    }

    /** The distinct texts, in ascending order; missing cells are none. */
    public List<String> categories() {
        TreeSet<String> distinct = new TreeSet<>();
        for (String cell : cells) {
            if (cell != null) {
                distinct.add(cell);
            }
        }
        return List.copyOf(distinct);
    }

    /**
     * The cells as indices into a list of categories, for labels.
     *
     * @throws IllegalArgumentException if a cell is missing or not among them, naming the row
     */
    public int[] indices(List<String> categories) {
        int[] indices = new int[cells.length];
        for (int row = 0; row < cells.length; row++) {
            indices[row] = categories.indexOf(Objects.requireNonNullElse(cells[row], ""));
            if (indices[row] < 0) {
                throw new IllegalArgumentException("column '" + name + "': found "
                        + (cells[row] == null ? "no value" : "'" + cells[row] + "'") + " in row " + (row + 1)
                        + "; expected one of " + categories + "; correct or leave out the row");
            }
        }
        return indices;
    }

    /** This column read as categories, also where its cells are numbers (codes, for one). */
    public Column asCategory() {
        return new Column(name, Type.CATEGORY, cells);
    }

    Column select(int... rows) {
        @Nullable String[] selected = new String[rows.length];
        for (int i = 0; i < rows.length; i++) {
            selected[i] = cells[rows[i]];
        }
        return new Column(name, type, selected);
    }

    @Override
    public String toString() {
        return name + " (" + type + ", " + size() + " rows)";
    }
}
