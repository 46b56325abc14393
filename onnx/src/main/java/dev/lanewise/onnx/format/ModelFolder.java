package dev.lanewise.onnx.format;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.InputLimits;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;

/** External data next to a model: files inside its folder, and nowhere else. */
public final class ModelFolder implements TensorReader.ExternalData {
    private final Path model;
    private final Map<Path, MemorySegment> opened = new HashMap<>();

    public ModelFolder(Path model) {
        this.model = model;
    }

    /** A file's bytes, mapped. */
    public static MemorySegment map(Path file) {
        InputLimits.length(file, "an ONNX file");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
        } catch (IOException e) {
            throw BadFileException.unreadable(file, "an ONNX file", e);
        }
    }

    @Override
    public MemorySegment open(String tensor, Map<String, String> entries, long bytes) {
        String location = entries.getOrDefault("location", "");
        Path file = inside(tensor, location);
        long offset = number(tensor, entries, "offset", 0);
        MemorySegment memory = opened.computeIfAbsent(file, ModelFolder::map);
        long length = number(tensor, entries, "length", bytes);
        if (length != bytes) {
            throw bad("tensor '" + tensor + "' with " + length + " bytes of external data", bytes + " for its dims");
        }
        if (offset < 0 || length < 0 || offset > memory.byteSize() || length > memory.byteSize() - offset) {
            throw bad(
                    "tensor '" + tensor + "' at bytes " + offset + " to " + (offset + length) + " of '" + location
                            + "', which has " + memory.byteSize(),
                    "data inside that file");
        }
        return memory.asSlice(offset, length);
    }

    private Path inside(String tensor, String location) {
        try {
            Path folder = model.toAbsolutePath().normalize().getParent();
            Path relative = Path.of(location);
            Path file = folder == null ? relative : folder.resolve(relative).normalize();
            boolean leaves = location.isEmpty() || relative.isAbsolute() || folder == null || !file.startsWith(folder);
            if (!leaves && folder != null && Files.exists(file)) {
                leaves = !file.toRealPath().startsWith(folder.toRealPath());
            }
            if (leaves) {
                throw bad(
                        "tensor '" + tensor + "' with external data at '" + location
                                + "', which leaves the model's folder",
                        "a file beside the model");
            }
            return file;
        } catch (InvalidPathException | IOException e) {
            throw new BadFileException(
                    model,
                    "tensor '" + tensor + "' with external data at '" + location + "'",
                    "a file beside the model",
                    "get the data file again",
                    e);
        }
    }

    private long number(String tensor, Map<String, String> entries, String key, long otherwise) {
        String text = entries.get(key);
        if (text == null || text.isEmpty()) {
            return otherwise;
        }
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new BadFileException(
                    model,
                    "tensor '" + tensor + "' with " + key + " '" + text + "'",
                    "a number",
                    "get the file again",
                    e);
        }
    }

    private BadFileException bad(String found, String expected) {
        return new BadFileException(model, found, expected, "get the model and its data again");
    }
}
