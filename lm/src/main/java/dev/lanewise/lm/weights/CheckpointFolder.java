package dev.lanewise.lm.weights;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.InputLimits;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.SafetensorsFile;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.nn.shared.ReadLimits;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.text.TokenizerException;
import dev.lanewise.text.json.Json;
import dev.lanewise.text.json.JsonFile;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The tensors of {@code model.safetensors}, or of the files that {@code model.safetensors.index.json} names, which must
 * be in the same folder.
 */
public final class CheckpointFolder implements WeightSource {
    private static final String SINGLE = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";
    private static final int MOST_SHARDS = 10_000;
    private static final long LONGEST_INDEX = 256L << 20;

    /** The number of elements that are widened at a time. */
    private static final long PIECE = 1 << 20;

    private final Path file;
    private final DType dtype;
    private final Map<String, SafetensorsFile> byName;
    private final Map<Path, SafetensorsFile> opened;

    private CheckpointFolder(
            Path file, DType dtype, Map<String, SafetensorsFile> byName, Map<Path, SafetensorsFile> opened) {
        this.file = file;
        this.dtype = dtype;
        this.byName = byName;
        this.opened = opened;
    }

    /**
     * Opens a folder.
     *
     * @param dtype the type that tensors are read as
     * @throws BadFileException if files are missing, damaged, or disagree with the index
     */
    public static CheckpointFolder open(Path folder, DType dtype) {
        Path single = folder.resolve(SINGLE);
        Path index = folder.resolve(INDEX);
        // if both exist, transformers reads the single file too
        if (Files.exists(single) || !Files.exists(index)) {
            return of(single, dtype);
        }
        CheckpointFolder shards = new CheckpointFolder(index, dtype, new LinkedHashMap<>(), new LinkedHashMap<>());
        try {
            shards.openShards(folder);
            return shards;
        } catch (TokenizerException e) {
            shards.close();
            throw new BadFileException(
                    index, String.valueOf(e.getMessage()), "an index of shards", "download it again", e);
        } catch (RuntimeException | Error e) {
            shards.close();
            throw e;
        }
    }

    /** Opens a single file. */
    public static CheckpointFolder of(Path file, DType dtype) {
        SafetensorsFile opened = Safetensors.open(file);
        Map<String, SafetensorsFile> byName = new LinkedHashMap<>();
        opened.names().forEach(name -> byName.put(name, opened));
        return new CheckpointFolder(file, dtype, byName, Map.of(file, opened));
    }

    private void openShards(Path folder) {
        long bytes = InputLimits.length(file, "an index of shards");
        if (bytes > LONGEST_INDEX) {
            throw new BadFileException(file, bytes + " bytes", "at most " + LONGEST_INDEX, "is it an index of shards?");
        }
        ReadLimits.checkHeap(file, bytes * 10);
        Json map = JsonFile.read(file).need("weight_map");
        for (String name : map.map().keySet()) {
            String shard = map.get(name).string();
            SafetensorsFile in = shard(folder, shard);
            if (!in.contains(name)) {
                throw new BadFileException(
                        file,
                        "'" + name + "' in " + shard + ", which does not hold it",
                        "the file that does",
                        "download the index and the shards again");
            }
            byName.put(name, in);
        }
        opened.forEach((path, in) -> in.names().forEach(name -> {
            if (byName.get(name) != in) {
                throw new BadFileException(
                        path,
                        "'" + name + "', which the index does not have there",
                        "the tensors that the index names",
                        "download the index and the shards again");
            }
        }));
    }

    private SafetensorsFile shard(Path folder, String name) {
        Path path;
        try {
            path = Path.of(name);
        } catch (InvalidPathException e) {
            throw outside(name, e);
        }
        if (path.isAbsolute() || path.getNameCount() != 1 || name.contains("..") || name.isEmpty()) {
            throw outside(name, null);
        }
        Path shard = folder.resolve(path);
        SafetensorsFile in = opened.get(shard);
        if (in == null) {
            if (opened.size() == MOST_SHARDS) {
                throw new BadFileException(
                        file, "more than " + MOST_SHARDS + " shards", "fewer", "is it an index of shards?");
            }
            in = Safetensors.open(shard);
            opened.put(shard, in);
        }
        return in;
    }

    private BadFileException outside(String name, @Nullable Throwable cause) {
        return new BadFileException(
                file,
                "a shard '" + name + "'",
                "the name of a file in the same folder",
                "download the index again, from someone whom you trust",
                cause);
    }

    @Override
    public Set<String> names() {
        return byName.keySet();
    }

    @Override
    public Shape shape(String name) {
        return entry(name).shape();
    }

    private TensorData entry(String name) {
        return in(name).entry(name);
    }

    private SafetensorsFile in(String name) {
        SafetensorsFile in = byName.get(name);
        if (in == null) {
            throw new BadFileException(file, "no tensor '" + name + "'", "one of that name", "check the name");
        }
        return in;
    }

    @Override
    public Tensor read(String name) {
        TensorData entry = entry(name);
        if (!entry.dtype().isFloating()) {
            throw new BadFileException(
                    file,
                    "'" + name + "' of " + entry.dtype(),
                    "a parameter of F32, F64, F16 or BF16",
                    "Lanewise does not read weights of integers from safetensors; use the model's F16 or BF16 files");
        }
        try (Scope scope = Scope.open("load")) {
            Tensor target = Tensor.zeros(dtype, entry.shape().toArray());
            if (entry.dtype() == dtype) {
                in(name).copyTo(name, target);
            } else {
                widen(entry, target.reshape(entry.shape().elements()));
            }
            return target.keep();
        }
    }

    /** Piece by piece: a second copy of a large table would double the memory that loading takes. */
    private static void widen(TensorData entry, Tensor target) {
        int bytes = entry.dtype().bytes();
        long elements = entry.shape().elements();
        for (long first = 0; first < elements; first += PIECE) {
            long count = Math.min(PIECE, elements - first);
            MemorySegment piece = entry.segment().asSlice(first * bytes, count * bytes);
            try (Scope ignored = Scope.open("widen")) {
                target.narrow(0, first, count)
                        .assign(new TensorData(entry.dtype(), Shape.of(count), piece)
                                .toTensor()
                                .to(target.dtype()));
            }
        }
    }

    @Override
    public Object file() {
        return file;
    }

    @Override
    public void close() {
        opened.values().forEach(SafetensorsFile::close);
    }
}
