package dev.lanewise.nn.data.table;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A named column of a {@link Table}: cells of text, some possibly missing, and how to interpret them. */
public final class Column {
    /** How a column's cells are interpreted. */
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

    /**
     * A column of numbers if every cell that is not missing is a number and there is at least one, else of categories.
     */
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

    /**
     * Whether a cell is a decimal number, such as {@code -1}, {@code .5} or {@code 1e-3}, within F64's range.
     * {@code Double.parseDouble} accepts more, such as {@code 1D}, {@code 2f} and hexadecimal digits, which other
     * readers treat as text.
     */
    static boolean isNumber(String cell) {
        int position = skipSign(cell, 0);
        int whole = skipDigits(cell, position);
        int digits = whole - position;
        position = whole;
        if (position < cell.length() && cell.charAt(position) == '.') {
            int fraction = skipDigits(cell, position + 1);
            digits += fraction - position - 1;
            position = fraction;
        }
        if (digits == 0) {
            return false;
        }
        if (position < cell.length() && (cell.charAt(position) == 'e' || cell.charAt(position) == 'E')) {
            int exponent = skipSign(cell, position + 1);
            position = skipDigits(cell, exponent);
            if (position == exponent) {
                return false;
            }
        }
        return position == cell.length() && Double.isFinite(Double.parseDouble(cell));
    }

    private static int skipSign(String cell, int position) {
        boolean sign = position < cell.length() && (cell.charAt(position) == '-' || cell.charAt(position) == '+');
        return sign ? position + 1 : position;
    }

    private static int skipDigits(String cell, int from) {
        int position = from;
        while (position < cell.length() && cell.charAt(position) >= '0' && cell.charAt(position) <= '9') {
            position++;
        }
        return position;
    }

    /** {@return the column's name in the table's header} */
    public String name() {
        return name;
    }

    /** {@return how the cells are interpreted} */
    public Type type() {
        return type;
    }

    /** {@return the number of rows of the table} */
    public int size() {
        return cells.length;
    }

    /**
     * {@return whether the cell of a row is missing}
     *
     * @param row the number of the row, from 0
     */
    public boolean isMissing(int row) {
        return cells[row] == null;
    }

    /**
     * {@return the text of a cell, null if it is missing}
     *
     * @param row the number of the row, from 0
     */
    public @Nullable String text(int row) {
        return cells[row];
    }

    /**
     * {@return the number in a cell, NaN if it is missing}
     *
     * @param row the number of the row, from 0
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

    /** {@return the distinct texts, in ascending order; missing cells do not count} */
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
     * @param categories each category once
     * @return for each row the position of its category
     * @throws IllegalArgumentException if a cell is missing or not among them, naming the row
     */
    public int[] indices(List<String> categories) {
        Map<String, Integer> positions = positions(categories);
        int[] indices = new int[cells.length];
        for (int row = 0; row < cells.length; row++) {
            indices[row] = positions.getOrDefault(Objects.requireNonNullElse(cells[row], ""), -1);
            if (indices[row] < 0) {
                throw new IllegalArgumentException("column '" + name + "': found "
                        + (cells[row] == null ? "no value" : "'" + cells[row] + "'") + " in row " + (row + 1)
                        + "; expected one of " + categories + "; correct or leave out the row");
            }
        }
        return indices;
    }

    /** The first position of each of a list's texts. */
    static Map<String, Integer> positions(List<String> categories) {
        Map<String, Integer> positions = new HashMap<>();
        for (int i = 0; i < categories.size(); i++) {
            positions.putIfAbsent(categories.get(i), i);
        }
        return positions;
    }

    /** {@return this column read as categories, even if its cells are numbers (codes, for example)} */
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
