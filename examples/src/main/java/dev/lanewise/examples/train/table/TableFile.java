package dev.lanewise.examples.train.table;

import dev.lanewise.examples.train.DataFiles;
import dev.lanewise.examples.train.Setup;
import dev.lanewise.nn.data.RemoteFile;
import dev.lanewise.nn.data.table.Column;
import dev.lanewise.nn.data.table.Table;
import dev.lanewise.nn.data.table.TableEncoder;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.tensor.TensorException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * A table and the column that is predicted. If no file is named, it is IBM's sample of customers who left a telephone
 * company.
 *
 * @param table all columns
 * @param labels the predicted column
 */
record TableFile(Table table, Column labels) {
    private static final DataFiles CHURN = new DataFiles(
            "telco-churn",
            List.of(new RemoteFile(
                    "Telco-Customer-Churn.csv",
                    970_457,
                    "16320c9c1ec72448db59aa0a26a0b95401046bef5d02fd3aeb906448e3055e91")),
            List.of(URI.create("https://raw.githubusercontent.com/IBM/telco-customer-churn-on-icp4d/master/data/")));

    private static final int SYNTHETIC_ROWS = 2000;

    /** Text columns that differ in nearly every row identify the row and say nothing about others. */
    private static final double NAMES = 0.5;

    /** The named CSV file, that of a folder, or the sample or its stand-in. */
    static TableFile load(Setup setup) {
        Path named = setup.home().explicit();
        if (!setup.synthetic() && named != null && Files.isRegularFile(named)) {
            return of(named, setup.label());
        }
        Optional<Path> folder = setup.synthetic() ? Optional.empty() : CHURN.find(setup);
        return folder.isPresent()
                ? of(folder.get().resolve(CHURN.files().getFirst().name()), setup.label())
                : of("the stand-in", parse(synthetic()), setup.label());
    }

    private static TableFile of(Path file, String label) {
        return of(file, Table.read(file), label);
    }

    private static TableFile of(Object source, Table table, String label) {
        Column labels = table.columns().stream()
                .filter(column -> column.name().equals(label))
                .findFirst()
                .orElseThrow(() -> new BadFileException(
                        source,
                        "no column '" + label + "'",
                        "one of " + table.columns().stream().map(Column::name).toList(),
                        "name the column to predict with --label"));
        int classes = labels.categories().size();
        if (classes < 2 || classes > 1000 || hasMissing(labels)) {
            throw new BadFileException(
                    source,
                    classes + " different values in the column '" + label + "'"
                            + (hasMissing(labels) ? " and rows without one" : ""),
                    "2 to 1000 classes, one in every row",
                    "name another column with --label, or leave out the rows");
        }
        return new TableFile(table, labels);
    }

    private static boolean hasMissing(Column column) {
        for (int row = 0; row < column.size(); row++) {
            if (column.isMissing(row)) {
                return true;
            }
        }
        return false;
    }

    /** The columns to learn from: without the label and without names of rows. */
    Table features() {
        String[] dropped = table.columns().stream()
                .filter(column -> column.name().equals(labels.name()) || isName(column))
                .map(Column::name)
                .toArray(String[]::new);
        return table.without(dropped);
    }

    private static boolean isName(Column column) {
        return column.type() == Column.Type.CATEGORY && column.categories().size() > NAMES * column.size();
    }

    /** The encoder learnt from the training rows' features. */
    TableEncoder encoder(Table training) {
        try {
            return TableEncoder.fit(training);
        } catch (IllegalArgumentException e) {
            throw new TensorException("train: the table: " + e.getMessage(), e);
        }
    }

    /** Reads what {@link TableEncoder#toJson} wrote. */
    static TableEncoder encoder(String json) {
        try {
            return TableEncoder.fromJson(json);
        } catch (IllegalArgumentException e) {
            throw new BadFileException(
                    "the file of tabular", Objects.toString(e.getMessage()), "an encoder", "train again", e);
        }
    }

    /**
     * Rows to predict.
     *
     * @param input a CSV file, or a row
     * @param columns the columns of a row, of which the label's may be omitted
     */
    static Table rows(String input, List<String> columns, String label) {
        if (!input.contains("\n") && isFile(input)) {
            return Table.read(Path.of(input));
        }
        List<String> withoutLabel =
                columns.stream().filter(column -> !column.equals(label)).toList();
        for (List<String> names : List.of(columns, withoutLabel)) {
            try {
                return parse(
                        String.join(",", names.stream().map(TableFile::quote).toList()) + "\n" + input + "\n");
            } catch (BadFileException otherWidth) {
                // the row may have no label
            }
        }
        throw new TensorException("predict: '" + input + "' (expected a CSV file or a row of " + columns.size()
                + " fields, or " + withoutLabel.size() + " without the label: " + String.join(",", withoutLabel)
                + "); check it");
    }

    private static boolean isFile(String input) {
        try {
            return Files.isRegularFile(Path.of(input));
        } catch (InvalidPathException notAPath) {
            return false;
        }
    }

    private static String quote(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /** The features of rows; a cell of another kind than in training gives a one-line message. */
    static float[] encode(TableEncoder encoder, Table table, String input) {
        try {
            return encoder.encode(table);
        } catch (IllegalArgumentException e) {
            throw new TensorException("predict: '" + input + "': " + e.getMessage(), e);
        }
    }

    /** Reads text in the same way as a file. */
    private static Table parse(String csv) {
        try {
            Path file = Files.createTempFile("lanewise", ".csv");
            try {
                Files.writeString(file, csv);
                return Table.read(file);
            } finally {
                Files.delete(file);
            }
        } catch (IOException failure) {
            throw BadFileException.unwritable(Path.of(System.getProperty("java.io.tmpdir", ".")), failure);
        }
    }

    /** Customers drawn at random: those with short contracts and high charges leave more often. */
    private static String synthetic() {
        List<String> contracts = List.of("Month-to-month", "One year", "Two year");
        SplittableRandom random = new SplittableRandom(0);
        StringBuilder csv = new StringBuilder("customerID,tenure,Contract,MonthlyCharges,Partner,Churn\n");
        for (int row = 0; row < SYNTHETIC_ROWS; row++) {
            int tenure = random.nextInt(73);
            int contract = random.nextInt(3);
            double charge = 20 + 100 * random.nextDouble();
            double leaving = 0.5 - 0.04 * tenure - 1.5 * contract + 0.03 * charge;
            boolean leaves = random.nextDouble() < 1 / (1 + Math.exp(-leaving));
            csv.append(String.format(
                    Locale.ROOT,
                    "C%05d,%d,%s,%.2f,%s,%s%n",
                    row,
                    tenure,
                    contracts.get(contract),
                    charge,
                    random.nextBoolean() ? "Yes" : "No",
                    leaves ? "Yes" : "No"));
        }
        return csv.toString();
    }
}
