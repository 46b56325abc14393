package dev.lanewise.text;

import dev.lanewise.text.json.Json;
import dev.lanewise.text.json.JsonFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;

/** Stored results of the tokenizers library, compared in everything. */
final class StoredCases {
    private StoredCases() {}

    static List<Json> lines(Path file) throws IOException {
        List<Json> out = new ArrayList<>();
        try (InputStream raw = Files.newInputStream(file);
                InputStream in = file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw;
                BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            String line;
            while ((line = reader.readLine()) != null) {
                out.add(JsonFile.read(line, "line " + (out.size() + 1)));
            }
        }
        return out;
    }

    static List<Integer> ints(Json json) {
        return json.values().stream().map(v -> ((Long) v).intValue()).toList();
    }

    /** What an encoding has otherwise than a case wants; empty if nothing. */
    static List<String> differences(Json want, Encoding got) {
        List<String> out = new ArrayList<>();
        compare("ids", ints(want.need("ids")), boxed(got.ids()), out);
        compare("tokens", want.need("tokens").values(), got.tokens(), out);
        compare(
                "offsets",
                want.need("offsets").list().stream().map(StoredCases::ints).toList(),
                Arrays.stream(got.offsets()).map(StoredCases::boxed).toList(),
                out);
        compare("special", orAll(want.get("special"), got.size(), 0), boxed(got.specialTokensMask()), out);
        compare("types", orAll(want.get("types"), got.size(), 0), boxed(got.typeIds()), out);
        compare("mask", orAll(want.get("mask"), got.size(), 1), boxed(got.attentionMask()), out);
        if (!want.get("words").isNull()) {
            compare("words", ints(want.get("words")), boxed(got.wordIds()), out);
        }
        if (!want.get("sequences").isNull()) {
            compare("sequences", ints(want.get("sequences")), boxed(got.sequenceIds()), out);
        }
        List<Json> parts = want.get("overflowing").isNull()
                ? List.of()
                : want.get("overflowing").list();
        List<Encoding> gotParts = got.overflowing();
        if (!want.get("overflowing").isNull()) {
            compare("parts", parts.size(), gotParts.size(), out);
            for (int i = 0; i < Math.min(parts.size(), gotParts.size()); i++) {
                out.addAll(differences(parts.get(i), gotParts.get(i)));
            }
        }
        return out;
    }

    private static List<Integer> orAll(Json json, int size, int value) {
        return json.isNull() ? java.util.Collections.nCopies(size, value) : ints(json);
    }

    private static void compare(String what, Object want, Object got, List<String> out) {
        if (!want.equals(got)) {
            out.add(what + ":\n  want " + want + "\n  got  " + got);
        }
    }

    static List<Integer> boxed(int[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    /** What a tokenizer does otherwise than a case of one text or pair. */
    static List<String> check(HfTokenizer tokenizer, Json c) {
        String text = c.need("text").string();
        boolean add = c.get("add").bool(true);
        Encoding got = c.get("pair").isNull()
                ? tokenizer.encode(text, add)
                : tokenizer.encode(text, c.get("pair").string(), add);
        List<String> out = differences(c, got);
        int[] ids = ints(c.need("ids")).stream().mapToInt(i -> i).toArray();
        String decoded = c.need("decoded").string();
        compare("decoded", decoded, tokenizer.decode(ids, true), out);
        compare(
                "decoded_all",
                c.get("decoded_all").isNull() ? decoded : c.get("decoded_all").string(),
                tokenizer.decode(ids, false),
                out);
        return out;
    }

    /** What a tokenizer does otherwise than a case of a batch. */
    static List<String> checkBatch(HfTokenizer file, Json c) {
        HfTokenizer tokenizer = file;
        List<String> out = new ArrayList<>();
        try {
            if (!c.get("stored").bool(false)) {
                tokenizer = file.withTruncation(truncation(c.get("truncation"))).withPadding(padding(c.get("padding")));
            }
            List<Encoding> got = encode(tokenizer, c);
            if (!c.get("error").isNull()) {
                out.add("no error: " + c.get("error").string());
                return out;
            }
            List<Json> want = c.need("encodings").list();
            for (int i = 0; i < want.size(); i++) {
                out.addAll(differences(want.get(i), got.get(i)));
            }
        } catch (TokenizerException e) {
            // of several encodings that fail, whichever fails first is reported, there as here
            if (c.get("error").isNull() || !e.getMessage().startsWith("truncation: stride")) {
                compare(
                        "error",
                        c.get("error").isNull() ? "none" : c.get("error").string(),
                        e.getMessage(),
                        out);
            }
        }
        return out;
    }

    private static List<Encoding> encode(HfTokenizer tokenizer, Json c) {
        List<Json> batch = c.need("batch").list();
        boolean add = c.get("add").bool(true);
        boolean singles = batch.stream().allMatch(b -> b.values().size() == 1);
        boolean pairs = batch.stream().allMatch(b -> b.values().size() == 2);
        List<String> first = batch.stream().map(b -> b.list().get(0).string()).toList();
        if (singles) {
            return tokenizer.encodeBatch(first, add);
        }
        if (pairs) {
            return tokenizer.encodeBatch(
                    first, batch.stream().map(b -> b.list().get(1).string()).toList(), add);
        }
        // a mixed batch has no call of its own: its encodings are padded together by hand
        HfTokenizer unpadded = tokenizer.withPadding(null);
        Padding padding = tokenizer.padding();
        List<Encoding> plain = batch.stream()
                .map(b -> b.values().size() == 1
                        ? unpadded.encode(b.list().get(0).string(), add)
                        : unpadded.encode(
                                b.list().get(0).string(), b.list().get(1).string(), add))
                .toList();
        if (padding == null) {
            return plain;
        }
        int longest = padding.length() > 0
                ? padding.length()
                : plain.stream().mapToInt(Encoding::size).max().orElse(0);
        HfTokenizer padded = tokenizer.withPadding(new Padding(
                Math.max(longest, 1),
                padding.multipleOf(),
                padding.direction(),
                padding.id(),
                padding.typeId(),
                padding.token()));
        return batch.stream()
                .map(b -> b.values().size() == 1
                        ? padded.encode(b.list().get(0).string(), add)
                        : padded.encode(
                                b.list().get(0).string(), b.list().get(1).string(), add))
                .toList();
    }

    private static Truncation truncation(Json json) {
        if (json.isNull()) {
            return null;
        }
        return new Truncation(
                json.need("max_length").index(),
                json.need("stride").index(),
                Truncation.Strategy.valueOf(json.need("strategy").string().toUpperCase(java.util.Locale.ROOT)),
                Direction.valueOf(json.need("direction").string().toUpperCase(java.util.Locale.ROOT)));
    }

    private static Padding padding(Json json) {
        if (json.isNull()) {
            return null;
        }
        return new Padding(
                json.get("length").isNull() ? 0 : json.get("length").index(),
                json.get("pad_to_multiple_of").isNull()
                        ? 0
                        : json.get("pad_to_multiple_of").index(),
                Direction.valueOf(json.need("direction").string().toUpperCase(java.util.Locale.ROOT)),
                json.need("pad_id").index(),
                json.need("pad_type_id").index(),
                json.need("pad_token").string());
    }
}
