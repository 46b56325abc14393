package dev.lanewise.lm;

import dev.lanewise.lm.weights.Config;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.InputLimits;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.text.TokenizerException;
import dev.lanewise.text.json.Json;
import dev.lanewise.text.json.JsonFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How the vectors of a text's tokens become one, as sentence-transformers' files say it. */
enum SentencePooling {
    CLS("cls"),
    MEAN("mean"),
    MAX("max"),
    MEAN_SQRT_LENGTH("mean_sqrt_len");

    private static final long LONGEST_FILE = 1 << 20;
    private static final String FLAG = "pooling_mode_";
    private static final String EXPECTED = "one of cls, mean, max, mean_sqrt_len";
    private final String written;

    SentencePooling(String written) {
        this.written = written;
    }

    /** The pooling that a model's folder asks for: the mean if it does not say. */
    static SentencePooling read(Path folder) {
        Path modules = folder.resolve("modules.json");
        if (Files.exists(modules)) {
            try {
                return modules(modules, folder);
            } catch (TokenizerException e) {
                throw new BadFileException(
                        modules, String.valueOf(e.getMessage()), "a list of modules", "mend the file", e);
            }
        }
        Path config = folder.resolve("1_Pooling").resolve("config.json");
        return Files.exists(config) ? mode(Config.read(config)) : MEAN;
    }

    private static SentencePooling modules(Path file, Path folder) {
        long bytes = InputLimits.length(file, "a list of modules");
        if (bytes > LONGEST_FILE) {
            throw new BadFileException(file, bytes + " bytes", "at most " + LONGEST_FILE, "is it a modules.json?");
        }
        List<Json> all = JsonFile.read(file).list();
        String[] order = {"Transformer", "Pooling", "Normalize"};
        SentencePooling pooling = MEAN;
        for (int i = 0; i < all.size(); i++) {
            String type = all.get(i).need("type").string();
            String name = type.substring(type.lastIndexOf('.') + 1);
            String path = all.get(i).need("path").string();
            if (i >= order.length || !name.equals(order[i])) {
                throw unsupported(file, "module " + i + " is " + type);
            }
            if (i == 0 && !path.isEmpty()) {
                throw new BadFileException(file, "a Transformer in `" + path + "`", "an empty path", "move its files");
            }
            if (i == 1) {
                if (!path.matches("\\w[\\w-]*")) {
                    throw new BadFileException(file, "the path `" + path + "`", "such as 1_Pooling", "mend the file");
                }
                pooling = mode(Config.read(folder.resolve(path).resolve("config.json")));
            }
        }
        if (all.size() < 2) {
            throw unsupported(file, all.size() + " modules");
        }
        return pooling;
    }

    private static BadFileException unsupported(Path file, String found) {
        return new BadFileException(
                file, found, "Transformer, Pooling and possibly Normalize", "Lanewise supports no other modules");
    }

    private static SentencePooling mode(Config config) {
        List<String> modes = new ArrayList<>();
        for (String name : config.names()) {
            if (name.startsWith(FLAG) && config.flag(name, false)) {
                modes.add(name.substring(FLAG.length()).replaceFirst("_tokens?$", ""));
            }
        }
        String named = config.text("pooling_mode", "");
        if (!named.isEmpty()) {
            modes.add(named);
        }
        for (SentencePooling pooling : values()) {
            if (modes.stream().distinct().toList().equals(List.of(pooling.written))) {
                return pooling;
            }
        }
        throw new BadFileException(
                config.file(), "pooling " + modes, EXPECTED, "Lanewise supports no other pooling and no combinations");
    }

    /** Pools {@code [n, l, size]}, where a mask's 0 is padding, to {@code [n, size]}. */
    Tensor apply(Tensor hidden, Tensor mask) {
        if (this == CLS) {
            return hidden.select(1, 0);
        }
        Tensor isToken = mask.ne(0).unsqueeze(-1);
        if (this == MAX) {
            Tensor largest =
                    hidden.maskedFill(isToken.not(), Double.NEGATIVE_INFINITY).amax(1);
            // of a text without tokens the mean is 0, too
            return largest.maskedFill(isToken.to(DType.I64).amax(1).eq(0), 0);
        }
        Tensor weights = isToken.to(DType.I64).to(hidden.dtype());
        Tensor count = weights.sum(1).clamp(1e-9, Double.POSITIVE_INFINITY);
        return hidden.mul(weights).sum(1).div(this == MEAN ? count : count.sqrt());
    }
}
