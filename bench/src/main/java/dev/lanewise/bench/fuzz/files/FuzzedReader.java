package dev.lanewise.bench.fuzz.files;

import dev.lanewise.nn.Linear;
import dev.lanewise.nn.data.image.Cifar10;
import dev.lanewise.nn.data.image.Idx;
import dev.lanewise.nn.data.image.Image;
import dev.lanewise.nn.data.image.ImageFiles;
import dev.lanewise.nn.data.table.Table;
import dev.lanewise.nn.data.table.TableEncoder;
import dev.lanewise.nn.data.text.TextFiles;
import dev.lanewise.nn.data.text.TextSplitter;
import dev.lanewise.nn.data.text.Vocabulary;
import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.Npy;
import dev.lanewise.nn.io.Npz;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.SafetensorsFile;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.train.TrainingState;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.text.TokenizerException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A reader, files for it, and how to call it.
 *
 * @param suffix ends the file's name
 * @param seeds files that are as they should be
 * @param inner what is mutated before it is wrapped
 * @param refusals what it throws for a file that it refuses
 */
record FuzzedReader(
        String name,
        String suffix,
        List<byte[]> seeds,
        List<byte[]> inner,
        Wrapping wrapping,
        List<Class<? extends RuntimeException>> refusals,
        Reading reading) {
    /** Reads a file. */
    @FunctionalInterface
    interface Reading {
        void read(Path file) throws IOException;
    }

    private static final List<Class<? extends RuntimeException>> TOKENIZER = List.of(TokenizerException.class);

    static List<FuzzedReader> all() {
        return List.of(
                of("npy", ".npy", Seeds.npy(), Seeds.npy(), Wrapping::nothing, file -> use(Npy.read(file))),
                of(
                        "npz",
                        ".npz",
                        Seeds.npz(),
                        Seeds.npy(),
                        Wrapping::npz,
                        file -> Npz.read(file).values().forEach(FuzzedReader::use)),
                of(
                        "safetensors",
                        ".safetensors",
                        Seeds.safetensors(),
                        Seeds.safetensors(),
                        Wrapping::nothing,
                        FuzzedReader::safetensors),
                of(
                        "training",
                        ".training",
                        Seeds.trainingStates(),
                        Seeds.trainingStates(),
                        Wrapping::nothing,
                        FuzzedReader::training),
                of("idx", ".idx", Seeds.idx(), Seeds.idx(), Wrapping::gzip, file -> Idx.read(file, 3)),
                of(
                        "tar.gz",
                        ".tar.gz",
                        Seeds.tar().stream().map(Wrapping::tar).toList(),
                        Seeds.tar(),
                        Wrapping::tar,
                        Cifar10::read),
                of("png", ".png", Seeds.png(), Seeds.png(), Wrapping::png, FuzzedReader::image),
                of("jpeg", ".png", Seeds.jpeg(), Seeds.jpeg(), Wrapping::nothing, FuzzedReader::image),
                of("csv", ".csv", Seeds.csv(), Seeds.csv(), Wrapping::nothing, FuzzedReader::csv),
                new FuzzedReader(
                        "encoder",
                        ".json",
                        Seeds.encoders(),
                        Seeds.encoders(),
                        Wrapping::nothing,
                        List.of(IllegalArgumentException.class),
                        FuzzedReader::encoder),
                of("text", ".txt", Seeds.texts(), Seeds.texts(), Wrapping::nothing, FuzzedReader::text),
                of("gguf", ".gguf", ModelSeeds.gguf(), ModelSeeds.gguf(), Wrapping::nothing, ModelReadings::gguf),
                plain(
                        "onnx",
                        ".onnx",
                        ModelSeeds.onnx(),
                        List.of(BadFileException.class, TensorException.class),
                        ModelReadings::onnx),
                plain("tokenizer", ".json", ModelSeeds.tokenizers(), TOKENIZER, ModelReadings::tokenizer),
                plain("pieces", ".model", ModelSeeds.pieces(), TOKENIZER, ModelReadings::pieces),
                plain("template", ".jinja", ModelSeeds.templates(), TOKENIZER, ModelReadings::template),
                new FuzzedReader(
                        "adapter",
                        ".adapter",
                        ModelSeeds.adapter(),
                        ModelSeeds.adapterSettings(),
                        Wrapping::nothing,
                        List.of(BadFileException.class),
                        ModelReadings::adapter));
    }

    private static FuzzedReader of(
            String name, String suffix, List<byte[]> seeds, List<byte[]> inner, Wrapping wrapping, Reading reading) {
        return new FuzzedReader(name, suffix, seeds, inner, wrapping, List.of(BadFileException.class), reading);
    }

    private static FuzzedReader plain(
            String name,
            String suffix,
            List<byte[]> seeds,
            List<Class<? extends RuntimeException>> refusals,
            Reading reading) {
        return new FuzzedReader(name, suffix, seeds, seeds, Wrapping::nothing, refusals, reading);
    }

    /** The bytes of a case: those of a seed mutated, or its content mutated and wrapped. */
    byte[] bytes(long seed, long number) {
        SplittableRandom random = new SplittableRandom(seed + number * 0x9e3779b97f4a7c15L);
        boolean whole = random.nextInt(3) == 0;
        List<byte[]> from = whole ? seeds : inner;
        byte[] mutated = new Mutator(random)
                .mutate(from.get(random.nextInt(from.size())), from.get(random.nextInt(from.size())));
        return whole ? mutated : wrapping.wrap(mutated);
    }

    private static void use(TensorData data) {
        try (var ignored = Scope.open("fuzz")) {
            data.toTensor();
        }
        if (data.dtype().isFloating()) {
            data.toDoubleArray();
        } else {
            data.toLongArray();
        }
    }

    private static void safetensors(Path file) {
        try (SafetensorsFile tensors = Safetensors.open(file)) {
            tensors.names().forEach(name -> use(tensors.entry(name)));
        }
    }

    private static void training(Path state) throws IOException {
        Path weights = state.resolveSibling("weights");
        Files.copy(
                state, weights.resolveSibling("weights" + TrainingState.SUFFIX), StandardCopyOption.REPLACE_EXISTING);
        if (!Files.exists(weights)) {
            Safetensors.write(weights, Map.of(), Map.of("lanewise.steps", "0"));
        }
        try (var ignored = Scope.open("fuzz")) {
            Linear model = new Linear(2, 2);
            TrainingState.of(model, new Adam(model.parameters(), 0.1), null).restore(weights);
        }
    }

    private static void image(Path file) {
        Image image = ImageFiles.read(file);
        image.resizeAndCenterCrop(16);
    }

    private static void csv(Path file) {
        Table table = Table.read(file);
        TableEncoder encoder = TableEncoder.fit(table);
        float[] features = encoder.encode(table);
        float[] again = TableEncoder.fromJson(encoder.toJson()).encode(table);
        if (!Arrays.equals(features, again)) {
            throw new IllegalStateException("an encoder that is read back encodes otherwise");
        }
        for (float feature : features) {
            if (!Float.isFinite(feature)) {
                throw new IllegalStateException("the feature " + feature);
            }
        }
    }

    private static void encoder(Path file) throws IOException {
        TableEncoder.fromJson(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
    }

    private static void text(Path file) {
        List<List<String>> words = TextFiles.lines(file).stream()
                .map(TextSplitter.words()::tokenize)
                .toList();
        Vocabulary vocabulary = Vocabulary.ofWords(words, 1, 100);
        words.forEach(vocabulary::encode);
    }
}
