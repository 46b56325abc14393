package dev.lanewise.onnx.cases;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.onnx.MissingOperatorsException;
import dev.lanewise.onnx.OnnxModel;
import dev.lanewise.onnx.OnnxValue;
import dev.lanewise.onnx.ValueInfo;
import dev.lanewise.onnx.format.ModelReader;
import dev.lanewise.onnx.run.Host;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.TensorException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.ZipFile;

/**
 * Runs cases in the ONNX project's layout: {@code NAME/model.onnx} with {@code test_data_set_K/input_I.pb} and {@code
 * output_I.pb}, in a folder or a zip file. Tolerances come from {@code models.tsv} or {@code node-cases.tsv} beside it.
 */
public final class OnnxCases {
    /** The tolerance of models with a table that names none, and of those without a table. */
    private static final Tolerance TABLED = new Tolerance(1e-3, 1e-5, false);

    private static final Tolerance USUAL = new Tolerance(1e-4, 1e-4, false);

    private final Files0 files;
    private final Map<String, Tolerance> tolerances;
    private final Tolerance otherwise;

    private OnnxCases(Files0 files, Map<String, Tolerance> tolerances, Tolerance otherwise) {
        this.otherwise = otherwise;
        this.files = files;
        this.tolerances = tolerances;
    }

    /** How a case ended. */
    public enum Status {
        /** All outputs are within the tolerance. */
        PASSED,
        /** An output is not. */
        FAILED,
        /** The model needs operators that are missing. */
        UNSUPPORTED,
        /** The model does not load or run. */
        ERROR
    }

    /**
     * The result of a case with one set of data.
     *
     * @param id the case's folder
     * @param set the number of the data set
     * @param status how it ended
     * @param detail what went wrong, or empty
     */
    public record Result(String id, int set, Status status, String detail) {
        /** Holds the given values, none of which may be null. */
        public Result {
            Objects.requireNonNull(id, "id");
            Objects.requireNonNull(status, "status");
            Objects.requireNonNull(detail, "detail");
        }
    }

    /** A value passes if it differs by at most {@code atol + rtol * |expected|}. */
    record Tolerance(double rtol, double atol, boolean shapeOnly) {}

    /** Files by path with slashes, of a folder or a zip. */
    private interface Files0 {
        List<String> names() throws IOException;

        byte[] read(String name) throws IOException;

        OnnxModel model(String name) throws IOException;
    }

    /**
     * Runs all cases of a folder or zip file.
     *
     * @param path the folder or zip file
     * @param each called with every result as it becomes available
     * @throws BadFileException if the folder or file can't be read
     */
    public static void run(Path path, Consumer<Result> each) {
        Objects.requireNonNull(each, "each");
        try {
            if (Files.isDirectory(path)) {
                new OnnxCases(
                                folder(path),
                                tables(path),
                                Files.isRegularFile(path.resolve("models.tsv")) ? TABLED : USUAL)
                        .run(each);
            } else {
                try (ZipFile zip = new ZipFile(path.toFile())) {
                    new OnnxCases(zip(zip), tables(path), USUAL).run(each);
                }
            }
        } catch (IOException e) {
            throw BadFileException.unreadable(path, "cases in ONNX's layout", e);
        }
    }

    private static Files0 folder(Path folder) {
        return new Files0() {
            @Override
            public List<String> names() throws IOException {
                try (Stream<Path> all = Files.walk(folder)) {
                    return all.filter(Files::isRegularFile)
                            .map(file -> folder.relativize(file).toString().replace('\\', '/'))
                            .toList();
                }
            }

            @Override
            public byte[] read(String name) throws IOException {
                return Files.readAllBytes(folder.resolve(name));
            }

            @Override
            public OnnxModel model(String name) {
                return OnnxModel.load(folder.resolve(name));
            }
        };
    }

    private static Files0 zip(ZipFile zip) {
        return new Files0() {
            @Override
            public List<String> names() {
                return zip.stream().map(entry -> entry.getName()).toList();
            }

            @Override
            public byte[] read(String name) throws IOException {
                try (var stream = zip.getInputStream(zip.getEntry(name))) {
                    return stream.readAllBytes();
                }
            }

            @Override
            public OnnxModel model(String name) throws IOException {
                return OnnxModel.load(MemorySegment.ofArray(read(name)));
            }
        };
    }

    // ---- tolerances

    private static Map<String, Tolerance> tables(Path path) throws IOException {
        Map<String, Tolerance> all = new HashMap<>();
        List<Path> places = new ArrayList<>();
        Path parent = path.toAbsolutePath().getParent();
        if (Files.isDirectory(path)) {
            places.add(path.resolve("node-cases.tsv"));
        }
        if (parent != null) {
            String name = path.toAbsolutePath().getFileName().toString().replaceAll("\\.zip$", ".tsv");
            places.add(parent.resolve("node-cases.tsv"));
            places.add(parent.resolve(name));
        }
        for (Path table : places) {
            if (Files.isRegularFile(table) && table.toString().endsWith(".tsv")) {
                read(table, all);
            }
        }
        return all;
    }

    private static void read(Path table, Map<String, Tolerance> all) throws IOException {
        List<String> lines = Files.readAllLines(table);
        List<String> header = List.of(lines.getFirst().split("\t", -1));
        int kind = header.indexOf("kind");
        int name = header.indexOf("name");
        int rtol = header.indexOf("rtol");
        int atol = header.indexOf("atol");
        int check = header.indexOf("check");
        if (kind < 0 || name < 0 || rtol < 0 || atol < 0 || check < 0) {
            return;
        }
        for (String line : lines.subList(1, lines.size())) {
            String[] cells = line.split("\t", -1);
            Tolerance tolerance = new Tolerance(
                    Double.parseDouble(cells[rtol]), Double.parseDouble(cells[atol]), cells[check].equals("shape"));
            all.put(cells[kind] + "/" + cells[name], tolerance);
            all.put(cells[name], tolerance);
        }
    }

    // ---- running

    private void run(Consumer<Result> each) throws IOException {
        List<String> names = files.names();
        TreeMap<String, TreeSet<String>> cases = new TreeMap<>();
        for (String name : names) {
            if (name.equals("model.onnx") || name.endsWith("/model.onnx")) {
                cases.put(name.substring(0, name.length() - "model.onnx".length()), new TreeSet<>());
            }
        }
        for (String name : names) {
            int slash = name.lastIndexOf('/');
            String folder = name.substring(0, slash + 1);
            int at = folder.indexOf("test_data_set_");
            TreeSet<String> sets = cases.get(at < 0 ? folder : folder.substring(0, at));
            if (sets != null && name.endsWith(".pb") && (at >= 0 || name.startsWith("output_", slash + 1))) {
                sets.add(folder);
            }
        }
        for (Map.Entry<String, TreeSet<String>> entry : cases.entrySet()) {
            run(entry.getKey(), entry.getValue(), new TreeSet<>(names), each);
        }
    }

    private void run(String prefix, Set<String> sets, Set<String> names, Consumer<Result> each) {
        String id = prefix.isEmpty() ? "model" : prefix.substring(0, prefix.length() - 1);
        try (Scope ignored = Scope.open("case")) {
            OnnxModel model = files.model(prefix + "model.onnx");
            model.eval();
            int number = 0;
            for (String set : sets) {
                int at = set.indexOf("test_data_set_");
                int k = at < 0 ? number : Integer.parseInt(set.substring(at + 14, set.length() - 1));
                number++;
                each.accept(guarded(id, k, () -> one(model, id, k, set, names)));
            }
        } catch (IOException | RuntimeException | StackOverflowError | OutOfMemoryError e) {
            each.accept(failure(id, 0, e));
        }
    }

    private interface Body {
        Result run() throws IOException;
    }

    private static Result guarded(String id, int set, Body body) {
        try (Scope ignored = Scope.open("case")) {
            return body.run();
        } catch (IOException | RuntimeException | StackOverflowError | OutOfMemoryError e) {
            return failure(id, set, e);
        }
    }

    private static Result failure(String id, int set, Throwable e) {
        if (System.getProperty("lanewise.onnx.trace") != null) {
            e.printStackTrace();
        }
        Status status = e instanceof MissingOperatorsException ? Status.UNSUPPORTED : Status.ERROR;
        boolean known = e instanceof TensorException || e instanceof BadFileException;
        return new Result(id, set, status, known ? String.valueOf(e.getMessage()) : e.toString());
    }

    private Result one(OnnxModel model, String id, int k, String set, Set<String> names) throws IOException {
        Map<String, OnnxValue> arguments = new LinkedHashMap<>();
        int at = 0;
        for (ValueInfo input : model.inputs()) {
            String file = set + "input_" + at + ".pb";
            if (!names.contains(file)) {
                String own = set.substring(0, Math.max(0, set.length() - 1));
                file = own.substring(0, own.lastIndexOf('/') + 1) + "input_" + at + ".pb";
            }
            arguments.put(input.name(), value(file, input));
            at++;
        }
        Map<String, OnnxValue> results = Autograd.noGrad(() -> model.run(arguments));
        Tolerance tolerance = tolerances.getOrDefault(id, otherwise);
        List<ValueInfo> outputs = model.outputs();
        for (int i = 0; i < outputs.size(); i++) {
            ValueInfo output = outputs.get(i);
            String file = set + "output_" + i + ".pb";
            OnnxValue got = results.get(output.name());
            if (!names.contains(file) || got == null || got instanceof OnnxValue.Sequence s && isTable(s)) {
                continue;
            }
            OnnxValue want = declared(value(file, output), output);
            Tolerance bound = quantized(set, i, output, want, names, tolerance);
            String problem = Comparison.difference(got, want, bound);
            if (!problem.isEmpty()) {
                return new Result(id, k, Status.FAILED, "output " + output.name() + ": " + problem);
            }
        }
        return new Result(id, k, Status.PASSED, "");
    }

    /** A number without dimensions may be stored as a vector of one, as NumPy's ascontiguousarray makes it. */
    private static OnnxValue declared(OnnxValue value, ValueInfo output) {
        List<String> dims = output.dims();
        boolean scalar = dims != null
                && dims.isEmpty()
                && value instanceof OnnxValue.Numbers n
                && n.tensor().shape().elements() == 1;
        return scalar ? Host.moved(value, x -> x.reshape()) : value;
    }

    private static boolean isTable(OnnxValue.Sequence sequence) {
        return !sequence.values().isEmpty() && sequence.values().getFirst() instanceof OnnxValue.Table;
    }

    /**
     * Twice the difference that the peer's own optimisations make, or a quarter of the difference from the float model.
     */
    private Tolerance quantized(
            String set, int i, ValueInfo output, OnnxValue want, Set<String> names, Tolerance otherwise)
            throws IOException {
        double bound = -1;
        for (String[] other : new String[][] {{"optimised_output_", "2"}, {"float_output_", "0.25"}}) {
            String file = set + other[0] + i + ".pb";
            if (names.contains(file)) {
                double largest = Comparison.largest(value(file, output), want);
                bound = Math.max(bound, largest * Double.parseDouble(other[1]));
            }
        }
        return bound < 0 ? otherwise : new Tolerance(otherwise.rtol(), Math.max(bound, otherwise.atol()), false);
    }

    private OnnxValue value(String file, ValueInfo info) throws IOException {
        byte[] bytes = files.read(file);
        ValueInfo.Kind kind = info.kind();
        return ModelReader.value(file, MemorySegment.ofArray(bytes), kind);
    }
}
