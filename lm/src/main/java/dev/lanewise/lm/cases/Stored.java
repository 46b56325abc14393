package dev.lanewise.lm.cases;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.SafetensorsFile;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.text.json.Json;
import dev.lanewise.text.json.JsonFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Stored tensors by name, with the file's metadata. */
final class Stored {
    private final Path file;
    private final Map<String, Tensor> tensors;
    private final Map<String, String> metadata;

    private Stored(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
        this.file = file;
        this.tensors = tensors;
        this.metadata = metadata;
    }

    static Stored read(Path file) {
        try (SafetensorsFile in = Safetensors.open(file)) {
            Map<String, Tensor> all = new LinkedHashMap<>();
            for (String name : in.names()) {
                all.put(name, in.entry(name).toTensor().keep());
            }
            return new Stored(file, all, Map.copyOf(in.metadata()));
        }
    }

    Set<String> names() {
        return tensors.keySet();
    }

    boolean has(String name) {
        return tensors.containsKey(name);
    }

    @Nullable
    Tensor optional(String name) {
        return tensors.get(name);
    }

    Tensor get(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new BadFileException(file, "no tensor '" + name + "'", "one of that name", "generate the case again");
        }
        return tensor;
    }

    float[] floats(String name) {
        return get(name).to(DType.F32).toFloatArray();
    }

    double[] doubles(String name) {
        return Report.doubles(get(name));
    }

    long[] longs(String name) {
        return Report.longs(get(name));
    }

    /** A metadata entry as JSON. */
    Json json(String key) {
        String text = metadata.get(key);
        if (text == null) {
            throw new BadFileException(file, "no metadata '" + key + "'", "JSON", "generate the case again");
        }
        return JsonFile.read(text, key);
    }

    /** The cases of a file in golden-1 layout. */
    List<Case> cases() {
        List<Case> all = new ArrayList<>();
        for (Json c : json("cases").list()) {
            all.add(new Case(this, c));
        }
        return all;
    }

    /** One case of several in a file. */
    record Case(Stored file, Json json) {
        String id() {
            return json.need("id").string();
        }

        String op() {
            return json.need("op").string();
        }

        Json attrs() {
            return json.get("attrs");
        }

        Tensor in(String name) {
            return file.get(id() + "/in/" + name);
        }

        boolean hasIn(String name) {
            return file.has(id() + "/in/" + name);
        }

        Tensor out(String name) {
            return file.get(id() + "/out/" + name);
        }

        boolean hasOut(String name) {
            return file.has(id() + "/out/" + name);
        }

        double rtol() {
            return json.need("rtol").number();
        }

        double atol() {
            return json.need("atol").number();
        }

        /** Compares a result with the stored one of that name. */
        void check(Report report, String name, Tensor got) {
            String id = id() + '/' + name;
            report.guarded(id, () -> {
                Tensor want = out(name);
                if (!got.shape().equals(want.shape())) {
                    report.failed(id, "shape " + got.shape() + " for " + want.shape());
                } else if (want.dtype().isFloating()) {
                    report.close(id, Report.doubles(got), Report.doubles(want), rtol(), atol());
                } else {
                    report.equal(id, Report.longs(got), Report.longs(want));
                }
            });
        }
    }
}
